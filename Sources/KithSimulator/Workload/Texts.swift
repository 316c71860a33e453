import Foundation
import KithModel
import KithSite

/// What people type, each text different, and each recognisable in whatever leaves a site unsealed.
struct Texts {
    /// Begins every free text; nothing else in a run holds it.
    static let marker = "simulated-text-"
    static let entry = FieldEntry(zone: .gmt)

    private var random: RandomSource
    private var count = 0

    init(_ random: RandomSource) {
        self.random = random
    }

    /// A text that nobody has typed before.
    mutating func text(at installation: Installation) -> String {
        count += 1
        return "\(Self.marker)\(count) of \(installation.name)"
    }

    /// What to type into a field; nothing where a record would have to be named.
    mutating func assignments(
        of field: FieldDefinition, at installation: Installation
    ) -> [RecordEdit.Assignment] {
        if case .group(let members) = field.type {
            return members.filter { $0.isRequired || random.chance(permille: 400) }.compactMap {
                member in
                // Numbers that are added up stay below the one that limits them.
                let text =
                    switch field.sumRule {
                    case let rule? where rule.of.contains(member.name):
                        String(random.number(in: 0...9))
                    case let rule? where rule.limit == member.name:
                        String(random.number(in: 40...60))
                    default: typed(member, installation)
                    }
                return text.map { RecordEdit.Assignment("\(field.name).\(member.name)", $0) }
            }
        }
        return typed(field, installation).map { [RecordEdit.Assignment(field.name, $0)] } ?? []
    }

    private mutating func typed(
        _ field: FieldDefinition, _ installation: Installation
    ) -> String? {
        switch field.type {
        case .text: return text(at: installation)
        case .integer(let range):
            return String(random.number(in: Int(range.lowerBound)...Int(range.upperBound)))
        case .decimal: return "\(random.number(in: 1...99)).5"
        case .date: return "20\(random.number(in: 20...29))-0\(random.number(in: 1...9))-15"
        case .instant: return "2026-01-\(random.number(in: 10...28)) 14:30"
        case .boolean: return random.chance(permille: 500) ? "yes" : "no"
        case .code(let set):
            // Often what another says too: equal values are no conflict.
            return set.isOpen ? text(at: installation) : random.pick(set.concepts)?.word
        case .nhsNumber: return nhsNumber()
        case .odsCode: return "A8\(random.number(in: 1000...1020))"
        case .cqcLocation: return "1-1016750\(random.number(in: 10...99))"
        case .phone: return "01642 555 0\(random.number(in: 100...199))"
        case .email: return "ward\(random.number(in: 1...99))@example.org"
        case .reference, .group: return nil
        }
    }

    private mutating func nhsNumber() -> String {
        while true {
            let nine = String(random.number(in: 900_000_000...900_000_400))
            for check in 0...9 where NHSNumber(nine + String(check)) != nil {
                return nine + String(check)
            }
        }
    }
}
