import Foundation
import KithProtocol
import SwiftProtobuf

@testable import KithSync

/// The kinds of message that a session has.
enum MessageKind: String, CaseIterable, Hashable {
    case hello
    case fingerprint
    case buckets
    case holdings
    case frontiers
    case forkSearch
    case entries
    case acknowledge
    case sent
    case proof
    case done
    case close
    /// One that a newer version added.
    case unknown
}

extension Kith_V1_SessionMessage {
    var kind: MessageKind {
        switch message {
        case .hello: .hello
        case .fingerprint: .fingerprint
        case .buckets: .buckets
        case .holdings: .holdings
        case .frontiers: .frontiers
        case .forkSearch: .forkSearch
        case .entries: .entries
        case .acknowledge: .acknowledge
        case .sent: .sent
        case .proof: .proof
        case .close(let close): close.reason == .done ? .done : .close
        case nil: .unknown
        }
    }

    /// A message of each kind that says as little as it can.
    static let least: [Kith_V1_SessionMessage] = [
        .with { $0.hello = .init() }, .with { $0.fingerprint = .init() },
        .with { $0.buckets = .init() }, .with { $0.holdings = .init() },
        .with { $0.frontiers = .init() },
        .with { $0.forkSearch = .init() }, .with { $0.entries = .init() },
        .with { $0.acknowledge = .init() }, .with { $0.sent = .init() },
        .with { $0.proof = .init() }, .with { $0.close.reason = .done }, .init(),
    ]
}

extension [SyncSession.Action] {
    /// The reason that a close among these gives the peer, and that the session ends with it.
    var closing: Kith_V1_CloseReason? {
        guard count == 2, case .send(let message) = self[0],
            case .close(let close) = message.message,
            case .finish = self[1]
        else { return nil }
        return close.reason
    }

    var outcome: SyncSession.Outcome? {
        if case .finish(let outcome)? = last { outcome } else { nil }
    }
}
