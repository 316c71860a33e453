import ArgumentParser
import KithModel

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
