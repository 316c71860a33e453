public import Foundation
public import KithModel
package import KithProtocol
import SwiftProtobuf

/// One sync session with one peer, as a state machine without sockets, clock or database (D26).
///
/// The driver tells it what happened (a message came, a load finished) and does what it answers.
/// Both sides run the same machine; the one that dialled begins. States, messages and their order:
/// `Protocol/sync.md`.
public struct SyncSession: Sendable {
    /// Which side this is.
    public enum Side: Sendable {
        /// The one that dialled.
        case initiator
        /// The one that was dialled.
        case responder
    }

    /// A compartment that both sides are believed to hold, and where this side stands in it.
    public struct Shared: Sendable {
        /// The partnership.
        public let partnership: PartnershipID
        /// The compartment.
        public let compartment: Compartment
        /// Digest of the leaves that this side holds.
        public let frontierDigest: Data
        /// Entries that are damaged here and asked for again.
        public let wanted: [EntryHash]

        /// Describes a shared compartment.
        public init(
            partnership: PartnershipID, compartment: Compartment, frontierDigest: Data,
            wanted: [EntryHash] = []
        ) {
            self.partnership = partnership
            self.compartment = compartment
            self.wanted = wanted
            // Who wants something does not hold the same, whatever the leaves are.
            self.frontierDigest =
                wanted.isEmpty ? frontierDigest : FrontierDigest.incomplete(frontierDigest)
        }
    }

    /// What the driver is to do.
    package enum Action: Sendable {
        /// Send a message.
        case send(Kith_V1_SessionMessage)
        /// Load the leaves of these compartments, and which statements on them are here, then
        /// `frontiersLoaded`.
        case loadFrontiers([Int])
        /// Load what tells a peer with `leavesOfPeer` how much of these feeds is here, then
        /// `samplesLoaded`.
        case loadSamples([FeedRequest])
        /// Find what a side with these leaves lacks, then `missingFound`.
        ///
        /// With it, what the side asks for again because it is damaged there.
        case findMissing([Int: [Position]], wanted: [Int: [EntryHash]])
        /// Load the next batch of what was found missing, then `batchLoaded`.
        case loadBatch
        /// Verify, store and apply a batch in one transaction, then `ingested`; with it came what
        /// erased bodies that its entries lack.
        case ingest(Kith_V1_Entries)
        /// Sign that both sides hold the same of everything, then `receiptSigned`.
        case signReceipt(fingerprint: Data)
        /// Check the peer's receipt, then `receiptChecked`.
        case checkReceipt(Data, signature: Data, fingerprint: Data)
        /// Sign where this side stands in these compartments, unless the last word on that still holds,
        /// and load the statements of others that are newer than those that the peer has, then
        /// `statementsSigned`.
        case signStatements([Int: [StatementMark]])
        /// Check the peer's statements against both declared frontiers, then `statementsChecked`.
        case checkStatements(
            [Kith_V1_SignedStatement], ours: [Int: [Position]], theirs: [Int: [Position]])
        /// Report how far the session is.
        case progress(Progress)
        /// End the stream; the session is over.
        case finish(Outcome)
    }

    /// A feed of which samples are wanted.
    package struct FeedRequest: Hashable, Comparable, Sendable {
        /// Index of the shared compartment.
        package let shared: Int
        /// The feed.
        package let feed: FeedID

        /// Orders by compartment, then feed.
        package static func < (left: Self, right: Self) -> Bool {
            (left.shared, left.feed) < (right.shared, right.feed)
        }
    }

    /// How far a session is.
    public struct Progress: Equatable, Sendable {
        /// Entries sent and acknowledged.
        public var sent = 0
        /// Entries to be sent in all.
        public var toSend = 0
        /// Entries received and on disk.
        public var received = 0
        /// Entries to be received, by what the peer has declared; of a branch that is new here at least one.
        public var toReceive = 0

        /// Nothing is known yet.
        public init() {}
    }

