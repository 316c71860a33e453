import Foundation
import KithModel
import Testing

@testable import KithSync

@Suite struct NightlyScheduleTests {
    static let zones = [
        "Europe/London", "UTC", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia",
        "Asia/Kathmandu",
    ]

    @Test func `a night's run comes at its time of day`() throws {
        let schedule = try schedule("02:00")
        let next = schedule.nextRun(
            after: try at("2026-06-10T12:00:00Z"), lastRun: try at("2026-06-10T01:00:05Z"))
        #expect(next == (try at("2026-06-11T01:00:00Z")))
    }

    @Test func `a site that never ran, or missed last night, runs at once`() throws {
        let schedule = try schedule("02:00")
        let now = try at("2026-01-10T12:00:00Z")
        #expect(schedule.nextRun(after: now, lastRun: nil) == now)
        #expect(schedule.nextRun(after: now, lastRun: try at("2026-01-09T02:03:00Z")) == now)
        let justAfter = try at("2026-01-10T02:00:00Z")
        #expect(
            schedule.nextRun(after: justAfter, lastRun: try at("2026-01-08T02:03:00Z")) == justAfter
        )
    }

    @Test func `a catch-up by day does not use up the coming night`() throws {
        let schedule = try schedule("02:00")
        let next = schedule.nextRun(
            after: try at("2026-01-10T12:00:01Z"), lastRun: try at("2026-01-10T12:00:00Z"))
        #expect(next == (try at("2026-01-11T02:00:00Z")))
    }

    @Test func `a time that does not exist in spring runs at the next valid moment`() throws {
        let schedule = try schedule("01:30")
        let next = schedule.nextRun(
            after: try at("2026-03-28T12:00:00Z"), lastRun: try at("2026-03-28T01:31:00Z"))
        #expect(next == (try at("2026-03-29T01:00:00Z")))
    }

    @Test func `a time that exists twice in autumn runs once, at the first`() throws {
        let schedule = try schedule("01:30")
        let first = try at("2026-10-25T00:30:00Z")
        let next = schedule.nextRun(
            after: try at("2026-10-24T12:00:00Z"), lastRun: try at("2026-10-24T00:31:00Z"))
        #expect(next == first)
        // At the second 01:30 of that night the next run is a day away.
        let second = try at("2026-10-25T01:30:00Z")
        #expect(
            schedule.nextRun(after: second, lastRun: first) == (try at("2026-10-26T01:30:00Z")))
    }

    @Test func `a clock that is set back does not run the same night twice`() throws {
        let schedule = try schedule("02:00")
        let ran = try at("2026-01-10T02:00:10Z")
        for back in ["2026-01-10T01:30:00Z", "2026-01-10T01:59:59Z", "2026-01-09T12:00:00Z"] {
            let next = schedule.nextRun(after: try at(back), lastRun: ran)
            #expect(next == (try at("2026-01-11T02:00:00Z")))
        }
    }

    @Test func `a run recorded by a clock that was years ahead stops nothing`() throws {
        let schedule = try schedule("02:00")
        let now = try at("2026-01-10T12:00:00Z")
        #expect(schedule.nextRun(after: now, lastRun: try at("2036-01-10T02:00:00Z")) == now)
    }

    @Test func `jitter stays within its bounds, is stable, and differs between sites`() throws {
        let plain = try schedule("02:00")
        var runs: [UInt64: [Int64]] = [:]
        for seed in UInt64(1)...20 {
            let schedule = try schedule("02:00", window: 60, jitter: 30, seed: seed)
            for night in Int64(20_000)..<20_030 {
                let late =
                    schedule.run(ofNight: night).milliseconds
                    - plain.run(ofNight: night).milliseconds
                #expect((0...1_800_000).contains(late))
                #expect(schedule.run(ofNight: night) == schedule.run(ofNight: night))
                runs[seed, default: []].append(late)
            }
        }
        #expect(Set(runs.values).count == 20)
        let narrow = try schedule("02:00", window: 10, jitter: 30)
        #expect(narrow.jitterMinutes == 10)
    }

    @Test(arguments: zones, [0, 30, 60, 90, 120, 150, 719, 1439])
    func `every day of ten years has one night, in order`(name: String, minute: Int) throws {
        let zone = try #require(TimeZone(identifier: name))
        let schedule = NightlySchedule(
            minuteOfDay: minute, windowMinutes: 60, jitterMinutes: 0, zone: zone, seed: 1)
        var last: Int64 = .min
        for night in Int64(18_200)..<21_900 {
            let beginning = schedule.beginning(ofNight: night)
            #expect(beginning > last)
            last = beginning
            let moment = Instant(milliseconds: beginning * 1000)
            #expect(schedule.night(at: moment) == night)
            #expect(schedule.night(at: Instant(milliseconds: beginning * 1000 - 1)) == night - 1)
            let wall = beginning + Int64(zone.secondsFromGMT(for: moment.date))
            let wanted = night * 86_400 + Int64(minute) * 60
            // Where the time exists it is kept; where not, the next moment comes within an hour.
            #expect((0...3600).contains(wall - wanted), "night \(night)")
        }
    }

    @Test(arguments: [7, 61, 977])
    func `a daemon that looks every few minutes runs once a night over years`(step: Int64) throws {
        let schedule = try schedule("01:30", window: 60, jitter: 45, seed: 7)
        var now = try at("2024-01-01T12:00:00Z")
        var lastRun: Instant? = now
        var nights: [Int64] = []
        let end = try at("2027-01-01T12:00:00Z")
        while now < end {
            let next = schedule.nextRun(after: now, lastRun: lastRun)
            #expect(next >= now)
            if next <= now {
                nights.append(schedule.night(at: now))
                lastRun = now
            }
            now = Instant(milliseconds: now.milliseconds + step * 60_000)
        }
        #expect(nights.count == 1096)
        #expect(Set(nights).count == nights.count)
    }

    @Test(arguments: 1...40)
    func `whatever the clock does, a night never runs twice in a row and never waits for ever`(
        seed: Int
    ) throws {
        var random = SplitMix(state: UInt64(seed))
        let schedule = try schedule("01:30", window: 60, jitter: 45, seed: UInt64(seed))
        var now = try at("2026-03-01T12:00:00Z")
        var lastRun: Instant?
        for _ in 0..<2000 {
            let jump: Int64 =
                switch random.next() % 50 {
                case 0: -Int64(random.next() % 86_400_000)
                case 1: Int64(random.next() % 864_000_000)
                default: Int64(random.next() % 3_600_000)
                }
            now = Instant(milliseconds: now.milliseconds + jump)
            let next = schedule.nextRun(after: now, lastRun: lastRun)
            #expect(next >= now, "seed \(seed)")
            #expect(next.milliseconds - now.milliseconds <= 3 * 86_400_000, "seed \(seed)")
            if next <= now {
                if let lastRun, abs(lastRun.milliseconds - now.milliseconds) <= 86_400_000 {
                    #expect(schedule.night(at: lastRun) != schedule.night(at: now), "seed \(seed)")
                }
                lastRun = now
            }
        }
    }

    private func schedule(
        _ time: String, window: Int = 60, jitter: Int = 0, seed: UInt64 = 1
    ) throws -> NightlySchedule {
        let parts = time.split(separator: ":").compactMap { Int($0) }
        return NightlySchedule(
            minuteOfDay: parts[0] * 60 + parts[1], windowMinutes: window, jitterMinutes: jitter,
            zone: try #require(TimeZone(identifier: "Europe/London")), seed: seed)
    }

    private func at(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }
}

/// A small seeded generator.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
