import Foundation
public import KithModel

/// What is known of a resident, in the order in which somebody reads it who has to act tonight.
///
/// Made from a `RecordTree` and nothing else, for the command line, print and the web page alike. It
/// decides what stands where and why something is missing; how that looks is the reader's.
public struct CareSheet: Codable, Sendable {
    /// What a sheet is for.
    public enum Purpose: String, Codable, Sendable, CaseIterable {
        /// All there is.
        case whole
        /// What a hospital and an ambulance crew need.
        case transferPack
        /// What a night needs when the computers are down.
        case summary
        /// What could harm the person, above a plan.
        case safety
    }

    /// One heading and what stands under it.
    public struct Section: Codable, Sendable {
        /// The heading.
        public var title: String
        /// The records, safety-critical doubts first.
        public var records: [RecordView]
        /// Why there are none; nil when there are.
        public var absence: Absence?
        /// What has to be seen before the records.
        public var warnings: [String]
        /// How many older ones there are.
        public var more: Int

        /// Whether something in it is undecided and could harm.
        public var isUndecided: Bool {
            !warnings.isEmpty || records.contains(where: \.isUndecided)
        }
    }

    /// The resident, then those who were found to be the same person.
    public var residents: [RecordView]
    /// The room or rooms where they live now.
    public var rooms: [String]
    /// The sections, in order.
    public var sections: [Section]

    /// Arranges what was read, leaving out on a short sheet what is done with on a day.
    public init(_ tree: RecordTree, for purpose: Purpose = .whole, on today: Day) {
        residents = [tree.record] + tree.samePerson
        let stays = tree.all("residency").filter { $0.isOpen(on: today) }
        rooms = stays.compactMap { $0.field("room") }.flatMap { field in
            field.candidates.filter { $0.value != .cleared }.map(\.words)
        }
        sections = Self.layout.filter { $0.purposes.contains(purpose) }.compactMap {
            $0.section(of: tree, for: purpose, on: today)
        }
    }

    /// Whether something that could harm is undecided anywhere on the sheet.
    public var isUndecided: Bool {
        residents.contains(where: \.isUndecided) || sections.contains(where: \.isUndecided)
    }
}

extension CareSheet {
    /// Where kinds stand, on which sheets, and whether their place is kept when it is empty.
    private struct Place {
        let title: String
        let kinds: [String]
        let purposes: Set<Purpose>
        var isKept = false
        /// Whether records that are done with are left out.
        var isCurrent = true

        func section(of tree: RecordTree, for purpose: Purpose, on today: Day) -> Section? {
            let all = kinds.flatMap { kind in
                tree.all(kind) + tree.mentions.filter { $0.kind == kind }
            }
            let isWhole = purpose == .whole
            let records = all.filter {
                isWhole || !isCurrent || $0.isOpen(on: today) || $0.isUndecided
            }
            let warnings = warnings(records)
            if records.isEmpty, !isKept { return nil }
            return Section(
                title: title,
                records: records.filter(\.isUndecided) + records.filter { !$0.isUndecided },
                absence: records.isEmpty ? absence(in: tree) : nil, warnings: warnings,
                more: kinds.reduce(0) { $0 + (tree.more[$1] ?? 0) })
        }

        private func absence(in tree: RecordTree) -> Absence {
            let compartment = Vocabulary.kind(named: kinds[0])?.compartment
            return compartment.map(tree.compartments.contains) == true ? .notRecorded : .notShared
        }

        private func warnings(_ records: [RecordView]) -> [String] {
            var warnings: [String] = []
            if records.contains(where: { $0.kind == "allergy" }),
                records.contains(where: { $0.kind == "allergyAssertion" && $0.saysNoneKnown })
            {
                warnings.append("an allergy is recorded beside a statement that there is none")
            }
            for kind in Set(records.map(\.kind)) {
                let isSingle = Vocabulary.kind(named: kind)?.isSingleton == true
                if isSingle, records.filter({ $0.kind == kind }).count > 1 {
                    warnings.append(
                        "several stand, from records of one person that were made twice")
                }
            }
            return warnings
        }
    }

    private static let everywhere: Set<Purpose> = [.whole, .transferPack, .summary, .safety]
    private static let printed: Set<Purpose> = [.whole, .transferPack, .summary]

