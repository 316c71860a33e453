import CBareSQLite
import Foundation

/// A first sync of everything between two daemons, against SQLite alone with rows of the same size.
struct FirstSync {
    let programs: Programs
    let scale: Scale

    private static let entries = 200_000

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let count = scale.of(Self.entries)
        let bare = try rate(count) { bare_inserts($0, count, 1_000) }
        // Three of the four values of an entry are texts, of about this length each.
        let text = (CarePlanLog.authoredBytes - 18) / 3
        let limit = try rate(count) { bare_inserts_like_kith($0, count, 1_000, Int32(text)) }
        tell("SQLite alone: \(Int(bare)) entries a second; with the rows of Kith \(Int(limit))")
        let sync = try await sync(count)
        let rate = Double(count) / (Double(sync.milliseconds) / 1000)
        return [
            Measure(
                "first-sync", rate / bare, atLeast: 0.5,
                String(
                    format:
                        "%.0f entries a second, SQLite alone %.0f, with the rows of Kith %.0f; %d entries; "
                        + "of a processor's time %.1f µs an entry at the receiver, %.1f at the sender",
                    rate, bare, limit, count, sync.receiverTime / Double(count) * 1e6,
                    sync.senderTime / Double(count) * 1e6)),
            Measure(
                "first-sync-memory", Double(sync.peak) / 1e6, atMost: 150,
                "MB at the peak: sender \(sync.sender / 1_000_000), receiver \(sync.receiver / 1_000_000)"
            ),
            Measure(
                "disk-per-entry",
                Double(sync.diskBytes) / Double(count) / Double(CarePlanLog.authoredBytes),
                atMost: 4,
                "\(sync.diskBytes / count) bytes an entry, log and state; \(CarePlanLog.authoredBytes) authored"
            ),
        ]
    }

    /// Whether memory depends on how long the log is.
    func memory(_ tell: (String) -> Void) async throws -> [Measure] {
        let count = scale.of(Self.entries)
        var peaks: [Int] = []
        for count in [count, 2 * count] {
            tell("a log of \(count) entries")
            peaks.append(try await sync(count).peak)
        }
        return [
            Measure(
                // What the allocator keeps differs from run to run by a few per cent.
                "memory-of-twice", Double(peaks[1]) / Double(peaks[0]), atMost: 1.05,
                "\(peaks[1] / 1_000_000) MB at the peak with \(2 * count) entries, \(peaks[0] / 1_000_000) with \(count)"
            )
        ]
    }

    private struct Sync {
        let milliseconds: Int
        /// The most memory that either daemon used, in bytes.
        let sender: Int
        let receiver: Int
        /// Seconds of a processor that each used.
        let senderTime: Double
        let receiverTime: Double
        /// Bytes of the sender's database.
        let diskBytes: Int

        var peak: Int { max(sender, receiver) }
    }

    /// One first sync of everything between two daemons.
    private func sync(_ count: Int) async throws -> Sync {
        let homes = try Neighbours(programs)
        try await homes.open("elm") { site in
            try await CarePlanLog(partnership: homes.partnership).write(count, to: site)
        }
        let bytes = try size(of: "elm")
        let (elm, oak) = (try homes.startElm(), try programs.daemon("oak"))
        let before = (elm: try elm.processorTime(), oak: try oak.processorTime())
        let session = try homes.sync()
        guard session.received == count else {
            throw BenchProblem("\(session.received) entries came, not \(count)")
        }
        let sync = Sync(
            milliseconds: session.milliseconds, sender: try elm.peakMemory(),
            receiver: try oak.peakMemory(), senderTime: try elm.processorTime() - before.elm,
            receiverTime: try oak.processorTime() - before.oak, diskBytes: bytes)
        try elm.stop()
        try oak.stop()
        programs.remove("elm")
        programs.remove("oak")
        return sync
    }

    private func rate(_ count: Int, inserting: (String) -> Double) throws -> Double {
        let seconds = inserting(programs.path("bare.sqlite"))
        guard seconds > 0 else { throw BenchProblem("SQLite alone could not write") }
        for suffix in ["", "-wal", "-shm"] { programs.remove("bare.sqlite" + suffix) }
        return Double(count) / seconds
    }

    private func size(of home: String) throws -> Int {
        let file = programs.path(home) + "/kith.sqlite"
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        return (attributes[.size] as? Int) ?? 0
    }
}
