import Foundation
import KithSimulator

/// A scenario once lived through, and what a loss of power leaves of it at any moment.
///
/// The programs run once, over a disk that writes everything down; each point is then worked out from
/// what was written down, so a point costs one start of a site and not a whole scenario.
package struct PowerLossTrial {
    /// What the disk is not told, as if a careless build had not asked for it.
    package enum Omission: String, CaseIterable, Sendable {
        /// The sync of each commit, as SQLite leaves it out with `synchronous=NORMAL`.
        case commits
        /// The sync of names, as when no folder is ever synced.
        case names
    }

    /// A moment at which the power goes.
    package struct Point: CustomStringConvertible, Sendable {
        /// Events before it.
        package let event: Int
        package let home: String
        package let seed: UInt64

        package var description: String { "event \(event) at \(home), seed \(seed)" }
    }

    private let bench: Bench
    private let events: [DiskEvent]
    /// Moments that differ.
    package let moments: [Int]

    /// Lives through the scenario.
    package init(on bench: Bench, leavingOut omission: Omission? = nil) throws {
        self.bench = bench
        var events = try Scenario.record(on: bench)
        if let omission { events = events.leavingOut(omission) }
        self.events = events
        moments = events.indices.filter { events[$0].isChange }.map { $0 + 1 }
    }

    /// Takes the power away so many times, spread over all moments and both homes; every fifth time
    /// it goes again while the site starts on what was left.
    ///
    /// - Parameter isEnough: asked after every point; true ends the trial.
    package func run(
        points: Int, seed: UInt64, until isEnough: (TrialReport) -> Bool = { _ in false }
    ) async throws -> TrialReport {
        var report = TrialReport()
        var disk = try Disk(root: bench.disk, keeping: Scenario.emptyBench)
        var promises: [String: Promises] = [:]
        var told = Told(folder: bench.path("peer"))
        var random = RandomSource(seed: seed, purpose: "moments")
        var next = 0
        for (index, moment) in chosen(points).enumerated() {
            while next < moment {
                try disk.apply(events[next])
                if case .noted(let note) = events[next] {
                    promises.add(try JSONDecoder().decode(Promise.self, from: note))
                }
                next += 1
            }
            let point = Point(event: moment, home: Scenario.homes[index % 2], seed: random.bits())
            let promised = promises[point.home] ?? Promises()
            let isCompound = index % 5 == 4 && promised.isMade
            let facts = try told.facts(of: Scenario.homes[1 - index % 2], on: disk)
            let problems = try await problems(
                at: point, on: disk, promised, isCompound: isCompound, told: facts)
            report.points += 1
            if isCompound { report.compound += 1 }
            if !problems.isEmpty {
                report.failures.append(.init(place: "\(point)", problems: problems))
            }
            if isEnough(report) { break }
        }
        return report
    }

    /// What is wrong with a home when the power has gone at a point.
    ///
    /// - Parameters:
    ///   - isCompound: whether it goes again while the site starts on what was left.
    ///   - told: what the other site was told by then.
    private func problems(
        at point: Point, on disk: Disk, _ promised: Promises, isCompound: Bool,
        told: LogFacts
    ) async throws -> [String] {
        var loss = PowerLoss(seed: point.seed)
        let image = loss.image(of: disk)
        var problems = Self.problems(ofBackups: promised, in: image, comparedWith: disk.seen)
        guard let left = image.folder(point.home) else {
            return promised.isMade ? problems + ["the home is gone"] : problems
        }
        try place(left, of: point.home, backups: disk.seen)
        if isCompound { try losePowerAgain(at: point.home, &loss) }
        let recovery = Recovery(
            home: bench.disk + "/" + point.home, root: bench.disk, promises: promised,
            told: told)
        problems += await recovery.problems()
        // What was there explains the rest.
        return problems.isEmpty ? [] : problems + ["left: \(left.summary)"]
    }

    /// So many moments, ascending, evenly spread; each comes again where there are fewer.
    private func chosen(_ points: Int) -> [Int] {
        (0..<points).map { moments[$0 * moments.count / points] }
    }

    private static func problems(
        ofBackups promises: Promises, in image: DiskImage, comparedWith seen: DiskImage
    ) -> [String] {
        promises.backups.keys.sorted().filter { image.entries[$0] != seen.entries[$0] }
            .map { "the backup \($0) is gone or damaged" }
    }

    /// Puts what is left of a home in its place, with the backups beside it.
    private func place(_ left: DiskImage, of home: String, backups: DiskImage) throws {
        try left.replaceContents(ofFolder: bench.disk + "/" + home)
        try backups.folder("backups")?.replaceContents(ofFolder: bench.disk + "/backups")
    }

    /// Starts the real program on what is left, and takes the power away at some moment of that.
    private func losePowerAgain(at home: String, _ loss: inout PowerLoss) throws {
        var disk = try Disk(root: bench.disk, keeping: DiskImage(ofFolder: bench.disk))
        _ = try bench.kith(home, "resident", "list")
        let events = try bench.takeTrace()
        for event in events.prefix(loss.moment(upTo: events.count)) { try disk.apply(event) }
        guard let left = loss.image(of: disk).folder(home) else {
            throw TraceProblem("a home that was kept is gone")
        }
        try left.replaceContents(ofFolder: bench.disk + "/" + home)
    }
}

