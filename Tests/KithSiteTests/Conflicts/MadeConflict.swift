import Foundation
import KithModel
import KithProtocol
import KithSite
import Testing

/// Every kind of conflict: how it comes about between two sites, and two ways of deciding it that do
/// not go together.
enum MadeConflict: String, CaseIterable, CustomTestStringConvertible {
    case field
    case authorRemoved
    case archivedAndEdited
    case duplicateResident
    case occupancy
    case activePlans
    case noneKnown
    case setAside
    case fork

    var testDescription: String { rawValue }
    var kind: ConflictKind { ConflictKind(rawValue: rawValue) ?? .field }

    /// Kinds that two people can decide in ways that contradict each other. Where there is but one thing
    /// to say of it, all who say it agree.
    static let decidable = allCases.filter { ![.setAside, .fork].contains($0) }

    /// One way to decide it.
    func oneWay(_ view: ConflictView) -> Resolution.Choice {
        switch self {
        case .field: .pick(1)
        case .authorRemoved: .pick(1)
        case .archivedAndEdited: .word("archived")
        case .duplicateResident: .word("same")
        case .occupancy, .activePlans, .noneKnown: .word("keep")
        case .setAside, .fork: .word("noted")
        }
    }

    /// Another way, which says otherwise.
    func otherWay(_ view: ConflictView) -> Resolution.Choice {
        switch self {
        case .field: .pick(2)
        case .authorRemoved: .value([.init("severity", "severe")])
        case .archivedAndEdited: .word("restored")
        case .duplicateResident: .word("different")
        case .occupancy: .value([.init("2.end", "2020-01-01")])
        case .activePlans: .value([.init("2.status", "completed")])
        case .noneKnown: .value([.init("2.verification", "refuted")])
        case .setAside, .fork: .word("noted")
        }
    }

    /// Makes it between the first two sites of a parish, and settles.
    func make(in parish: Parish) async throws {
        let (practice, elm) = (parish.practice, parish.elm)
        let plans = Parish.plans
        let resident = try await elm.add(
            "resident", to: plans, "familyName=Whitfield", "givenName=Nell")
        try await parish.settle()
        switch self {
        case .field:
            try await elm.edit(resident, "language=Welsh")
            try await practice.edit(resident, "language=English")
        case .authorRemoved:
            try await removed(parish, resident)
        case .archivedAndEdited:
            let plan = try await elm.add("plan", to: plans, under: resident, "title=Falls")
            try await parish.settle()
            try await elm.archive(plan)
            _ = try await practice.add("goal", to: plans, under: plan, "text=Walk to the garden")
        case .duplicateResident:
            try await practice.add(
                "resident", to: plans, "familyName=WHITFIELD", "givenName=Nell",
                "nhsNumber=943 476 5919")
            try await elm.edit(resident, "nhsNumber=943 476 5919")
        case .occupancy:
            let other = try await practice.add("resident", to: plans, "familyName=Adeyemi")
            try await elm.add(
                "residency", to: plans, under: resident, "home=Elm House", "room=12",
                "start=2024-01-01")
            try await practice.add(
                "residency", to: plans, under: other, "home=elm house", "room=12",
                "start=2025-03-01")
        case .activePlans:
            for site in [elm, practice] {
                try await site.add(
                    "plan", to: plans, under: resident, "title=Plan of \(site.name)",
                    "status=active")
            }
        case .noneKnown:
            try await elm.add(
                "allergyAssertion", to: plans, under: resident, "assertion=none-known")
            try await practice.add("allergy", to: plans, under: resident, "agent=Penicillin")
        case .setAside:
            let entry = try await elm.forged(in: plans)
            try await practice.ingest(entry, in: plans)
        case .fork:
            try await elm.add("plan", to: plans, under: resident, "title=Falls")
            let site = try await elm.site.profile().site
            let own = try #require(
                try await elm.leaves(of: plans, .clinical).first { $0.feed.author == site })
            let entry = try await elm.forged(
                in: plans, incarnation: own.feed.incarnation,
                knows: try await elm.leaves(of: plans, .membership))
            try await practice.ingest(entry, in: plans)
        }
        try await parish.settle()
    }

    /// What Elm writes while the practice casts it out, and takes it in again.
    private func removed(_ parish: Parish, _ resident: RecordID) async throws {
        let (practice, elm) = (parish.practice, parish.elm)
        let allergy = try await practice.add(
            "allergy", to: Parish.plans, under: resident, "agent=Penicillin")
        try await parish.settle()
        try await practice.change(elm, in: Parish.plans, role: "reviewer")
        try await elm.edit(allergy, "severity=mild")
        try await parish.settle()
        try await practice.change(elm, in: Parish.plans, role: "contributor")
    }
}
