import Foundation
import KithModel
import KithSite

/// What must not grow with the log: the time that a daemon takes to start, and that of a plan's page.
struct LongLog {
    let programs: Programs
    let scale: Scale

    private static let rounds = 5

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        try programs.kith("short", ["init", "--name", "Elm House", "--kind", "other"])
        let empty = try start("short")
        let short = try await page("short", over: scale.of(10_000), tell)
        try programs.kith("long", ["init", "--name", "Elm House", "--kind", "other"])
        let size = scale.of(1_000_000)
        let long = try await page("long", over: size, tell)
        let full = try start("long")
        programs.remove("short")
        programs.remove("long")
        return [
            Measure(
                "plan-page", long / short, atMost: 1.5,
                String(
                    format: "%.1f ms over %d entries, %.1f over %d", long * 1000, size,
                    short * 1000, scale.of(10_000))),
            Measure(
                "daemon-start", full - empty, atMost: 0.5,
                String(
                    format: "seconds more: %.2f s on %d entries, %.2f s on none", full, size, empty)
            ),
        ]
    }

    /// Seconds until a daemon listens, the fastest of some starts.
    private func start(_ home: String) throws -> Double {
        var best = Double.infinity
        for _ in 0..<Self.rounds {
            let begun = ContinuousClock.now
            let daemon = try programs.daemon(home)
            best = min(best, (ContinuousClock.now - begun) / .seconds(1))
            try daemon.stop()
        }
        return best
    }

    /// Seconds to read all that a plan's page shows, the fastest of some times, in a log of so many
    /// entries: a resident with a plan, its needs, goals and actions, in the middle of it.
    private func page(
        _ home: String, over size: Int, _ tell: (String) -> Void
    ) async throws -> Double {
        tell("a log of \(size) entries")
        let site = try await LocalSite.open(home: programs.path(home))
        do {
            let partnership = try await site.createPartnership(
                PartnershipDraft(name: "Bench", purpose: "to be measured"))
            let log = CarePlanLog(partnership: partnership.id)
            try await log.write(size / 2, to: site)
            let resident = try await plan(at: site, in: partnership.id)
            try await log.write(size / 2, to: site, from: size / 2)
            var best = Double.infinity
            for _ in 0..<Self.rounds * 3 {
                let begun = ContinuousClock.now
                let tree = try await site.tree(TreeQuery(resident, kind: "resident"))
                best = min(best, (ContinuousClock.now - begun) / .seconds(1))
                guard tree.descendants.count > 60 else {
                    throw BenchProblem("the page shows \(tree.descendants.count) records only")
                }
            }
            await site.close()
            return best
        } catch {
            await site.close()
            throw error
        }
    }

    private func plan(at site: LocalSite, in partnership: PartnershipID) async throws -> String {
        let author = Author(user: "bench", name: "Dana Bench", role: "nurse")
        func make(
            _ kind: String, under parent: String?, _ values: [String: String]
        ) async throws
            -> String
        {
            let edit = RecordEdit(
                target: .new(
                    kind: kind, partnership: parent == nil ? partnership.description : nil,
                    parent: parent),
                values: values.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
            guard let made = try await site.save([edit], by: author).first else {
                throw BenchProblem("no \(kind) was made")
            }
            return made.id.description
        }
        let resident = try await make(
            "resident", under: nil, ["familyName": "Whitfield", "givenName": "Nell"])
        let plan = try await make("plan", under: resident, ["title": "Joint care plan"])
        for number in 0..<20 {
            _ = try await make("need", under: plan, ["text": "Need \(number)"])
            _ = try await make("goal", under: plan, ["text": "Goal \(number)"])
            _ = try await make("action", under: plan, ["what": "Action \(number)"])
        }
        return resident
    }
}
