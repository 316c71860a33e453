package import Foundation
package import KithModel

/// How often a password may be guessed: it slows strangers down and locks nobody out.
///
/// A pair of account and address waits longer after each failure. An account as a whole takes at most
/// ten failures in five minutes from browsers that it was never signed in to from; a browser that it
/// was signed in to from has a count of its own, so that a stranger who guesses cannot keep its owner
/// out. **Source:** OWASP's device cookies; Cyber Essentials (ten guesses in five minutes). Nothing of
/// it is kept across a restart, and it never holds more than a bounded number of counts.
package struct GuessLimits: Sendable {
    /// Failures in five minutes that an account takes from browsers it does not know.
    package static let failures = 10
    /// The time over which failures are counted, in milliseconds.
    package static let window: Int64 = 300_000
    fileprivate static let freeFailures = 3
    private static let bound = 10_000

    private struct Count {
        var times: [Int64] = []
    }

    private var counts: [String: Count] = [:]

    package init() {}

    /// Where a guess comes from.
    package struct Guess: Sendable {
        /// The login that was typed, whether it exists or not.
        package let login: String
        /// The address that it comes from.
        package let address: String
        /// The hash of the browser's token, when the account was signed in to from it.
        package let knownDevice: Data?

        package init(login: String, address: String, knownDevice: Data?) {
            self.login = login
            self.address = address
            self.knownDevice = knownDevice
        }

        fileprivate var keys: [(key: String, rule: Rule)] {
            if let knownDevice {
                return [("device \(knownDevice.base64EncodedString())", .slowing)]
            }
            return [
                ("pair \(login) \(address)", .slowing), ("account \(login)", .atMost(failures)),
                ("address \(address)", .atMost(failures * 3)),
            ]
        }
    }

    fileprivate enum Rule {
        /// After a few failures, each further one makes the next wait twice as long.
        case slowing
        /// So many failures in the window.
        case atMost(Int)

        /// The moment from which the next guess may be made.
        func next(after times: [Int64]) -> Int64? {
            switch self {
            case .slowing:
                guard let last = times.last, times.count >= freeFailures else { return nil }
                // 4, 8, 16 … seconds after the last failure.
                return last + min(window, 4000 << Int64(min(times.count - freeFailures, 6)))
            case .atMost(let most):
                guard times.count >= most else { return nil }
                return times[times.count - most] + window
            }
        }
    }

    /// How many seconds a guess has to wait; nil when it may be made now.
    package mutating func wait(for guess: Guess, at now: Instant) -> Int? {
        let waits = guess.keys.compactMap { key, rule -> Int64? in
            let times = (counts[key]?.times ?? []).filter {
                abs(now.milliseconds - $0) < Self.window
            }
            return rule.next(after: times).map { $0 - now.milliseconds }
        }
        guard let longest = waits.max(), longest > 0 else { return nil }
        return Int((longest + 999) / 1000)
    }

    /// Counts a failure.
    package mutating func failed(_ guess: Guess, at now: Instant) {
        if counts.count > Self.bound { forget(at: now) }
        for (key, _) in guess.keys {
            var times = counts[key]?.times ?? []
            times.removeAll { abs(now.milliseconds - $0) >= Self.window }
            times.append(now.milliseconds)
            counts[key] = Count(times: times.suffix(64))
        }
    }

    /// Forgets the failures of a pair or browser that has now given the right password.
    package mutating func succeeded(_ guess: Guess) {
        if let first = guess.keys.first { counts[first.key] = nil }
    }

    private mutating func forget(at now: Instant) {
        counts = counts.filter { _, count in
            count.times.contains { abs(now.milliseconds - $0) < Self.window }
        }
        // A flood from ever new addresses: what it counted is no loss, the accounts' own counts stay.
        if counts.count > Self.bound {
            counts = counts.filter { $0.key.hasPrefix("account ") }
        }
        if counts.count > Self.bound { counts = [:] }
    }
}
