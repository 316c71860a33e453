import Foundation
import GRDB
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithTrust

/// What people do at the sites by day: they read, write, decide, import, and say who is in.
final class Workload {
    /// A record that somebody made.
    struct KnownRecord {
        let id: RecordID
        let kind: RecordKind
    }

    /// A page that somebody has read and will write to later.
    private struct OpenPage {
        let record: KnownRecord
        let version: Int64
    }

    private unowned let simulation: Simulation
    private var random: RandomSource
    private(set) var partnerships: [PartnershipID] = []
    /// The numbers of the installations that founded a shared partnership.
    private(set) var founders: Set<Int> = []
    private var records: [PartnershipID: [KnownRecord]] = [:]
    private lazy var texts = Texts(RandomSource(seed: simulation.plan.seed, purpose: "texts"))
    private(set) lazy var registrar = Registrar(simulation)
    private var sources = 0

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "people")
    }

    private var sites: [Installation] { simulation.sites }

    /// The records that people made in a partnership.
    func records(in id: PartnershipID) -> [KnownRecord] { records[id] ?? [] }

    // MARK: The beginning

    /// Every home founds a partnership with a practice and others. The last site is left out: it
    /// may be admitted later.
    func foundPartnerships(_ cast: Cast) throws {
        for (position, home) in cast.homes.enumerated() {
            let founder = sites[home]
            let now = simulation.now(at: founder)
            let id = try simulation.write(at: founder) {
                try $0.found(
                    name: "\(founder.name) and partners", purpose: "Joint care",
                    profile: founder.profile, isPrivate: false, now: now)
            }
            partnerships.append(id)
            founders.insert(home)
            let practice = cast.practices[position % cast.practices.count]
            try registrar.admit(
                sites[practice], Registrar.grant(for: sites[practice], isFirst: true), to: id,
                by: founder)
            for other in cast.others.dropLast(cast.others.count > 2 ? 1 : 0)
            where position == 0 || random.chance(permille: 600) {
                try registrar.admit(
                    sites[other], Registrar.grant(for: sites[other], isFirst: false), to: id,
                    by: founder)
            }
        }
    }

    // MARK: Days

    /// Plans what people do on a day: from five to nine things at each site.
    func planDay(_ day: Int) {
        for installation in sites where installation.state != .retired {
            for _ in 0..<random.number(in: 5...8) {
                // From noon to noon, the night left out.
                var minute = random.number(in: 0...15 * 60)
                if minute > 10 * 60 { minute += 9 * 60 }
                simulation.after(Int64(minute) * SimulatedClock.minute) { [self] in
                    guard installation.isRunning else { return }
                    try act(at: installation)
                }
            }
        }
        for id in partnerships where random.chance(permille: 150) {
            simulation.after(10 * SimulatedClock.hour) { [self] in
                try registrar.act(in: id, among: sites)
            }
        }
    }

    /// One thing that somebody does; what the site refuses is counted, and no failure.
    private func act(at installation: Installation) throws {
        guard let id = random.pick(try places(of: installation)) else { return }
        let choice = random.number(below: 100)
        try refusing(at: installation) {
            switch choice {
            case ..<25: try make(at: installation, in: id)
            case ..<56: try change(at: installation, in: id, isLater: false)
            case ..<76: try change(at: installation, in: id, isLater: true)
            case ..<88: try decide(at: installation, in: id)
            case ..<92: try importRecords(at: installation, in: id)
            case ..<95: try writeNewer(at: installation, in: id)
            case ..<97: try moveResident(at: installation, from: id)
            default: try erase(at: installation, in: id)
            }
        }
    }

    /// Does something that the site may refuse: that is counted, and no failure.
    private func refusing(at installation: Installation, _ body: () throws -> Void) throws {
        let reason: String
        do {
            return try body()
        } catch let error as SiteError {
            reason = error.description
        } catch let error as StoreError where simulation.isExpected(error) {
            reason = error.description
        }
        simulation.counts[.refusedEdits] += 1
        try simulation.noteStep("\(installation.name) refuses: \(reason)")
    }

    /// The partnerships that an installation writes in: its shared ones, or its own.
    private func places(of installation: Installation) throws -> [PartnershipID] {
        try simulation.read(at: installation) { transaction in
            let writing = try self.partnerships.filter { id in
                try transaction.holdsPartnership(id)
                    && transaction.grant(of: installation.site, in: id)?.writes == true
            }
            guard writing.isEmpty else { return writing }
            return try transaction.all("SELECT uuid FROM partnership WHERE is_private = 1")
                .compactMap { PartnershipID(bytes: $0["uuid"] as Data) }
        }
    }

    private func compartments(
        of installation: Installation, in id: PartnershipID
    ) throws -> Set<Compartment> {
        try simulation.read(at: installation) {
            try $0.grant(of: installation.site, in: id)?.compartments ?? []
        }
    }

    private func author(at installation: Installation) -> Author {
        let number = random.number(in: 1...3)
        return Author(
            user: "\(installation.name)-\(number)", name: "Person \(number)", role: "Carer")
    }

    private static func person(_ author: Author) -> Person {
        Person(user: author.user, name: author.name, role: author.role, organisation: "")
    }

    private func saved(at installation: Installation, _ what: String, _ record: RecordID?) throws {
        simulation.counts[.edits] += 1
        let hashes = simulation.chronicle.acknowledge(at: installation)
        try simulation.noteStep(
            "\(installation.name) saves \(what) \(record?.short ?? ""): \(hashes.map(\.short).joined(separator: " "))"
        )
    }

    // MARK: Versions

    /// The kinds that people can write: an older program lacks those with the greatest numbers.
    private static func kinds(of version: Installation.Version) -> [RecordKind] {
        let sorted = Vocabulary.kinds.sorted { $0.number < $1.number }
        return version == .older ? sorted.dropLast(sorted.count / 3) : sorted
    }

    /// The fields that people can write: an older program lacks the last ones of a kind.
    private static func fields(
        of kind: RecordKind, _ version: Installation.Version
    ) -> [FieldDefinition] {
        guard version == .older else { return kind.fields }
        let known = Set(kind.fields.map(\.number).sorted().dropLast(kind.fields.count / 4))
        return kind.fields.filter { $0.isRequired || known.contains($0.number) }
    }

    // MARK: New records

    private func make(at installation: Installation, in id: PartnershipID) throws {
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

    private func make(
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

    private func add(_ record: KnownRecord, to id: PartnershipID) {
        guard records[id]?.contains(where: { $0.id == record.id }) != true else { return }
        records[id, default: []].append(record)
    }

    private func mayAttest(
        _ installation: Installation, _ kind: RecordKind, in id: PartnershipID
    ) throws -> Bool {
        let isWanted = random.chance(permille: 500)
        guard kind.isDecision, isWanted else { return false }
        return try simulation.read(at: installation) {
            try $0.grant(of: installation.site, in: id)?.mayAttest ?? false
        }
    }

    private func save(
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
    private func here(at installation: Installation, in id: PartnershipID) -> [KnownRecord] {
        let all = records[id] ?? []
        let start = random.number(below: max(all.count, 1))
        let some = all.prefix(6) + all[start...].prefix(6)
        return some.filter { record in
            let row = try? simulation.read(at: installation) {
                try $0.recordRow(
                    record.id, kind: record.kind.number, in: id, record.kind.compartment)
            }
            return row.flatMap(\.self) != nil
        }
    }

    // MARK: Changes

    private func change(at installation: Installation, in id: PartnershipID, isLater: Bool) throws {
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

    private func write(
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
            target: .existing(page.record.id.description), values: values, seen: page.version,
            isAttested: try mayAttest(installation, kind, in: id))
        let newest = try simulation.read(at: installation) { try $0.version() }
        if newest > page.version { simulation.counts[.staleEdits] += 1 }
        _ = try save(edit, at: installation, in: id)
        try saved(at: installation, "\(kind.name).\(field.name) of", page.record.id)
    }

    // MARK: Decisions

    /// Somebody looks at the conflicts and decides one, by picking or by a value of their own.
    private func decide(at installation: Installation, in id: PartnershipID) throws {
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

    // MARK: Other ways in

    /// A system that several sites take records from, now and then with other values.
    private func importRecords(at installation: Installation, in id: PartnershipID) throws {
        let held = try compartments(of: installation, in: id)
        guard held.contains(.relations) else { return }
        sources += 1
        let author = author(at: installation)
        let now = simulation.now(at: installation)
        let plans = try (0..<random.number(in: 1...3)).map { _ in
            let record = ImportRecord(
                source: .init(
                    kind: "contact", identity: "fhir:Practitioner/\(random.number(in: 1...4))"),
                fields: [
                    .init("name", .text(texts.text(at: installation))),
                    .init("phone", .text("01632 96\(random.number(in: 1000...1009))")),
                ])
            return try ImportPlan(record, in: id)
        }
        try simulation.write(at: installation) {
            _ = try ImportPlan.write(plans, by: author, in: id, $0, now: now)
        }
        simulation.counts[.imports] += 1
        try saved(at: installation, "an import", nil)
    }

    /// What a newer version of the program writes: kinds, fields and values that this one does not
    /// know are kept, forwarded and merged alike.
    private func writeNewer(at installation: Installation, in id: PartnershipID) throws {
        let held = try compartments(of: installation, in: id)
        guard installation.version == .newer, let compartment = random.pick(held.sorted()) else {
            return try change(at: installation, in: id, isLater: false)
        }
        let newest = UInt32(random.number(in: 900...902))
        let record = RecordID(
            kind: "newer", source: "thing \(random.number(in: 1...3))", in: id)
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let value = texts.text(at: installation)
        try simulation.write(at: installation) { transaction in
            let row = try transaction.recordRow(record, kind: newest, in: id, compartment)
            let version = try transaction.version()
            let seen = try row.map {
                try transaction.candidates(ofField: 990, record: $0, asOf: version)
            }
            let skeleton = Skeleton(
                record: record, kind: newest,
                operations: [.init(field: 990, supersedes: seen ?? [])], change: .amend,
                committer: Self.person(author), performer: nil, event: nil, group: Data())
            try transaction.author(
                [DraftPart(skeleton: skeleton, values: [.text(value)], reason: "")],
                class: .record, in: compartment, of: id, now: now)
        }
        simulation.counts[.newerVersionEntries] += 1
        try saved(at: installation, "something newer", record)
    }

    // MARK: Erasing

    /// A steward erases some of what a record has said, as at the end of retention.
    private func erase(at installation: Installation, in id: PartnershipID) throws {
        guard let record = random.pick(here(at: installation, in: id)) else { return }
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let (isWhole, chosen) = (random.chance(permille: 300), random.bits())
        let erased = try simulation.write(at: installation) { transaction -> Int in
            guard
                let row = try transaction.recordRow(
                    record.id, kind: record.kind.number, in: id, record.kind.compartment)
            else { return 0 }
            let all = try transaction.parts(ofRecord: row, version: nil)
            guard !all.isEmpty else { return 0 }
            let parts = isWhole ? all : [all[Int(chosen % UInt64(all.count))]]
            let said = DraftPart(
                skeleton: Skeleton(
                    record: record.id, kind: record.kind.number, operations: [], change: .erase,
                    committer: Self.person(author), performer: nil, event: nil, group: Data()),
                values: [], reason: "the end of retention")
            try transaction.erase(
                [(said, parts)], in: record.kind.compartment, of: id, now: now)
            return parts.count
        }
        guard erased > 0 else { return }
        simulation.counts[.erasures] += 1
        try saved(at: installation, "an erasure of \(erased) parts of", record.id)
    }

    // MARK: Moves

    /// A resident goes on in another partnership that this site writes in.
    private func moveResident(at installation: Installation, from id: PartnershipID) throws {
        let residents = records(in: id).filter { $0.kind.name == "resident" }
        guard let resident = random.pick(residents),
            let destination = random.pick(try places(of: installation).filter { $0 != id })
        else { return }
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let outcome = try simulation.write(at: installation) { transaction in
            let all = try transaction.partnerships()
            guard let source = all.first(where: { $0.id == id }),
                let target = all.first(where: { $0.id == destination }),
                let record = try transaction.records(
                    RecordSelection(partnership: id, prefix: resident.id.description)
                ).first(where: { $0.id == resident.id && $0.partnership == id })
            else { return ResidentMover.Outcome?.none }
            return try ResidentMover(
                transaction: transaction, author: author, source: source, target: target
            ).move(record, reason: "moved house", now: now)
        }
        guard let outcome, !outcome.isUnchanged else { return }
        add(KnownRecord(id: outcome.id, kind: resident.kind), to: destination)
        simulation.counts[.moves] += 1
        try saved(
            at: installation, "\(outcome.values) values moved to \(destination.short) of",
            resident.id)
    }
}
