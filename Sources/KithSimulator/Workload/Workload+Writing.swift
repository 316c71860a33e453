import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithTrust

/// New records, changes, and decisions between candidates.
extension Workload {
    // MARK: New records

    func make(at installation: Installation, in id: PartnershipID) throws {
        let held = try compartments(of: installation, in: id)
        let kinds = Self.kinds(of: installation.version).filter { held.contains($0.compartment) }
        guard let kind = random.pick(kinds) else { return }
        var parent: KnownRecord?
        if !kind.parents.isEmpty {
            let able = here(at: installation, in: id).filter { kind.parents.contains($0.kind.name) }
            guard let found = random.pick(able) else {
                guard held.contains(.personal), let resident = Vocabulary.kind(named: "resident")
                else { return }
                return try make(resident, under: nil, at: installation, in: id)
            }
            parent = found
        }
        try make(kind, under: parent, at: installation, in: id)
    }

    func make(
        _ kind: RecordKind, under parent: KnownRecord?, at installation: Installation,
        in id: PartnershipID
    ) throws {
        let values = Self.fields(of: kind, installation.version).filter { field in
            field.name != "parent" && field.name != "archived" && field.name != "source"
                && (field.isRequired || random.chance(permille: 250))
        }.flatMap { texts.assignments(of: $0, at: installation) }
        let edit = RecordEdit(
            target: .new(kind: kind.name, partnership: nil, parent: parent?.id.description),
            values: values, isAttested: try mayAttest(installation, kind, in: id))
        let made = try save(edit, at: installation, in: id)
        for record in made { add(KnownRecord(id: record, kind: kind), to: id) }
        try saved(at: installation, "a new \(kind.name)", made.first)
    }

    func add(_ record: KnownRecord, to id: PartnershipID) {
        guard records[id]?.contains(where: { $0.id == record.id }) != true else { return }
        records[id, default: []].append(record)
    }

    func mayAttest(
        _ installation: Installation, _ kind: RecordKind, in id: PartnershipID
    ) throws -> Bool {
        let isWanted = random.chance(permille: 500)
        guard kind.isDecision, isWanted else { return false }
        return try simulation.read(at: installation) {
            try $0.grant(of: installation.site, in: id)?.mayAttest ?? false
        }
    }

    func save(
        _ edit: RecordEdit, at installation: Installation, in id: PartnershipID
    ) throws -> [RecordID] {
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        return try simulation.write(at: installation) { transaction in
            var planner = EditPlanner(
                transaction: transaction, entry: Texts.entry, author: author,
                site: installation.site)
            try planner.plan(edit, in: id)
            try planner.commit(now: now)
            return planner.records
        }
    }

    /// The records that an installation knows of; people come back to the same few.
    func here(at installation: Installation, in id: PartnershipID) -> [KnownRecord] {
        let all = records[id] ?? []
        let start = random.number(below: max(all.count, 1))
        let some = all.prefix(6) + all[start...].prefix(6)
        let found = try? simulation.read(at: installation) { transaction in
            try some.filter {
                try transaction.recordRow(
                    $0.id, kind: $0.kind.number, in: id, $0.kind.compartment) != nil
            }
        }
        return found ?? []
    }

    // MARK: Changes

    func change(at installation: Installation, in id: PartnershipID, isLater: Bool) throws {
        guard let record = random.pick(here(at: installation, in: id)) else {
            return try make(at: installation, in: id)
        }
        let version = try simulation.read(at: installation) { try $0.version() }
        let page = OpenPage(record: record, version: version)
        guard isLater else { return try write(to: page, at: installation, in: id) }
        // Somebody leaves the page open, and saves it the next day or after: there was a sync between.
        let pause = Int64(random.number(in: 12...60)) * SimulatedClock.hour
        simulation.after(pause, at: installation) { [self] in
            try refusing(at: installation) { try write(to: page, at: installation, in: id) }
        }
    }

    func write(
        to page: OpenPage, at installation: Installation, in id: PartnershipID
    ) throws {
        let kind = page.record.kind
        let fields = Self.fields(of: kind, installation.version).filter {
            $0.name != "parent" && $0.name != "source"
                && ($0.name != "archived" || random.chance(permille: 100))
        }
        guard let field = random.pick(fields) else { return }
        var values = texts.assignments(of: field, at: installation)
        if !field.isRequired, field.members.isEmpty, random.chance(permille: 60) {
            values = [RecordEdit.Assignment(field.name, "")]
        }
        guard !values.isEmpty else { return }
        let edit = RecordEdit(
            target: .existing(page.record.id.description, kind: kind.name, in: id),
            values: values, seen: page.version,
            isAttested: try mayAttest(installation, kind, in: id))
        let newest = try simulation.read(at: installation) { try $0.version() }
        if newest > page.version { simulation.counts[.staleEdits] += 1 }
        do {
            _ = try save(edit, at: installation, in: id)
        } catch let error as SiteError where error.code == .ambiguous {
            throw Violation(
                "NoSurprise",
                "\(installation.name) does not know which record is meant by the whole id \(page.record.id.short)"
            )
        }
        try saved(at: installation, "\(kind.name).\(field.name) of", page.record.id)
    }

    // MARK: Decisions

    /// Somebody looks at the conflicts and decides one, by picking or by a value of their own.
    func decide(at installation: Installation, in id: PartnershipID) throws {
        let contested = try simulation.read(at: installation) { try $0.contestedFields() }
        guard let chosen = random.pick(contested) else {
            return try change(at: installation, in: id, isLater: false)
        }
        let isPicked = random.chance(permille: 600)
        let author = author(at: installation)
        let now = simulation.now(at: installation)
        let decided = try simulation.write(at: installation) { transaction in
            try Decision(
                of: chosen.field, record: chosen.record, isPicked: isPicked, author: author,
                at: installation, texts: &texts, random: &random, transaction, now: now)
        }
        guard let decided else { return }
        simulation.counts[.conflictsResolved] += 1
        try saved(at: installation, "a decision on \(decided.field) of", decided.record)
        simulation.chronicle.resolved(
            decided.seen, in: decided.partnership, class: decided.entryClass, at: installation)
    }
}
