import Foundation
import KithControl
import KithModel
import KithSite
import Synchronization

/// Saves of one field through a daemon that is taking in a first sync: what somebody at the home waits.
struct LocalSaves {
    let programs: Programs
    let scale: Scale

    private static let entries = 200_000
    private static let savesAtRest = 50

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        let count = scale.of(Self.entries)
        try await homes.open("elm") { site in
            try await CarePlanLog(partnership: homes.partnership).write(count, to: site)
        }
        let (elm, daemon) = (try homes.startElm(), try programs.daemon("oak"))
        guard
            let oak = try ControlClient(
                home: programs.path("oak"), version: LocalSite.programVersion)
        else { throw BenchProblem("kithd does not answer in its home") }
        let record = try await contact(of: homes, at: oak)
        var atRest: [Double] = []
        for number in 0..<Self.savesAtRest {
            atRest.append(try await save(number, in: record, at: oak))
        }
        let (received, loaded) = try await saveDuringSync(record, at: oak)
        guard received >= count, let slowest = loaded.max() else {
            throw BenchProblem("\(received) entries came, not \(count)")
        }
        try elm.stop()
        try daemon.stop()
        programs.remove("elm")
        programs.remove("oak")
        return [
            Measure(
                "local-save-under-load", slowest, atMost: 1,
                String(
                    format: "s for the slowest of %d saves while %d entries came in; "
                        + "median %.0f ms, at rest %.1f ms",
                    loaded.count, received, median(loaded) * 1000, median(atRest) * 1000))
        ]
    }

    private static let author = Author(user: "bench", name: "Dana Bench", role: "nurse")

    private func contact(of homes: Neighbours, at site: ControlClient) async throws -> String {
        let made = try await site.save(
            [
                RecordEdit(
                    target: .new(
                        kind: "contact", partnership: homes.partnership.description, parent: nil),
                    values: [.init("name", "Dr Rao"), .init("role", "GP")])
            ], by: Self.author)
        guard let record = made.first?.id.description else {
            throw BenchProblem("no record was made")
        }
        return record
    }

    /// Seconds that a save takes.
    private func save(
        _ number: Int, in record: String, at site: ControlClient
    ) async throws -> Double {
        let start = ContinuousClock.now
        _ = try await site.save(
            [
                RecordEdit(
                    target: .existing(record),
                    values: [.init("phone", "01642 555 0\(100 + number % 900)")])
            ], by: Self.author)
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Saves one after the other for as long as a sync lasts.
    private func saveDuringSync(
        _ record: String, at site: ControlClient
    ) async throws -> (received: Int, seconds: [Double]) {
        let isOver = Flag()
        async let reports = {
            defer { isOver.value.withLock { $0 = true } }
            return try await site.sync([Neighbours.elm]) { _ in }
        }()
        var seconds: [Double] = []
        while !isOver.value.withLock({ $0 }) {
            seconds.append(try await save(seconds.count, in: record, at: site))
        }
        guard let report = try await reports.first, report.problem == nil else {
            throw BenchProblem("the two homes did not become equal")
        }
        return (report.received, seconds)
    }

    private final class Flag: Sendable {
        let value = Mutex(false)
    }

    private func median(_ seconds: [Double]) -> Double { seconds.sorted()[seconds.count / 2] }
}
