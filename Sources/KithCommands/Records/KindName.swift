import ArgumentParser
import KithModel

/// A kind of the vocabulary as a type, because ArgumentParser tells commands apart by type.
///
/// Everything else about a kind comes from its declaration in the vocabulary.
protocol KindName {
    /// The kind's name in the vocabulary.
    static var name: String { get }
}

extension KindName {
    /// The declaration of the kind.
    static var kind: RecordKind {
        guard let kind = Vocabulary.kind(named: name) else {
            preconditionFailure("the vocabulary has no kind \(name)")
        }
        return kind
    }
}

enum ResidentKind: KindName { static let name = "resident" }
enum PlanKind: KindName { static let name = "plan" }
enum ContactKind: KindName { static let name = "contact" }
enum InteractionKind: KindName { static let name = "interaction" }
enum OrganisationKind: KindName { static let name = "organisation" }
enum AllergyKind: KindName { static let name = "allergy" }
enum AllergyAssertionKind: KindName { static let name = "allergyAssertion" }
enum CPRDecisionKind: KindName { static let name = "cprDecision" }
enum StrengthKind: KindName { static let name = "strength" }
enum NeedKind: KindName { static let name = "need" }
enum GoalKind: KindName { static let name = "goal" }
enum ActionKind: KindName { static let name = "action" }
enum ContingencyKind: KindName { static let name = "contingency" }
enum PersonalContactKind: KindName { static let name = "personalContact" }
enum ResidencyKind: KindName { static let name = "residency" }
enum OutcomeKind: KindName { static let name = "outcome" }

extension RecordKind {
    /// The name as a command: `personalContact` is `personal-contact`.
    var commandName: String { Spelling.kebab(name) }

    /// The label in the middle of a sentence: `allergy`, `CPR decision`.
    var noun: String { Spelling.lowercasedStart(label) }

    /// The plural in the middle of a sentence: `personal contacts`.
    var nouns: String {
        let words = Spelling.kebab(plural).split(separator: "-").joined(separator: " ")
        return words.hasPrefix("cpr ") ? "CPR " + words.dropFirst(4) : words
    }
}

/// How names of the vocabulary are written in commands and sentences.
enum Spelling {
    /// `personalContact` as `personal-contact`.
    static func kebab(_ name: String) -> String {
        name.reduce(into: "") { result, letter in
            if letter.isUppercase, !result.isEmpty { result += "-" }
            result += letter.lowercased()
        }
    }

    /// `Joint plan` as `joint plan`, but `CPR decision` and `NHS number` as they are.
    static func lowercasedStart(_ label: String) -> String {
        let isAcronym = label.prefix(2).allSatisfy { $0.isUppercase }
        return isAcronym ? label : label.prefix(1).lowercased() + label.dropFirst()
    }

    /// A name without what people vary in it: case and hyphens.
    static func loose(_ name: String) -> String {
        name.filter { $0 != "-" && $0 != "_" }.lowercased()
    }
}
