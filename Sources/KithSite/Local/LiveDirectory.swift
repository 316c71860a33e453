import Foundation
import KithModel
import KithTransport
import KithTrust
import Synchronization

/// Who may connect, in memory: the pins of all fellow members, and until when invitations stand.
final class LiveDirectory: PeerDirectory {
    private struct State {
        var pins: [SiteID: RootCertificate] = [:]
        var invitationsStandUntil: Instant?
    }

    private let state = Mutex(State())

    func pinnedRoot(of site: SiteID) -> RootCertificate? {
        state.withLock { $0.pins[site] }
    }

    func isInvitationStanding() -> Bool {
        let now = Instant(Date())
        return state.withLock { state in state.invitationsStandUntil.map { $0 > now } ?? false }
    }

    /// Puts a new state in place; true when it differs from the one before.
    func update(pins: [SiteID: RootCertificate], invitationsStandUntil: Instant?) -> Bool {
        state.withLock { state in
            let changed =
                state.pins != pins || state.invitationsStandUntil != invitationsStandUntil
            state = State(pins: pins, invitationsStandUntil: invitationsStandUntil)
            return changed
        }
    }
}
