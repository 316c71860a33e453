import Foundation
import KithModel
import Testing

@testable import KithSync

/// What a site may move in a night and in a second (D32).
@Suite struct LineUseTests {
    private let nights = NightlySchedule(
        minuteOfDay: 120, windowMinutes: 120, jitterMinutes: 0, zone: .gmt, seed: 1)

    private func time(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

    @Test func `a night's bytes are used up until the next one begins`() throws {
        var use = LineUse(SyncLimits(bytesPerNight: 1_000), nights: nights)
        let evening = try time("2026-06-10T22:00:00Z")
        let late = try time("2026-06-11T01:59:59Z")
        let next = try time("2026-06-11T02:00:00Z")
        #expect(!use.isUsedUp(at: evening))
        #expect(use.move(999, at: evening, running: .zero) == .zero)
        #expect(!use.isUsedUp(at: late))
        _ = use.move(1, at: late, running: .zero)
        #expect(use.isUsedUp(at: late) && !use.isUsedUp(at: next))
        _ = use.move(10, at: next, running: .zero)
        #expect(use.moved == 10 && !use.isUsedUp(at: next))
    }

    @Test func `what was counted before a restart counts, of the same night alone`() throws {
        let now = try time("2026-06-10T22:00:00Z")
        let night = nights.night(at: now)
        let limits = SyncLimits(bytesPerNight: 1_000)
        #expect(LineUse(limits, nights: nights, night: night, moved: 1_000).isUsedUp(at: now))
        #expect(!LineUse(limits, nights: nights, night: night - 1, moved: 1_000).isUsedUp(at: now))
        #expect(!LineUse(limits, nights: nights, night: night, moved: -5).isUsedUp(at: now))
    }

    @Test func `bytes take their time, one after another, and quiet times are not saved up`() throws
    {
        var use = LineUse(SyncLimits(bytesPerSecond: 1_000), nights: nights)
        let now = try time("2026-06-10T22:00:00Z")
        #expect(use.move(500, at: now, running: .seconds(1)) == .milliseconds(500))
        #expect(use.move(1_000, at: now, running: .seconds(1)) == .milliseconds(1_500))
        #expect(use.move(0, at: now, running: .seconds(2)) == .milliseconds(500))
        #expect(use.move(1_000, at: now, running: .seconds(100)) == .seconds(1))
        #expect(!use.isUsedUp(at: now))
    }
}