    private static let layout: [Place] = [
        Place(title: "Alerts", kinds: ["alert"], purposes: everywhere, isKept: true),
        Place(
            title: "Allergies", kinds: ["allergyAssertion", "allergy"], purposes: everywhere,
            isKept: true),
        Place(title: "CPR", kinds: ["cprDecision"], purposes: everywhere, isKept: true),
        Place(
            title: "Emergency treatment plan", kinds: ["treatmentPlan"], purposes: everywhere,
            isKept: true),
        Place(
            title: "Advance decision to refuse treatment", kinds: ["adrt"], purposes: everywhere,
            isKept: true),
        Place(title: "What to do first", kinds: ["contingency"], purposes: everywhere),
        Place(title: "Attorneys and deputies", kinds: ["lpa"], purposes: printed, isKept: true),
        Place(
            title: "Deprivation of liberty", kinds: ["libertyAuthorisation"],
            purposes: [.whole, .transferPack], isKept: true),
        Place(
            title: "Capacity", kinds: ["capacityAssessment"], purposes: [.whole, .transferPack]),
        Place(title: "About me", kinds: ["aboutMe"], purposes: [.whole, .transferPack]),
        Place(
            title: "On an ordinary day", kinds: ["baseline"], purposes: printed),
        Place(
            title: "Medicines", kinds: ["medication"], purposes: [.whole, .transferPack],
            isKept: true),
        Place(title: "Conditions", kinds: ["condition"], purposes: [.whole, .transferPack]),
        Place(
            title: "Preferred place", kinds: ["preferredPlace"], purposes: printed, isKept: true),
        Place(
            title: "End of life care", kinds: ["endOfLife"], purposes: [.whole, .transferPack]),
        Place(
            title: "People to ring", kinds: ["personalContact", "careTeamMember"],
            purposes: printed, isKept: true),
        Place(title: "Stays", kinds: ["residency"], purposes: [.whole]),
        Place(title: "Requirements", kinds: ["requirement"], purposes: [.whole, .transferPack]),
        Place(title: "Care packages", kinds: ["carePackage"], purposes: [.whole]),
        Place(title: "Plans", kinds: ["plan"], purposes: [.whole]),
        Place(title: "Support plans", kinds: ["supportPlan"], purposes: [.whole]),
        Place(title: "Advice", kinds: ["professionalAdvice"], purposes: [.whole, .transferPack]),
        Place(title: "Appointments", kinds: ["appointment"], purposes: [.whole, .summary]),
        Place(title: "Referrals", kinds: ["referral"], purposes: [.whole]),
        Place(title: "Tasks", kinds: ["task"], purposes: [.whole, .summary]),
        Place(title: "Documents", kinds: ["document"], purposes: [.whole, .transferPack]),
        Place(title: "Safeguarding", kinds: ["safeguardingConcern"], purposes: [.whole]),
        Place(title: "Same person", kinds: ["samePerson"], purposes: [.whole]),
        Place(title: "Assessments", kinds: ["assessment"], purposes: [.whole]),
        Place(
            title: "Observations", kinds: ["observation"], purposes: [.whole, .transferPack]),
        Place(
            title: "Transfers to hospital", kinds: ["transfer"], purposes: [.whole, .transferPack]),
        Place(title: "Hospital contacts", kinds: ["hospitalContact"], purposes: [.whole]),
        Place(title: "Seen on rounds", kinds: ["roundItem"], purposes: [.whole]),
        Place(title: "Interactions", kinds: ["interaction"], purposes: [.whole]),
        Place(title: "Notes", kinds: ["note"], purposes: [.whole]),
        Place(title: "Comments", kinds: ["comment", "proposal"], purposes: [.whole]),
    ]

    /// The kinds that a purpose shows: what to ask a tree for.
    public static func kinds(for purpose: Purpose) -> [String] {
        layout.filter { $0.purposes.contains(purpose) }.flatMap(\.kinds) + ["residency"]
    }
}

extension RecordView {
    /// Whether several values of a safety-critical field stand.
    public var isUndecided: Bool {
        fields.contains { $0.isConflict && $0.policy == .safetyCritical }
    }

    /// Whether the record is not done with on a day: by anybody's word it may still hold. What is to
    /// end some day has not ended yet.
    public func isOpen(on today: Day) -> Bool {
        guard !isArchived else { return false }
        guard let kind = Vocabulary.kind(named: kind) else { return true }
        let said = fields.compactMap { field in
            kind.field(named: field.name).map { ($0.number, field.candidates.map(\.value)) }
        }
        let record = ClockRecord(
            kind: kind, values: Dictionary(said, uniquingKeysWith: { $0 + $1 }), zone: .gmt)
        return !record.isClosed(on: today)
    }

    /// Whether it states that no allergies are known.
    fileprivate var saysNoneKnown: Bool {
        let none = CodeSet.all["allergyAssertion"]?.concept(for: "none-known")
        return field("assertion")?.candidates.contains {
            if case .code(let code)? = $0.value { code.code == none?.code } else { false }
        } ?? false
    }
}
