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

enum OrganisationKind: KindName { static let name = "organisation" }
enum ContactKind: KindName { static let name = "contact" }
enum InteractionKind: KindName { static let name = "interaction" }
enum HomeRoundKind: KindName { static let name = "homeRound" }
enum AgreementKind: KindName { static let name = "agreement" }
enum CollaborationKind: KindName { static let name = "collaboration" }
enum CapacityKind: KindName { static let name = "capacity" }
enum TaskKind: KindName { static let name = "task" }
enum ResidentKind: KindName { static let name = "resident" }
enum ResidencyKind: KindName { static let name = "residency" }
enum PersonalContactKind: KindName { static let name = "personalContact" }
enum AboutMeKind: KindName { static let name = "aboutMe" }
enum RequirementKind: KindName { static let name = "requirement" }
enum CarePackageKind: KindName { static let name = "carePackage" }
enum CareTeamMemberKind: KindName { static let name = "careTeamMember" }
enum SamePersonKind: KindName { static let name = "samePerson" }
enum AppointmentKind: KindName { static let name = "appointment" }
enum PlanKind: KindName { static let name = "plan" }
enum StrengthKind: KindName { static let name = "strength" }
enum NeedKind: KindName { static let name = "need" }
enum GoalKind: KindName { static let name = "goal" }
enum ActionKind: KindName { static let name = "action" }
enum ContingencyKind: KindName { static let name = "contingency" }
enum StageGoalKind: KindName { static let name = "stageGoal" }
enum GoalOutcomeKind: KindName { static let name = "goalOutcome" }
enum SupportPlanKind: KindName { static let name = "supportPlan" }
enum AllergyKind: KindName { static let name = "allergy" }
enum AllergyAssertionKind: KindName { static let name = "allergyAssertion" }
enum CPRDecisionKind: KindName { static let name = "cprDecision" }
enum TreatmentPlanKind: KindName { static let name = "treatmentPlan" }
enum ADRTKind: KindName { static let name = "adrt" }
enum LPAKind: KindName { static let name = "lpa" }
enum CapacityAssessmentKind: KindName { static let name = "capacityAssessment" }
enum ConditionKind: KindName { static let name = "condition" }
enum MedicationKind: KindName { static let name = "medication" }
enum AlertKind: KindName { static let name = "alert" }
enum OutcomeKind: KindName { static let name = "outcome" }
enum PreferredPlaceKind: KindName { static let name = "preferredPlace" }
enum BaselineKind: KindName { static let name = "baseline" }
enum EndOfLifeKind: KindName { static let name = "endOfLife" }
enum AssessmentKind: KindName { static let name = "assessment" }
enum ObservationKind: KindName { static let name = "observation" }
enum TransferKind: KindName { static let name = "transfer" }
enum HospitalContactKind: KindName { static let name = "hospitalContact" }
enum ReferralKind: KindName { static let name = "referral" }
enum RoundItemKind: KindName { static let name = "roundItem" }
enum NoteKind: KindName { static let name = "note" }
enum CommentKind: KindName { static let name = "comment" }
enum ProposalKind: KindName { static let name = "proposal" }
enum SignOffKind: KindName { static let name = "signOff" }
enum DocumentKind: KindName { static let name = "document" }
enum ProfessionalAdviceKind: KindName { static let name = "professionalAdvice" }
enum SafeguardingConcernKind: KindName { static let name = "safeguardingConcern" }
enum LibertyAuthorisationKind: KindName { static let name = "libertyAuthorisation" }

extension RecordKind {
    /// The name as a command: `personalContact` is `personal-contact`.
    var commandName: String { Spelling.kebab(name) }

    /// The label in the middle of a sentence: `allergy`, `CPR decision`.
    var noun: String { Spelling.lowercasedStart(label) }

    /// The plural in the middle of a sentence: `personal contacts`.
    var nouns: String { pluralLabel }
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
