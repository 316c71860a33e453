public import Foundation

/// A moment, in milliseconds since 1970 in UTC. Shown to people; never used to decide anything.
public struct Instant: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// Years 0001 to 9999: what every calendar, format and partner can show.
    public static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// The moment that many milliseconds after 1970, moved into the range that can be shown.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    /// The moment of a Foundation date.
    public init(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        self.init(milliseconds: Int64(exactly: milliseconds) ?? Self.range.upperBound)
    }

    /// The same moment for Foundation.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// Reads RFC 3339 with seconds, an optional fraction, and `Z` or an offset; nil for all else.
    public init?(rfc3339 text: String) {
        let plain = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = (try? plain.parse(text)) ?? (try? fractional.parse(text)) else {
            return nil
        }
        self.init(date)
    }

    /// RFC 3339 in UTC, with milliseconds.
    ///
    /// Foundation cuts the fraction of a binary number off, which loses a millisecond of most
    /// instants: the fraction is written from the whole number instead.
    public var rfc3339: String {
        let thousandths = (milliseconds % 1000 + 1000) % 1000
        let second = Date(timeIntervalSince1970: Double((milliseconds - thousandths) / 1000))
        let digits = String(1000 + thousandths).dropFirst()
        return second.formatted(Date.ISO8601FormatStyle()).dropLast() + ".\(digits)Z"
    }

    /// Date, time and zone abbreviation in a time zone, as people read them: `2026-11-22 23:12 GMT`.
    public func formatted(in zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func padded(_ number: Int?, _ width: Int) -> String {
            let digits = String(number ?? 0)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = [padded(parts.year, 4), padded(parts.month, 2), padded(parts.day, 2)]
        let name = zone.abbreviation(for: date) ?? "UTC"
        return day.joined(separator: "-")
            + " \(padded(parts.hour, 2)):\(padded(parts.minute, 2)) \(name)"
    }

    /// Reads the RFC 3339 form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Instant(rfc3339: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an RFC 3339 time")
        }
        self = instant
    }

    /// Writes the RFC 3339 form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }

    /// Orders by time.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
