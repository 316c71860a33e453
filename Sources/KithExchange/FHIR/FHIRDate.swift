import KithModel

/// A FHIR `date` or `dateTime`: the day as it was written, and the moment if it says one.
struct FHIRDate: Sendable {
    /// The calendar day where it was recorded, perhaps partial.
    let date: PartialDate
    /// The moment; nil for a day without a time.
    let instant: Instant?

    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm:ss[.fff]` and a zone.
    ///
    /// Source: FHIR R4, section 2.24.0.1: a time needs seconds and a zone.
    init?(_ text: String, allowsTime: Bool) {
        let parts = text.utf8.split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ String($0) }), let date = PartialDate(first) else {
            return nil
        }
        self.date = date
        if parts.count == 1 {
            instant = nil
            return
        }
        guard allowsTime, parts.count == 2, let month = date.month, let day = date.day,
            let time = Self.milliseconds(ofTime: Array(parts[1]))
        else { return nil }
        let days = Self.days(year: date.year, month: month, day: day)
        instant = Instant(milliseconds: Int64(days * 86_400_000 + time))
    }

    /// As the event of a record.
    var event: FieldValue { instant.map(FieldValue.instant) ?? .date(date) }

    /// Milliseconds after midnight UTC of `hh:mm:ss[.fff]` and `Z` or `±hh:mm`.
    private static func milliseconds(ofTime time: [UInt8]) -> Int? {
        guard time.count >= 9, time[2] == UInt8(ascii: ":"), time[5] == UInt8(ascii: ":"),
            let hour = number(time[0..<2]), hour < 24, let minute = number(time[3..<5]),
            minute < 60, let second = number(time[6..<8]), second <= 60
        else { return nil }
        var rest = time[8...]
        var thousandths = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { isDigit($0) }
            guard !fraction.isEmpty, let value = number(fraction.prefix(3)) else { return nil }
            thousandths =
                fraction.count == 1 ? value * 100 : fraction.count == 2 ? value * 10 : value
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let zone = minutes(ofZone: Array(rest)) else { return nil }
        return ((hour * 60 + minute - zone) * 60 + second) * 1000 + thousandths
    }

    private static func minutes(ofZone zone: [UInt8]) -> Int? {
        if zone == [UInt8(ascii: "Z")] { return 0 }
        guard zone.count == 6, zone[3] == UInt8(ascii: ":"), let hours = number(zone[1..<3]),
            hours <= 14, let minutes = number(zone[4..<6]), minutes < 60
        else { return nil }
        switch zone[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Days from 1970-01-01, proleptic Gregorian; the year is taken to begin in March, so that the
    /// leap day is its last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
