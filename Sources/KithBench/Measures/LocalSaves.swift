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
        let oak = try await Phonebook("oak", of: homes)
        var atRest: [Double] = []
        for number in 0..<Self.savesAtRest {
            atRest.append(try await oak.save(number))
        }
        let (received, loaded) = try await saveDuringSync(oak)
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

    /// Saves one after the other for as long as a sync lasts.
    private func saveDuringSync(
        _ book: Phonebook
    ) async throws -> (received: Int, seconds: [Double]) {
        let isOver = Flag()
        async let reports = {
            defer { isOver.value.withLock { $0 = true } }
            return try await book.site.sync([Neighbours.elm]) { _ in }
        }()
        var seconds: [Double] = []
        while !isOver.value.withLock({ $0 }) {
            seconds.append(try await book.save(seconds.count))
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
