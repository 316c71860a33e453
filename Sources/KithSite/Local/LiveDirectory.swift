import Foundation
import KithModel
import KithTransport
import KithTrust
import Synchronization

/// Who may connect, in memory: the pins of all peers, until when invitations stand, and until when
/// somebody waits for a partner on the phone.
final class LiveDirectory: PeerDirectory {
    private struct State {
        var pins: [SiteID: RootCertificate] = [:]
        var invitationsStandUntil: Instant?
        var waitsUntil: Instant?
    }

    private let state = Mutex(State())
    private let clock: @Sendable () -> Instant

    init(clock: @escaping @Sendable () -> Instant) {
        self.clock = clock
    }

    func pinnedRoot(of site: SiteID) -> RootCertificate? {
        state.withLock { $0.pins[site] }
    }

    func isPairingOpen() -> Bool {
        let now = clock()
        return state.withLock { state in
            [state.invitationsStandUntil, state.waitsUntil].contains {
                $0.map { $0 > now } ?? false
            }
        }
    }

    /// Puts a new state in place; true when it differs from the one before.
    func update(pins: [SiteID: RootCertificate], invitationsStandUntil: Instant?) -> Bool {
        state.withLock { state in
            let changed =
                state.pins != pins || state.invitationsStandUntil != invitationsStandUntil
            state.pins = pins
            state.invitationsStandUntil = invitationsStandUntil
            return changed
        }
    }

    /// Opens the door for a partner on the phone, or closes it again.
    func setWaiting(until end: Instant?) {
        state.withLock { $0.waitsUntil = end }
    }
}
