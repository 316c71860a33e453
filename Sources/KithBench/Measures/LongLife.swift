import Foundation
import KithControl
import KithSite

/// Two daemons that run for a year of days, each with its edits, its looks and its night: what they use at the
/// end, against what they used after half of it. Before that the page caches fill, whose size is fixed: a new
/// home's database is smaller than they are.
struct LongLife {
    let programs: Programs
    let scale: Scale

    private static let days = 365
    private static let edits = 24
    private static let looks = 40

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        let days = scale.of(Self.days)
        let daemons = [try homes.startElm(), try programs.daemon("oak")]
        let books = [
            try await Phonebook("elm", of: homes), try await Phonebook("oak", of: homes),
        ]
        var early: [Use] = []
        for day in 0..<days {
            for book in books {
                for number in 0..<Self.edits { try await book.save(day * Self.edits + number) }
                for _ in 0..<Self.looks {
                    _ = try await book.site.tree(TreeQuery(book.record, kind: "contact"))
                }
            }
            guard
                let night = try await books[1].site.sync([Neighbours.elm], progress: { _ in })
                    .first,
                night.isEqual
            else { throw BenchProblem("the two homes did not become equal on day \(day)") }
            guard day % max(days / 8, 1) == 0 else { continue }
            let now = try uses(of: daemons)
            tell("\(day) of \(days) days: \(now)")
            if day <= days / 2 { early = now }
        }
        let late = try uses(of: daemons)
        for daemon in daemons { try daemon.stop() }
        for home in ["elm", "oak"] { programs.remove(home) }
        let what = "after \(days) days of \(2 * Self.edits) edits, and after half of them"
        func most(_ part: (Use) -> Int) -> (Double, String) {
            let pairs = zip(late, early).map { (late: part($0), early: part($1)) }
            let worst = pairs.max {
                Double($0.late) / Double($0.early) < Double($1.late) / Double($1.early)
            }
            guard let worst else { return (0, "") }
            return (Double(worst.late) / Double(worst.early), "\(worst.late) and \(worst.early)")
        }
        let (memory, descriptors) = (most(\.kilobytes), most(\.descriptors))
        let log = late.map(\.logBytes).max() ?? 0
        return [
            Measure("year-memory", memory.0, atMost: 1.15, "\(memory.1) kB in use \(what)"),
            Measure(
                "year-descriptors", descriptors.0, atMost: 1, "\(descriptors.1) open files \(what)"),
            Measure(
                "year-wal", Double(log) / 1e6, atMost: 40,
                "MB of write-ahead log after \(days) days"),
        ]
    }

    private struct Use: CustomStringConvertible {
        let kilobytes: Int
        let descriptors: Int
        let logBytes: Int

        var description: String {
            "\(kilobytes) kB, \(descriptors) files, \(logBytes) bytes of log"
        }
    }

    private func uses(of daemons: [Daemon]) throws -> [Use] {
        try zip(daemons, ["elm", "oak"]).map { daemon, home in
            let log = programs.path(home) + "/kith.sqlite-wal"
            let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
            return Use(
                kilobytes: try daemon.memory("VmRSS") / 1024, descriptors: try daemon.openFiles(),
                logBytes: size ?? 0)
        }
    }
}
