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
    struct OpenPage {
        let record: KnownRecord
        let version: Int64
    }

    unowned let simulation: Simulation
    var random: RandomSource
    private(set) var partnerships: [PartnershipID] = []
    /// The numbers of the installations that founded a shared partnership.
    private(set) var founders: Set<Int> = []
    var records: [PartnershipID: [KnownRecord]] = [:]
    lazy var texts = Texts(RandomSource(seed: simulation.plan.seed, purpose: "texts"))
    private(set) lazy var registrar = Registrar(simulation)
    var sources = 0

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "people")
    }

    private var sites: [Installation] { simulation.sites }

    /// The records that people made in a partnership.
    func records(in id: PartnershipID) -> [KnownRecord] { records[id] ?? [] }

    // MARK: The beginning

    /// Every home founds a partnership with a practice and others, and every second home one more with
    /// another practice. The last site is left out: it may be admitted later.
    func foundPartnerships(_ cast: Cast) throws {
        let second = cast.homes.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        for (position, home) in (cast.homes + second).enumerated() {
            let founder = sites[home]
            let now = simulation.now(at: founder)
            let isFirst = founders.insert(home).inserted
            let id = try simulation.write(at: founder) {
                try $0.found(
                    name: "\(founder.name) and \(isFirst ? "partners" : "more partners")",
                    purpose: "Joint care", profile: founder.profile, isPrivate: false, now: now)
            }
            partnerships.append(id)
            let next = isFirst ? position : 2 * (position - cast.homes.count) + 1
            let practice = cast.practices[next % cast.practices.count]
            try registrar.admit(
                sites[practice], Registrar.grant(for: sites[practice], isFirst: true), to: id,
                by: founder)
            for other in cast.others.dropLast(cast.others.count > 2 ? 1 : 0)
            where position == 0 || random.chance(permille: isFirst ? 600 : 300) {
                try registrar.admit(
                    sites[other], Registrar.grant(for: sites[other], isFirst: false), to: id,
                    by: founder)
            }
        }
    }

    // MARK: Days

    /// Plans what people do on a day: six or seven things at each site.
    func planDay(_ day: Int) {
        for installation in sites where installation.state != .retired {
            for _ in 0..<(random.chance(permille: 660) ? 7 : 6) {
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
            case ..<75: try change(at: installation, in: id, isLater: true)
            case ..<87: try decide(at: installation, in: id)
            case ..<90: try importRecords(at: installation, in: id)
            case ..<93: try writeNewer(at: installation, in: id)
            case ..<97: try moveResident(at: installation, from: id)
            default: try erase(at: installation, in: id)
            }
        }
    }

    /// Does something that the site may refuse: that is counted, and no failure.
    func refusing(at installation: Installation, _ body: () throws -> Void) throws {
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
    func places(of installation: Installation) throws -> [PartnershipID] {
        try simulation.read(at: installation) { transaction in
            let writing = try transaction.granted(to: installation.site, atLeast: .contributor)
            let shared = self.partnerships.filter(writing.contains)
            guard shared.isEmpty else { return shared }
            return try transaction.all("SELECT uuid FROM partnership WHERE is_private = 1")
                .map { try PartnershipID(blob: $0["uuid"]) }
        }
    }

    func compartments(
        of installation: Installation, in id: PartnershipID
    ) throws -> Set<Compartment> {
        try simulation.read(at: installation) {
            try $0.grant(of: installation.site, in: id)?.compartments ?? []
        }
    }

    func author(at installation: Installation) -> Author {
        let number = random.number(in: 1...3)
        return Author(
            user: "\(installation.name)-\(number)", name: "Person \(number)", role: "Carer")
    }

    static func person(_ author: Author) -> Person {
        Person(user: author.user, name: author.name, role: author.role, organisation: "")
    }

    func saved(at installation: Installation, _ what: String, _ record: RecordID?) throws {
        simulation.counts[.edits] += 1
        let hashes = simulation.chronicle.acknowledge(at: installation)
        try simulation.noteStep(
            "\(installation.name) saves \(what) \(record?.short ?? "")",
            hashes: hashes.map { " " + $0.short }.joined())
    }

    // MARK: Versions

    /// The kinds that people can write: an older program lacks those with the greatest numbers.
    static func kinds(of version: Installation.Version) -> [RecordKind] {
        let sorted = Vocabulary.kinds.sorted { $0.number < $1.number }
        return version == .older ? sorted.dropLast(sorted.count / 3) : sorted
    }

    /// The fields that people can write: an older program lacks the last ones of a kind.
    static func fields(
        of kind: RecordKind, _ version: Installation.Version
    ) -> [FieldDefinition] {
        guard version == .older else { return kind.fields }
        let known = Set(kind.fields.map(\.number).sorted().dropLast(kind.fields.count / 4))
        return kind.fields.filter { $0.isRequired || known.contains($0.number) }
    }
}
