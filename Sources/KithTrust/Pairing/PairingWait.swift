public import Foundation
public import KithModel

/// One person's wait for a partner on the phone: who may compare words, when, and how often.
///
/// A value without clock or chance: time and nonces are handed in. Source: `Protocol/pairing.md`,
/// "By phone".
public struct PairingWait: Sendable {
    /// How long a person waits at the most, in milliseconds.
    public static let milliseconds: Int64 = 600_000
    /// How many commitments are answered before it must be begun anew.
    public static let tries = 3

    /// Why a caller is not answered; the words are for the person at the other end.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// It is over.
        case over
        /// Another comparison is being made.
        case busy
        /// Something that no honest site sends.
        case malformed

        /// One line that says what to do.
        public var description: String {
            switch self {
            case .over:
                "Nobody waits for a partner there. Ask its person to run 'kith peer pair' first."
            case .busy:
                "Another comparison is being made there. Ask its person to finish it, and try again."
            case .malformed:
                "The pairing was not done as it must be. Update both sites, and begin anew."
            }
        }
    }

    private struct Comparison {
        let dialler: SiteID
        let commitment: Data
        let nonce: Data
        let begun: Instant
        var isRevealed = false
    }

    /// How long an answered commitment may stay without its nonce, in milliseconds.
    static let revealMilliseconds: Int64 = 30_000

    /// When it is over.
    public let ends: Instant
    /// The site that waits.
    public let waiter: SiteID
    /// How many more commitments are answered.
    public private(set) var triesLeft = Self.tries
    private var comparison: Comparison?

    /// The comparison that is being made; one whose dialler never showed its nonce is over.
    private func comparison(at now: Instant) -> Comparison? {
        guard let comparison,
            comparison.isRevealed
                || now.milliseconds - comparison.begun.milliseconds < Self.revealMilliseconds
        else { return nil }
        return comparison
    }

    /// Begins to wait.
    public init(waiter: SiteID, now: Instant) {
        self.waiter = waiter
        ends = Instant(
            milliseconds: min(
                now.milliseconds + Self.milliseconds, Instant.range.upperBound))
    }

    /// Whether nothing more can come of it.
    public func isOver(at now: Instant) -> Bool {
        now >= ends || (triesLeft == 0 && comparison(at: now) == nil)
    }

    /// Answers a commitment with a nonce of this side; that is a try, however it goes on.
    public mutating func commit(
        _ commitment: Data, from dialler: SiteID, nonce: Data, now: Instant
    ) throws(Refusal) {
        guard !isOver(at: now) else { throw .over }
        guard comparison(at: now) == nil else { throw .busy }
        guard commitment.count == 32, dialler != waiter else { throw .malformed }
        triesLeft -= 1
        comparison = Comparison(
            dialler: dialler, commitment: commitment, nonce: nonce, begun: now)
    }

    /// Takes the nonce that was committed to; gives the words for this side's person.
    public mutating func reveal(
        _ nonce: Data, from dialler: SiteID, now: Instant
    ) throws(Refusal) -> ComparedWords {
        guard now < ends else { throw .over }
        guard let open = comparison(at: now), open.dialler == dialler, !open.isRevealed else {
            throw .over
        }
        guard nonce.count == 32,
            ComparedWords.commitment(dialler: dialler, waiter: waiter, nonce: nonce)
                == open.commitment
        else {
            comparison = nil
            throw .malformed
        }
        comparison?.isRevealed = true
        return ComparedWords(
            dialler: dialler, waiter: waiter, diallerNonce: nonce, waiterNonce: open.nonce)
    }

    /// The person said that the words differ: another may try, if there is a try left.
    public mutating func differed() { comparison = nil }
}
