import KithModel
public import KithSite

/// Why a file cannot be imported, where in it, and what would be right there.
public struct ImportProblem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The file, as it was named.
    public let file: String
    /// The line, from 1; nil when the file could not be read at all.
    public let line: Int?
    /// The column in the line, from 1, counted in Unicode scalars; nil when the line is the place.
    public let column: Int?
    /// The way to the value, for example `entry[3].resource.birthDate`; empty for the whole file.
    public let path: String
    /// What was expected, and what was found where that may be repeated.
    public let message: String

    /// Describes what is wrong with a file as a whole.
    public init(file: String, message: String) {
        self.file = file
        line = nil
        column = nil
        path = ""
        self.message = message
    }

    init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        column = nil
        path = ""
        self.message = message
    }

    init(file: String, place: JSONPlace, message: String) {
        self.file = file
        line = place.line
        column = place.column
        path = place.path
        self.message = message
    }

    /// One line: `elm.json:12:8 entry[3].resource.birthDate: expected …`.
    public var description: String {
        var place = Self.end(of: ShownText(line: file).text)
        if let line { place += ":\(line)" }
        if let column { place += ":\(column)" }
        if !path.isEmpty { place += " \(Self.end(of: path))" }
        return "\(place): \(message)"
    }

    /// A name or a way that may be of any length, in a line that people read: its end tells most.
    private static func end(of text: String) -> String {
        let most = 120
        return text.count > most ? "…\(text.suffix(most))" : text
    }
}

/// What one file holds for Kith: either all of its records, or the problem that keeps them out.
public struct ImportReading: Sendable, Codable {
    /// The file, as it was named.
    public let file: String
    /// The records, in the order of the file; empty when there is a problem.
    public let records: [ImportRecord]
    /// How many resources of each type became records.
    public let mapped: [String: Int]
    /// How many resources of each type have no place in the vocabulary yet.
    public let unmapped: [String: Int]
    /// What is wrong with the file; nil when it was read whole.
    public let problem: ImportProblem?

    /// What is counted as unmapped where a field would lead outside the file.
    static let outside = "reference to a record outside the file"

    init(file: String, records: [ImportRecord], mapped: [String: Int], unmapped: [String: Int]) {
        self.file = file
        self.records = records
        self.mapped = mapped
        self.unmapped = unmapped
        problem = nil
    }

    init(_ problem: ImportProblem) {
        file = problem.file
        records = []
        mapped = [:]
        unmapped = [:]
        self.problem = problem
    }
}