    /// How a session ended.
    public struct Outcome: Equatable, Sendable {
        /// Why it ended.
        public enum Reason: Equatable, Sendable {
            /// Both sides proved that they hold the same.
            case equal
            /// This side ended it; one line, no content.
            case closedHere(String)
            /// The peer ended it; one line, as it said.
            case closedByPeer(String)
            /// The peer is still in another session with this side; soon it may not be.
            case busy
            /// One of them has moved as much as it may for now; one line that says which.
            case paused(String)
        }

        /// Why it ended.
        public let reason: Reason
        /// What was transferred until then.
        public let progress: Progress
        /// Whether entries of a `membership` compartment came, so that more may be shared now.
        public let isMembershipChanged: Bool
        /// Whether the peer has partnerships to tell of.
        public let hasPeerOffers: Bool
    }

    enum State: Sendable {
        case idle
        case greeting
        case comparing
        case listing
        case declaring
        case searchingForks
        case exchanging
        case proving
        case finished
    }

    /// Where this side and the peer stand in what differs.
    struct Declared: Sendable {
        var ours: [Int: [Position]] = [:]
        var theirs: [Int: [Position]] = [:]
        /// What the peer asks for again.
        var wanted: [Int: [EntryHash]] = [:]
        /// The statements that the peer has.
        var stated: [Int: [StatementMark]] = [:]
        /// Leaves and statements that the peer has named.
        var total = 0
    }

    let side: Side
    let shared: [Shared]
    let ownNonce: Data
    let software: String
    let hasOffers: Bool
    let isUrgent: Bool
    var hasPeerOffers = false
    var state = State.idle
    var salt = Data()
    /// Of all that this side holds, under the nonce of the side that dialled.
    var fingerprint = Data()
    /// Of the side that dialled: the compartments in buckets that differ.
    var listed: Set<Int> = []
    /// The compartments' ids in this session, in the order of `shared`; from the greeting on.
    var blindedIDs: [Data] = []
    /// Where in `shared` a blinded id is.
    var indices: [Data: Int] = [:]
    var differing: [Int]?
    var declared = Declared()
    var forks = ForkSearching()
    var sending = Sending()
    var receiving = Receiving()
    var closing = Closing()
    var progress = Progress()
    /// How often the side that dialled has waited for an answer to what it had sent; left aside is where so
    /// many batches were on their way that it had to wait for one to be stored.
    public private(set) var roundTrips = 0

    /// Prepares a session; `nonce` is sixteen random bytes.
    ///
    /// - Parameters:
    ///   - hasOffers: whether there are partnerships to tell the peer of.
    ///   - isUrgent: whether somebody waits for it, so that the peer's caps are not to end it.
    public init(
        side: Side, shared: [Shared], nonce: Data, software: String, hasOffers: Bool = false,
        isUrgent: Bool = false
    ) {
        self.side = side
        self.shared = shared.sorted {
            ($0.partnership, $0.compartment) < ($1.partnership, $1.compartment)
        }
        ownNonce = nonce
        self.software = software
        self.hasOffers = hasOffers
        self.isUrgent = isUrgent
    }

    /// The shared compartments in the order that indices in actions and events refer to.
    public var compartments: [Shared] { shared }

    /// The stream is open.
    package mutating func start() -> [Action] {
        precondition(state == .idle, "a session starts once")
        state = .greeting
        return side == .initiator ? greet() : []
    }

