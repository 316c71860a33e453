import CBareSQLite
import Foundation
import KithModel
import KithSite

/// Edits of one field each: what they cost on the wire, and how long a durable one takes.
struct Edits {
    let programs: Programs
    let scale: Scale

    private static let edits = 1_000
    private static let saves = 300

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        let log = CarePlanLog(partnership: homes.partnership)
        let count = scale.of(Self.edits)
        let standing = try await homes.open("elm") { try await log.begin(40, at: $0) }
        var elm = try homes.startElm()
        _ = try homes.sync()
        try elm.stop()
        let values = try await homes.open("elm") {
            try await log.edit(standing, times: count, at: $0)
        }
        elm = try homes.startElm()
        let session = try homes.sync()
        try elm.stop()
        let bytes = session.bytesReceived + session.bytesSent
        let beyond = Double(bytes - values.count) / Double(count)
        let (ours, bare, rows) = try await saves(homes)
        programs.remove("elm")
        programs.remove("oak")
        return [
            Measure(
                "bytes-per-edit", beyond, atMost: 450,
                "bytes of messages an entry beyond its value of \(values.count / count); \(count) edits"
            ),
            Measure(
                "one-edit", ours / bare, atMost: 2,
                String(
                    format:
                        "%.2f ms for a durable edit, %.2f ms for a bare commit, %.2f with the rows of Kith",
                    ours * 1000, bare * 1000, rows * 1000)),
        ]
    }

    /// Seconds for a save of one field, for a bare commit, and for a bare commit of the rows that Kith has for
    /// an entry, taken in turns so that all meet the same disk.
    private func saves(
        _ homes: Neighbours
    ) async throws -> (ours: Double, bare: Double, rows: Double) {
        try await homes.open("elm") { site in
            let author = Author(user: "bench", name: "Dana Bench", role: "nurse")
            let made = try await site.save(
                [
                    RecordEdit(
                        target: .new(
                            kind: "contact", partnership: homes.partnership.description,
                            parent: nil),
                        values: [.init("name", "Dr Rao"), .init("role", "GP")])
                ], by: author)
            guard let record = made.first?.id.description else {
                throw BenchProblem("no record was made")
            }
            var (ours, bare, rows) = (0.0, 0.0, 0.0)
            for round in 0..<Self.saves / 10 {
                bare += try seconds { bare_commits($0, 10, 700) }
                rows += try seconds { bare_inserts_like_kith($0, 10, 1, 20) }
                let start = ContinuousClock.now
                for number in 0..<10 {
                    let phone = "01642 555 0\(100 + (round * 10 + number) % 900)"
                    _ = try await site.save(
                        [
                            RecordEdit(
                                target: .existing(record), values: [.init("phone", phone)])
                        ], by: author)
                }
                ours += (ContinuousClock.now - start) / .seconds(1)
            }
            let count = Double(Self.saves / 10 * 10)
            return (ours / count, bare / count, rows / count)
        }
    }

    private func seconds(_ body: (String) -> Double) throws -> Double {
        let name = "bare.sqlite"
        let seconds = body(programs.path(name))
        guard seconds > 0 else { throw BenchProblem("SQLite alone could not write") }
        for suffix in ["", "-wal", "-shm"] { programs.remove(name + suffix) }
        return seconds
    }
}
