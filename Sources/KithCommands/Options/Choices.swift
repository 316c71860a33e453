import ArgumentParser
import Foundation
import KithModel
import KithSite

/// A role in a partnership, as an option takes it.
enum RoleChoice: String, ExpressibleByArgument, CaseIterable {
    case steward
    case contributor
    case reviewer
    case relay
}

/// A severity, as an option takes it.
enum SeverityChoice: String, ExpressibleByArgument, CaseIterable {
    case safetyCritical = "safety-critical"
    case routine

    var policy: FieldPolicy {
        switch self {
        case .safetyCritical: .safetyCritical
        case .routine: .routine
        }
    }
}

/// A list of compartments: `relations,personal,clinical`.
enum CompartmentList {
    /// The compartments that a text names; `membership` goes without saying.
    static func parse(_ text: String) throws -> [Compartment] {
        let names = text.split(separator: ",").map { String($0).trimmingSpaces.lowercased() }
        let compartments = try names.map { name in
            guard let compartment = Compartment(name: name) else {
                let known = Compartment.granted.map(\.name).joined(separator: ",")
                throw UsageProblem("--compartments has no '\(name)'; it takes some of: \(known)")
            }
            return compartment
        }
        let granted = Compartment.granted.filter { compartments.contains($0) }
        guard !granted.isEmpty else {
            throw UsageProblem("--compartments is empty; give for example relations,clinical")
        }
        return granted
    }
}

/// Until when something is agreed: a day, which still counts, or a moment.
enum AgreedDate {
    /// The moment that a text means in a time zone: the end of the day `YYYY-MM-DD`, or an RFC 3339
    /// time.
    static func parse(_ text: String, in zone: TimeZone) throws -> Instant {
        if let instant = Instant(rfc3339: text) { return instant }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        guard let day = PartialDate(text), let month = day.month, let number = day.day,
            let start = calendar.date(
                from: DateComponents(year: day.year, month: month, day: number)),
            let end = calendar.date(byAdding: .day, value: 1, to: start)
        else {
            throw UsageProblem("--until '\(text)' is not a day; give for example 2027-03-31")
        }
        return Instant(end)
    }

    /// The same, where `never` takes an end away.
    static func parseEnd(_ text: String, in zone: TimeZone) throws -> SharingEnd {
        text.lowercased() == "never" ? .never : .at(try parse(text, in: zone))
    }
}

/// Where a site is dialled.
enum Address {
    /// The text, if it is HOST:PORT.
    static func checked(_ text: String) throws -> String {
        let host = text.lastIndex(of: ":").map { text[..<$0] } ?? ""
        let port = text.lastIndex(of: ":").flatMap { Int(text[text.index(after: $0)...]) } ?? 0
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty, (1...65535).contains(port), isBracketed || !host.contains(":"),
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw UsageProblem(
                "--address '\(text)' is not HOST:PORT; give for example gp.example.org:7420")
        }
        return text
    }
}