    /// A message came.
    package mutating func receive(_ message: Kith_V1_SessionMessage) -> [Action] {
        if case .close(let close) = message.message { return receive(close) }
        if isAnswer(message) { roundTrips += 1 }
        switch (state, message.message) {
        case (.finished, _): return []
        case (.greeting, .hello(let hello)): return receive(hello)
        case (.comparing, .fingerprint(let fingerprint)): return receive(fingerprint)
        case (.comparing, .buckets(let buckets)): return receive(buckets)
        case (.comparing, .proof(let proof)), (.listing, .proof(let proof)):
            return receiveReceipt(proof)
        case (.listing, .holdings(let holdings)): return receive(holdings)
        case (.declaring, .frontiers(let frontiers)): return receive(frontiers)
        case (.searchingForks, .forkSearch(let search)): return receive(search)
        case (.exchanging, .entries(let entries)): return receive(entries)
        case (.exchanging, .acknowledge(let acknowledge)),
            (.proving, .acknowledge(let acknowledge)):
            return receive(acknowledge)
        case (.exchanging, .sent(let sent)): return receive(sent)
        case (.proving, .proof(let proof)): return receiveStatements(proof)
        // What came before it may still be being stored.
        case (.exchanging, .proof(let proof)) where receiving.isAllReceived:
            return receiveStatements(proof)
        case (.idle, _), (.greeting, _), (.comparing, _), (.listing, _), (.declaring, _),
            (.searchingForks, _), (.exchanging, _), (.proving, _):
            return close(.protocolError, "a message came out of order")
        }
    }

    /// Whether a message is the first that the peer could send only after it had heard of what this side
    /// last sent: of those that follow each other without an answer between, the first.
    private func isAnswer(_ message: Kith_V1_SessionMessage) -> Bool {
        guard side == .initiator else { return false }
        return switch message.message {
        case .hello: true
        case .frontiers: declared.total == 0
        case .forkSearch: forks.received == 0
        // The peer has waited for this side's second search.
        case .sent: forks.sent == 2
        case .proof(let proof): proof.receipt.isEmpty && closing.statementBytes == 0
        default: false
        }
    }

    /// The stream ended without a word.
    package mutating func connectionClosed(_ why: String) -> [Action] {
        guard state != .finished else { return [] }
        return finish(.closedByPeer(why))
    }

    /// Something of ours failed; the peer is told so, without details.
    package mutating func failed(_ why: String) -> [Action] {
        guard state != .finished else { return [] }
        return close(.storeFailed, why, telling: "")
    }

    /// This side has moved as much as it may for now. What is on disk stays, and the next session goes on
    /// from there.
    package mutating func paused(_ why: String) -> [Action] {
        guard state != .finished else { return [] }
        let message = Kith_V1_SessionMessage.with { $0.close = .with { $0.reason = .paused } }
        return [.send(message)] + finish(.paused(why))
    }

    // MARK: Endings

    /// Ends the session; the peer is told why, or something else where that is not its business.
    mutating func close(
        _ reason: Kith_V1_CloseReason, _ why: String, telling detail: String? = nil
    ) -> [Action] {
        let message = Kith_V1_SessionMessage.with {
            $0.close = .with {
                $0.reason = reason
                $0.detail = detail ?? why
            }
        }
        return [.send(message)] + finish(.closedHere(why))
    }

    private mutating func receive(_ close: Kith_V1_Close) -> [Action] {
        guard state != .finished else { return [] }
        let why: String
        switch close.reason {
        case .done: return receiveDone()
        case .versionNotSupported: why = "the peer runs a version that does not speak ours"
        case .storeFailed: why = "the peer could not read or write its own log"
        case .busy: return finish(.busy)
        case .paused:
            return finish(.paused("the peer has moved as much as it may for now; the rest follows"))
        case .notAuthorised: why = "the peer does not know us any more"
        case .protocolError, .limitExceeded, .invalidEntry, .notEqual, .unspecified, .UNRECOGNIZED:
            why = "the peer ended the session: \(Self.safe(close.detail))"
        }
        return finish(.closedByPeer(why))
    }

    mutating func finish(_ reason: Outcome.Reason) -> [Action] {
        state = .finished
        return [
            .finish(
                Outcome(
                    reason: reason, progress: progress,
                    isMembershipChanged: receiving.isMembershipChanged,
                    hasPeerOffers: hasPeerOffers))
        ]
    }

    private static func safe(_ text: String) -> String {
        ShownText(line: String(text.prefix(200))).text
    }
}
