import Foundation
import KithModel
package import KithProtocol
import SwiftProtobuf

/// What this side has still to send.
struct Sending: Sendable {
    var isPlanned = false
    var isLoading = false
    var isAllLoaded = false
    var isSentSaid = false
    var batches: UInt64 = 0
    var acknowledged: UInt64 = 0
    var entries = 0
    /// Entries of the batches that are on their way, oldest first.
    var onTheWay: [Int] = []

    var isDone: Bool { isSentSaid && acknowledged == batches }
}

/// What this side has received.
struct Receiving: Sendable {
    var batches: UInt64 = 0
    var entries = 0
    var ingested: UInt64 = 0
    var isAllReceived = false
    var isMembershipChanged = false

    var isDone: Bool { isAllReceived && ingested == batches }
}

// Sending what is missing in log order, a few batches ahead of the acknowledgements; receiving,
// storing and acknowledging at the same time (D28, D29).
extension SyncSession {
    /// It is known how many entries there are to send.
    package mutating func missingFound(entries: Int) -> [Action] {
        guard state == .exchanging else { return [] }
        sending.isPlanned = true
        progress.toSend = entries
        progress.toReceive = entriesToReceive
        return [.progress(progress)] + sendMore()
    }

    /// Entries that the peer has declared and this side has not.
    private var entriesToReceive: Int {
        declared.theirs.reduce(0) { sum, frontier in
            let ours = declared.ours[frontier.key] ?? []
            let held = Set(ours.map(\.hash))
            return sum + frontier.value.entries(beyond: ours, isHeld: held.contains)
        }
    }

    private mutating func sendMore() -> [Action] {
        guard sending.isPlanned, !sending.isLoading, !sending.isSentSaid else { return [] }
        if sending.isAllLoaded {
            sending.isSentSaid = true
            let message = Kith_V1_SessionMessage.with {
                $0.sent = .with {
                    $0.batches = sending.batches
                    $0.entries = UInt64(sending.entries)
                }
            }
            return [.send(message)] + proveIfDone()
        }
        guard sending.batches - sending.acknowledged < UInt64(Limits.batchesInFlight) else {
            return []
        }
        sending.isLoading = true
        return [.loadBatch]
    }

    /// The next batch is here; `isLast` when there is none after it. It may be empty, then it is last.
    /// With it go what erased bodies that its entries lack.
    package mutating func batchLoaded(
        _ entries: [ReceivedEntry], erasures: [ReceivedEntry] = [], isLast: Bool
    ) -> [Action] {
        guard state == .exchanging else { return [] }
        sending.isLoading = false
        sending.isAllLoaded = isLast
        guard !entries.isEmpty else { return sendMore() }
        sending.batches += 1
        sending.entries += entries.count
        sending.onTheWay.append(entries.count)
        let message = Kith_V1_SessionMessage.with {
            $0.entries = .with {
                $0.batch = sending.batches
                $0.entries = entries.map(\.message)
                $0.erasures = erasures.map(\.message)
            }
        }
        return [.send(message)] + sendMore()
    }

    mutating func receive(_ acknowledge: Kith_V1_Acknowledge) -> [Action] {
        guard acknowledge.batch == sending.acknowledged + 1, acknowledge.batch <= sending.batches
        else { return close(.protocolError, "an acknowledgement came out of order") }
        sending.acknowledged = acknowledge.batch
        progress.sent += sending.onTheWay.removeFirst()
        return [.progress(progress)] + sendMore() + proveIfDone()
    }

    mutating func receive(_ entries: Kith_V1_Entries) -> [Action] {
        guard !receiving.isAllReceived,
            entries.batch == receiving.batches + 1, !entries.entries.isEmpty
        else { return close(.protocolError, "a batch came out of order") }
        guard entries.entries.count <= Limits.batchEntries,
            entries.erasures.count <= Limits.batchEntries,
            receiving.batches - receiving.ingested < UInt64(Limits.batchesInFlight)
        else { return close(.limitExceeded, "more was sent than was agreed") }
        receiving.batches = entries.batch
        receiving.entries += entries.entries.count
        return [.ingest(entries)]
    }

    /// A batch is on disk, up to the entry that was refused, if any was.
    package mutating func ingested(
        batch: UInt64, stored: Int, isMembershipChanged: Bool, refusal: String?
    ) -> [Action] {
        guard state != .finished else { return [] }
        progress.received += stored
        progress.toReceive = max(progress.toReceive, progress.received)
        receiving.isMembershipChanged = receiving.isMembershipChanged || isMembershipChanged
        if let refusal { return close(.invalidEntry, refusal) }
        receiving.ingested = batch
        let message = Kith_V1_SessionMessage.with { $0.acknowledge = .with { $0.batch = batch } }
        return [.send(message), .progress(progress)] + proveIfDone()
    }

    mutating func receive(_ sent: Kith_V1_Sent) -> [Action] {
        guard !receiving.isAllReceived, sent.batches == receiving.batches,
            sent.entries == UInt64(receiving.entries)
        else { return close(.protocolError, "the count of what was sent does not match") }
        receiving.isAllReceived = true
        return proveIfDone()
    }

    /// Says where this side stands as soon as it has everything: that the peer has it too, the peer's own
    /// word will tell, so that nobody waits for the last acknowledgement.
    private mutating func proveIfDone() -> [Action] {
        guard state == .exchanging, sending.isSentSaid, receiving.isDone else { return [] }
        state = .proving
        let stated = (differing ?? []).map { ($0, declared.stated[$0] ?? []) }
        return [.signStatements(Dictionary(uniqueKeysWithValues: stated))]
    }
}
