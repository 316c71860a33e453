import CBareSQLite
import Foundation

/// A first sync of everything between two daemons, against SQLite alone with rows of the same size.
struct FirstSync {
    let programs: Programs
    let scale: Scale

    private static let entries = 200_000

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let count = scale.of(Self.entries)
        let bare = try bareRate(count)
        tell("SQLite alone: \(Int(bare)) entries a second")
        let homes = try Neighbours(programs)
        try await homes.open("elm") { site in
            try await CarePlanLog(partnership: homes.partnership).write(count, to: site)
        }
        let bytes = try size(of: "elm")
        let (elm, oak) = (try homes.startElm(), try programs.daemon("oak"))
        let session = try homes.sync()
        guard session.received == count else {
            throw BenchProblem("\(session.received) entries came, not \(count)")
        }
        let rate = Double(session.received) / (Double(session.milliseconds) / 1000)
        let peaks = (elm: try elm.peakMemory(), oak: try oak.peakMemory())
        try elm.stop()
        try oak.stop()
        programs.remove("elm")
        programs.remove("oak")
        return [
            Measure(
                "first-sync", rate / bare, atLeast: 0.5,
                "\(Int(rate)) entries a second, SQLite alone \(Int(bare)); \(count) entries"),
            Measure(
                "first-sync-memory", Double(max(peaks.elm, peaks.oak)) / 1e6, atMost: 150,
                "MB at the peak: sender \(peaks.elm / 1_000_000), receiver \(peaks.oak / 1_000_000)"
            ),
            Measure(
                "disk-per-entry",
                Double(bytes) / Double(count) / Double(CarePlanLog.authoredBytes), atMost: 4,
                "\(bytes / count) bytes an entry, log and state; \(CarePlanLog.authoredBytes) authored"
            ),
        ]
    }

    private func bareRate(_ count: Int) throws -> Double {
        let seconds = bare_inserts(programs.path("bare.sqlite"), count, 1_000)
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
