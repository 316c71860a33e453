import KithModel
import KithSite
import KithStore
import KithTrust

/// The world of a scenario: four members of one partnership, without faults, and what they are told to do.
/// Nobody syncs or writes of their own accord.
final class Stage {
    /// Sites that a scenario's world needs.
    static let sites = 5

    private let simulation: Simulation
    private let partnership: PartnershipID

    init(_ simulation: Simulation) throws {
        self.simulation = simulation
        guard let first = simulation.workload.partnerships.first else {
            throw Violation("Scenario", "nobody founded a partnership")
        }
        partnership = first
    }

    /// The founder, a second steward, and two that only write; as `Cast` has them for five sites.
    var home: Installation { simulation.sites[0] }
    var practice: Installation { simulation.sites[2] }
    var trust: Installation { simulation.sites[3] }
    var council: Installation { simulation.sites[4] }
    /// Not a member.
    var otherHome: Installation { simulation.sites[1] }

    /// One session after another, and whatever follows from them.
    func sync(_ caller: Installation, _ callee: Installation) throws {
        let sessions = simulation.counts[.sessions]
        try Sync.run(from: caller, to: callee.site, simulation) { _ in }
        try simulation.runUntil(simulation.time + 40 * SimulatedClock.minute)
        guard simulation.counts[.sessions] > sessions else {
            throw Violation("Scenario", "\(caller.name) did not reach \(callee.name)")
        }
    }

    /// Everybody hears of everything.
    func everyoneMeets() throws {
        for _ in 0..<2 {
            for other in [practice, trust, council] { try sync(other, home) }
        }
        try sync(trust, practice)
        try sync(council, trust)
        try sync(council, practice)
    }

    /// Writes a new record that every member may read.
    func write(at installation: Installation) throws -> Workload.KnownRecord {
        let kinds = Vocabulary.kinds.filter { $0.compartment == .relations && $0.parents.isEmpty }
        guard let kind = kinds.min(by: { $0.number < $1.number }) else {
            throw Violation("Scenario", "the vocabulary has no kind that all members may read")
        }
        let count = simulation.workload.records(in: partnership).count
        try simulation.workload.make(kind, under: nil, at: installation, in: partnership)
        let made = simulation.workload.records(in: partnership)
        guard made.count > count, let record = made.last else {
            throw Violation("Scenario", "\(installation.name) did not write")
        }
        return record
    }

    /// Says something else where a record was given its first text.
    func change(_ record: Workload.KnownRecord, at installation: Installation) throws {
        guard
            let field = Workload.fields(of: record.kind, installation.version).first(where: {
                $0.isRequired
            })
        else { throw Violation("Scenario", "a \(record.kind.name) may say nothing") }
        let version = try simulation.read(at: installation) { try $0.version() }
        let edit = RecordEdit(
            target: .existing(record.id.description, kind: record.kind.name, in: partnership),
            values: [.init(field.name, "Another")], seen: version)
        _ = try simulation.workload.save(edit, at: installation, in: partnership)
        simulation.chronicle.acknowledge(at: installation)
        try simulation.noteStep("\(installation.name) changes \(record.id.short)")
    }

    /// Erases all that a record has said; gives the entry that does.
    @discardableResult
    func erase(_ record: Workload.KnownRecord, at installation: Installation) throws -> EntryHash {
        try simulation.workload.erase(
            record, isWhole: true, chosen: 0, at: installation, in: partnership)
        return try lastEntry(of: installation)
    }

    /// The entry that a site wrote last.
    func lastEntry(of installation: Installation) throws -> EntryHash {
        guard let entry = simulation.chronicle.acknowledged[installation.number]?.last else {
            throw Violation("Scenario", "\(installation.name) did not write")
        }
        return entry
    }

    /// Done by the home where nobody else is named.
    func remove(_ member: Installation, by steward: Installation? = nil) throws {
        try simulation.workload.registrar.remove(
            member.site, from: partnership, by: steward ?? home)
    }

    func leave(_ member: Installation) throws { try remove(member, by: member) }

    /// Leaves a member of the compartments that it has, and has it write no more.
    func makeReviewer(_ member: Installation) throws {
        let now = simulation.now(at: home)
        try simulation.write(at: home) { transaction in
            guard var grant = try transaction.grant(of: member.site, in: partnership) else {
                return
            }
            grant.role = .reviewer
            try transaction.change(member.site, to: grant, in: partnership, now: now)
        }
        simulation.chronicle.acknowledge(at: home)
        try simulation.noteStep("\(home.name) makes \(member.name) a reviewer")
    }

    /// Lets a site in that is none, or none any more; it hears of it at its next session. Done by the home
    /// where nobody else is named, and with what its kind is usually granted.
    func admit(
        _ joiner: Installation, _ grant: Grant? = nil, by steward: Installation? = nil
    ) throws {
        try simulation.workload.registrar.admit(
            joiner, grant ?? Registrar.grant(for: joiner, isFirst: false), to: partnership,
            by: steward ?? home)
    }

    /// A second installation of a site, which runs on a copy of its home as it is now.
    func copy(_ member: Installation) throws -> Installation {
        let number = simulation.sites.count
        let copy = try Installation(
            copying: member, number: number, name: "\(member.name)'s copy",
            cryptography: simulation.cryptography(number), isInPlace: true)
        try simulation.noteStep("\(member.name) is copied")
        try simulation.add(copy)
        try simulation.chronicle.committed(at: copy)
        return copy
    }

    /// Has a member say again who it is, as when it has another name or address.
    func describeAgain(_ member: Installation) throws {
        let now = simulation.now(at: member)
        try simulation.write(at: member) {
            try $0.author(.describe(member.profile), of: partnership, now: now)
        }
        simulation.chronicle.acknowledge(at: member)
        try simulation.noteStep("\(member.name) describes itself again")
    }

    func scrub(_ installation: Installation) throws { try Sync.scrub(installation, simulation) }

    func restore(_ backup: SimulatedDisk, at installation: Installation) throws {
        try simulation.weather.restore(backup, at: installation)
    }

    /// Ends the process and starts it again.
    func restart(_ installation: Installation) throws {
        installation.stop()
        try simulation.weather.start(installation)
    }
}