/// What the site holds that kept its power; read again only when its database has changed.
struct Told {
    private let folder: String
    private var versions: [Int?] = []
    private var home: String?
    private var last = LogFacts()

    init(folder: String) {
        self.folder = folder
    }

    mutating func facts(of home: String, on disk: Disk) throws -> LogFacts {
        let files = ["kith.sqlite", "kith.sqlite-wal", "kith.sqlite-journal"]
        let versions = files.map { disk.version(of: home + "/" + $0) }
        if self.home == home, versions == self.versions { return last }
        (self.home, self.versions) = (home, versions)
        var image = DiskImage()
        for file in files {
            if let content = disk.content(of: home + "/" + file) { image.entries[file] = content }
        }
        try image.replaceContents(ofFolder: folder)
        last =
            versions[0] == nil
            ? LogFacts() : try LogFacts(database: folder + "/kith.sqlite")
        return last
    }
}

extension [DiskEvent] {
    /// The same without some of the syncs.
    func leavingOut(_ omission: PowerLossTrial.Omission) -> [DiskEvent] {
        let folders = Set(
            compactMap { if case .madeFolder(let path, _) = $0 { path } else { nil as String? } })
        var paths: [UInt64: String] = [:]
        return enumerated().filter { index, event in
            switch event {
            case .opened(let path, let inode, _), .madeFolder(let path, let inode):
                paths[inode] = path
                return true
            case .synced(let inode):
                let path = paths[inode] ?? ""
                return switch omission {
                case .names: !folders.contains(path)
                case .commits: !path.hasSuffix("-wal") || isForCheckpoint(index, path, paths)
                }
            default: return true
            }
        }.map(\.element)
    }

    /// Whether a sync of a write-ahead log is one that `synchronous=NORMAL` asks for too: after its
    /// header, and before its pages are copied into the database.
    private func isForCheckpoint(_ index: Int, _ log: String, _ paths: [UInt64: String]) -> Bool {
        let database = String(log.dropLast("-wal".count))
        func file(of event: DiskEvent) -> String? {
            switch event {
            case .wrote(let inode, _, _), .resized(let inode, _), .synced(let inode): paths[inode]
            default: nil
            }
        }
        func isOfEither(_ event: DiskEvent) -> Bool {
            let file = file(of: event)
            return file == log || file == database
        }
        if case .wrote(_, 0, let bytes) = self[..<index].last(where: isOfEither), bytes.count == 32
        {
            return true
        }
        return self[(index + 1)...].first(where: isOfEither).flatMap(file) == database
    }
}
