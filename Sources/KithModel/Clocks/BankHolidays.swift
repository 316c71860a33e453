import Foundation

/// The bank holidays of England, from a data file that ends with a year.
public struct BankHolidays: Sendable {
    /// Where the days come from.
    public let source: String
    /// The years that are known whole.
    public let years: ClosedRange<Int>
    private let days: Set<Day>

    private struct File: Decodable {
        struct Holiday: Decodable {
            let date: PartialDate
        }
        let source: String
        let firstYear: Int
        let lastYear: Int
        let days: [Holiday]
    }

    /// Reads a file of the shape of `bank-holidays.json`.
    init(json: Data) throws {
        let file = try JSONDecoder().decode(File.self, from: json)
        source = file.source
        years = file.firstYear...max(file.firstYear, file.lastYear)
        days = Set(file.days.map { Day(earliestOf: $0.date) })
    }

    /// Those of England and Wales, as the program knows them.
    public static let england: BankHolidays = {
        do {
            return try BankHolidays(json: Data(PackageResources.bank_holidays_json))
        } catch {
            preconditionFailure("the bank holidays built into the program do not parse: \(error)")
        }
    }()

    /// Whether a day is one; no day of a year that is not known is.
    public func contains(_ day: Day) -> Bool { days.contains(day) }

    /// Whether the holidays of a day's year are known.
    public func know(_ day: Day) -> Bool { years.contains(day.date.year) }
}
