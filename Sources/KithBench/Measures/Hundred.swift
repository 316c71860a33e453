import Foundation
import KithModel
import KithSite

/// A place of a hundred homes, each of which shares a partnership of its own with one hub: a home's night has to
/// cost what it costs a hub with one home.
struct Hundred {
    let programs: Programs
    let scale: Scale

    private static let homes = 100
    private static let edits = 24
    private static let rounds = 7

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let count = scale.of(Self.homes)
        let clock = JumpingClock()
        let hub = try await open("hub", clock)
        var homes = [try await join(0, hub, clock)]
        var alone: [SyncReport] = []
        for _ in 0..<Self.rounds { alone.append(try await night(homes[0], hub)) }
        tell("a hub with \(count) homes")
        for number in 1..<count { homes.append(try await join(number, hub, clock)) }
        var together: [SyncReport] = []
        for home in homes { together.append(try await night(home, hub)) }
        for home in homes { await home.close() }
        await hub.close()
        for name in ["hub"] + (0..<count).map(Self.name) { programs.remove(name) }
        func median(_ reports: [SyncReport], _ part: (SyncReport) -> Int) -> Double {
            Double(reports.map(part).sorted()[reports.count / 2])
        }
        let (one, all) = (median(alone, \.milliseconds), median(together, \.milliseconds))
        let bytes: (SyncReport) -> Int = { $0.bytesSent + $0.bytesReceived }
        let what = "for a night's \(Self.edits) edits of a home"
        return [
            Measure(
                "hundred-time", all / max(one, 1), atMost: 1.5,
                "\(Int(all)) ms \(what) at a hub with \(count), \(Int(one)) with one"),
            Measure(
                "hundred-bytes", median(together, bytes) / median(alone, bytes), atMost: 1.1,
                "\(Int(median(together, bytes))) bytes \(what) at a hub with \(count), \(Int(median(alone, bytes))) with one"
            ),
        ]
    }

    private static func name(_ number: Int) -> String { "home-\(number)" }

    private func open(_ name: String, _ clock: JumpingClock) async throws -> LiveSite {
        let home = programs.path(name)
        _ = try await LocalSite.initialise(home: home, name: name, kind: "other", ods: nil)
        return try await LiveSite.open(home, clock)
    }

    /// A home that shares a partnership of its own with the hub.
    private func join(
        _ number: Int, _ hub: LiveSite, _ clock: JumpingClock
    ) async throws -> LiveSite {
        let home = try await open(Self.name(number), clock)
        let name = "Bench \(number)"
        _ = try await hub.site.createPartnership(
            PartnershipDraft(name: name, purpose: "to be measured"))
        try await hub.admit(home, to: name)
        for _ in 0..<2 { _ = try await home.meet(hub) }
        return home
    }

    /// A home's edits, and its night.
    private func night(_ home: LiveSite, _ hub: LiveSite) async throws -> SyncReport {
        guard let partnership = try await home.site.partnerships().first(where: { !$0.isPrivate })
        else { throw BenchProblem("the home shares nothing") }
        try await CarePlanLog(partnership: partnership.id).write(Self.edits, to: home.site)
        let report = try await home.meet(hub)
        guard report.sent == Self.edits else {
            throw BenchProblem("\(report.sent) edits went, not \(Self.edits)")
        }
        return report
    }
}
