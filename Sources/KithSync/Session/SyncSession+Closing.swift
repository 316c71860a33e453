package import Foundation
import KithModel
package import KithProtocol
import SwiftProtobuf

/// What has been proved so far.
struct Closing: Sendable {
    var isUnchanged = false
    var isReceiptSent = false
    var isReceiptReceived = false
    var isProofSent = false
    var isProofReceived = false
    var isProofChecked = false
    var isDoneReceived = false
    /// What the peer has stated, until it is checked, and how long that is.
    var statements: [Kith_V1_SignedStatement] = []
    var statementBytes = 0
}

// Proving that both sides hold at least what either declared at the start (D30).
extension SyncSession {
    /// This side's receipt is signed.
    package mutating func receiptSigned(_ receipt: Data, signature: Data) -> [Action] {
        // The side that dialled says where it stands before it knows where the other does.
        let isAwaited = side == .initiator || closing.isUnchanged
        guard isAwaited, state == .greeting || state == .comparing else { return [] }
        let message = Kith_V1_SessionMessage.with {
            $0.proof = .with {
                $0.receipt = receipt
                $0.receiptSignature = signature
            }
        }
        closing.isReceiptSent = true
        return [.send(message)] + endIfProved()
    }

    mutating func receiveReceipt(_ proof: Kith_V1_Proof) -> [Action] {
        guard !closing.isReceiptReceived, proof.statements.isEmpty, !proof.goesOn else {
            return close(.protocolError, "a receipt came out of order")
        }
        closing.isReceiptReceived = true
        switch (side, state) {
        case (.initiator, .comparing):
            // The dialled side has compared, and found no difference.
            closing.isUnchanged = true
        case (.responder, .comparing) where closing.isUnchanged: break
        // The side that dialled sends its receipt before it knows whether anything differs.
        case (.responder, .listing): return []
        default: return close(.protocolError, "a receipt came out of order")
        }
        return [
            .checkReceipt(
                proof.receipt, signature: proof.receiptSignature, fingerprint: fingerprint)
        ]
    }

    /// The peer's receipt was checked.
    package mutating func receiptChecked(problem: String?) -> [Action] {
        guard state != .finished else { return [] }
        if let problem { return close(.notEqual, problem) }
        closing.isProofChecked = true
        return endIfProved()
    }

    /// This side's statements are signed.
    package mutating func statementsSigned(_ statements: [Kith_V1_SignedStatement]) -> [Action] {
        guard state == .proving else { return [] }
        closing.isProofSent = true
        let pieces = Pieces.of(statements) { $0.statement.count + 80 }
        var actions: [Action] = pieces.enumerated().map { number, piece in
            .send(
                .with {
                    $0.proof = .with {
                        $0.statements = piece
                        $0.goesOn = number < pieces.count - 1
                    }
                })
        }
        if closing.isProofReceived { actions += checkStatements() }
        return actions + endIfProved()
    }

    mutating func receiveStatements(_ proof: Kith_V1_Proof) -> [Action] {
        guard proof.receipt.isEmpty, !closing.isProofReceived else {
            return close(.protocolError, "a proof came out of order")
        }
        closing.statementBytes += proof.statements.reduce(0) { $0 + $1.statement.count + 80 }
        guard closing.statementBytes <= Limits.proofBytes,
            !proof.goesOn || !proof.statements.isEmpty
        else { return close(.limitExceeded, "the statements are too long") }
        closing.statements += proof.statements
        guard !proof.goesOn else { return [] }
        guard sending.isDone else {
            return close(.protocolError, "a proof came before the last acknowledgement")
        }
        closing.isProofReceived = true
        // This side's statements may still be being signed.
        return closing.isProofSent ? checkStatements() : []
    }

    private mutating func checkStatements() -> [Action] {
        let statements = closing.statements
        closing.statements = []
        return [.checkStatements(statements, ours: declared.ours, theirs: declared.theirs)]
    }

    /// The peer's statements were checked.
    package mutating func statementsChecked(problem: String?) -> [Action] {
        guard state == .proving else { return [] }
        if let problem { return close(.notEqual, problem) }
        closing.isProofChecked = true
        return endIfProved()
    }

    /// The dialled side says that it is done; the one that dialled ends the stream after that.
    private mutating func endIfProved() -> [Action] {
        guard closing.isProofChecked,
            closing.isUnchanged ? closing.isReceiptSent : closing.isProofSent
        else { return [] }
        switch side {
        case .responder:
            let done = Kith_V1_SessionMessage.with { $0.close = .with { $0.reason = .done } }
            return [.send(done)] + finish(.equal)
        case .initiator:
            return closing.isDoneReceived ? finish(.equal) : []
        }
    }

    mutating func receiveDone() -> [Action] {
        // It is done when each side has had the other's proof.
        guard side == .initiator,
            closing.isUnchanged
                ? closing.isReceiptSent && closing.isReceiptReceived
                : closing.isProofSent && closing.isProofReceived
        else { return close(.protocolError, "the peer was done too early") }
        closing.isDoneReceived = true
        return endIfProved()
    }
}
