import Foundation
import KithModel
import Testing

@testable import KithSite

@Suite struct GuessLimitsTests {
    private func at(_ seconds: Int64) -> Instant {
        Instant(milliseconds: 1_800_000_000_000 + seconds * 1000)
    }

    @Test func `each failure from one place makes the next wait longer`() {
        var limits = GuessLimits()
        let guess = GuessLimits.Guess(login: "mary", address: "192.0.2.1", knownDevice: nil)
        var now: Int64 = 0
        var waits: [Int] = []
        for _ in 0..<8 {
            limits.failed(guess, at: at(now))
            let wait = limits.wait(for: guess, at: at(now))
            waits.append(wait ?? 0)
            now += Int64(wait ?? 0)
        }
        #expect(waits == [0, 0, 4, 8, 16, 32, 64, 128])
    }

    @Test func `an account takes ten wrong guesses in five minutes, from wherever they come`() {
        var limits = GuessLimits()
        var guesses = 0
        for second in 0..<300 {
            let guess = GuessLimits.Guess(
                login: "mary", address: "192.0.2.\(second % 250)", knownDevice: nil)
            guard limits.wait(for: guess, at: at(Int64(second))) == nil else { continue }
            limits.failed(guess, at: at(Int64(second)))
            guesses += 1
        }
        #expect(guesses == GuessLimits.failures)
    }

    @Test func `a stranger who guesses does not keep the manager out`() {
        var limits = GuessLimits()
        for number in 0..<200 {
            limits.failed(
                GuessLimits.Guess(
                    login: "manager", address: "192.0.2.\(number)", knownDevice: nil), at: at(0))
        }
        let stranger = GuessLimits.Guess(
            login: "manager", address: "203.0.113.9", knownDevice: nil)
        #expect(limits.wait(for: stranger, at: at(1)) != nil)
        let manager = GuessLimits.Guess(
            login: "manager", address: "203.0.113.9", knownDevice: Data([1]))
        #expect(limits.wait(for: manager, at: at(1)) == nil)
        // And a browser that is known is slowed down by its own failures alone.
        for _ in 0..<4 { limits.failed(manager, at: at(1)) }
        #expect(limits.wait(for: manager, at: at(1)) != nil)
        #expect(limits.wait(for: stranger, at: at(400)) == nil)
    }

    @Test func `one address that tries every login is stopped as well`() {
        var limits = GuessLimits()
        var guesses = 0
        for number in 0..<1000 {
            let guess = GuessLimits.Guess(
                login: "user\(number)", address: "192.0.2.1", knownDevice: nil)
            guard limits.wait(for: guess, at: at(0)) == nil else { continue }
            limits.failed(guess, at: at(0))
            guesses += 1
        }
        #expect(guesses == 30)
    }

    @Test func `success forgets what a place got wrong, and the account's count stays`() {
        var limits = GuessLimits()
        let guess = GuessLimits.Guess(login: "mary", address: "192.0.2.1", knownDevice: nil)
        for _ in 0..<5 { limits.failed(guess, at: at(0)) }
        #expect(limits.wait(for: guess, at: at(0)) != nil)
        limits.succeeded(guess)
        #expect(limits.wait(for: guess, at: at(0)) == nil)
        for number in 0..<5 {
            limits.failed(
                GuessLimits.Guess(login: "mary", address: "198.51.100.\(number)", knownDevice: nil),
                at: at(0))
        }
        #expect(limits.wait(for: guess, at: at(0)) != nil)
    }
}
