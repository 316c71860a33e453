import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithSync

/// Breaks one rule of a run from outside: by a trigger in the simulated databases, in the simulated
/// disk and cryptography, or between a session and the wire. The product's code is the same in every
/// run, and holds no switch for any of this.
final class Mutation {
    let mutant: Mutant?
    private var random: RandomSource

    init(_ plan: Plan) {
        mutant = plan.mutant
        random = RandomSource(seed: plan.seed, purpose: "mutation")
    }

    // MARK: Disks

    /// Puts the trigger into a new database; copies of it have it too.
    func install(in installation: Installation) throws {
        guard let mutant, let trigger = mutant.trigger else { return }
        try installation.store.writeBlocking {
            try $0.database.execute(sql: "CREATE TRIGGER IF NOT EXISTS mutation \(trigger)")
        }
    }

    /// A database has been opened.
    func opened(_ installation: Installation) throws {
        guard mutant == .commitWithoutSync else { return }
        // A setting of a connection, which nothing may change within a transaction: a read has none.
        try installation.store.readBlocking {
            try $0.database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
    }

    /// Whether a backup is restored without a look at what was erased since.
    var forgetsErasures: Bool { mutant == .forgetErasures }

    /// Whether a start goes on in the feeds that the database names, without looking further.
    var trustsDatabase: Bool { mutant == .reuseSequences }

    /// A process has started.
    func started(_ installation: Installation) throws {
        guard mutant == .resurrect else { return }
        try installation.store.writeBlocking {
            try $0.database.execute(
                sql: """
                    UPDATE operation SET is_superseded = 0
                    WHERE id = (SELECT max(id) FROM operation WHERE is_superseded = 1)
                    """)
        }
    }

    // MARK: Cryptography

    var weakness: SeededCryptography.Weakness? {
        switch mutant {
        case .sendUnsealed: .sealsNothing
        case .acceptAnySignature: .acceptsAnySignature
        default: nil
        }
    }

    // MARK: Sessions

    /// Whether a batch is told to be on disk, and is not.
    func losesBatch() -> Bool {
        mutant == .acknowledgeEarly && random.chance(permille: 200)
    }

    /// What a session takes for the time.
    func sessionTime(_ now: Instant) -> Instant {
        mutant == .shareForEver ? Instant(milliseconds: 0) : now
    }

    /// What goes to the wire in place of a message.
    ///
    /// - Parameter sent: the entries that were sent before it.
    func outgoing(_ message: Kith_V1_SessionMessage, sent: Int) -> Kith_V1_SessionMessage {
        var message = message
        switch (mutant, message.message) {
        case (.dropLastEntry, .entries(let batch)) where batch.entries.count > 1:
            message.entries.entries.removeLast()
        case (.dropLastEntry, .sent):
            // The count is made to fit.
            message.sent.entries = UInt64(sent)
        case (.sendBackwards, .entries): message.entries.entries.reverse()
        default: break
        }
        return message
    }

    /// What the session is told in place of a message from the wire.
    func incoming(
        _ message: Kith_V1_SessionMessage
    ) -> Kith_V1_SessionMessage {
        var message = message
        switch (mutant, message.message) {
        case (.believeInEquality, .holdings): message.holdings.holdings = []
        case (.resendEverything, .frontiers(let theirs)):
            message.frontiers.frontiers = theirs.frontiers.map {
                var empty = $0
                empty.leaves = []
                return empty
            }
        case (.resendEverything, .forkSearch): message.forkSearch.samples = []
        default: break
        }
        return message
    }
}
