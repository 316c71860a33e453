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

    /// What was found.
    package struct Report: Sendable {
        package var points = 0
        package var failures: [(point: Point, problems: [String])] = []
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

    /// Takes the power away so many times, spread over all moments and both homes.
    ///
    /// - Parameter isEnough: asked after every point; true ends the trial.
    package func run(
        points: Int, seed: UInt64, until isEnough: (Report) -> Bool = { _ in false }
    ) async throws -> Report {
        var report = Report()
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
            let home = Scenario.homes[index % 2]
            let point = Point(event: moment, home: home, seed: random.bits())
            var loss = PowerLoss(seed: point.seed)
            let image = loss.image(of: disk)
            let known = try told.facts(of: Scenario.homes[1 - index % 2], on: disk)
            let problems = try await self.problems(
                image, home, promises[home] ?? Promises(), known, disk)
            report.points += 1
            if !problems.isEmpty { report.failures.append((point, problems)) }
            if isEnough(report) { break }
        }
        return report
    }

    /// So many moments, ascending, evenly spread; each comes again where there are fewer.
    private func chosen(_ points: Int) -> [Int] {
        (0..<points).map { moments[$0 * moments.count / points] }
    }

    private func problems(
        _ image: DiskImage, _ home: String, _ promises: Promises, _ told: LogFacts, _ disk: Disk
    ) async throws -> [String] {
        var problems: [String] = []
        for file in promises.backups.keys.sorted()
        where image.entries[file] != disk.seen.entries[file] {
            problems.append("the backup \(file) is gone or damaged")
        }
        guard let left = image.folder(home) else {
            return promises.isMade ? problems + ["the home is gone"] : problems
        }
        let path = bench.disk + "/" + home
        try left.replaceContents(ofFolder: path)
        var backups = DiskImage()
        for (name, bytes) in disk.seen.entries where name.hasPrefix("backups/") {
            backups.entries[String(name.dropFirst("backups/".count))] = bytes
        }
        try backups.replaceContents(ofFolder: bench.disk + "/backups")
        let recovery = Recovery(home: path, root: bench.disk, promises: promises, told: told)
        problems += await recovery.problems()
        // What was there explains the rest.
        return problems.isEmpty ? [] : problems + ["left: \(left.summary)"]
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
        last = versions[0] == nil
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
        if case .wrote(_, 0, let bytes) = self[..<index].last(where: isOfEither), bytes.count == 32 {
            return true
        }
        return self[(index + 1)...].first(where: isOfEither).flatMap(file) == database
    }
}
