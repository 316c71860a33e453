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
        var former: Set<SiteID> = []
        var invitationsStandUntil: Instant?
        var waitsUntil: Instant?
    }

    /// What an update changed.
    struct Change {
        /// Sites that share nothing any more: removed, or gone by themselves. What they hold open is
        /// closed, also while they may still come to be told of it.
        let ended: Set<SiteID>
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

    /// Puts a new state in place; nil when it is the one before.
    ///
    /// - Parameter former: those of the pinned that are only to be told that a membership ended.
    func update(
        pins: [SiteID: RootCertificate], former: Set<SiteID>, invitationsStandUntil: Instant?
    ) -> Change? {
        state.withLock { state in
            let before = state
            state.pins = pins
            state.former = former
            state.invitationsStandUntil = invitationsStandUntil
            guard
                before.pins != pins || before.former != former
                    || before.invitationsStandUntil != invitationsStandUntil
            else { return nil }
            let shared = Set(before.pins.keys).subtracting(before.former)
            return Change(ended: shared.subtracting(Set(pins.keys).subtracting(former)))
        }
    }

    /// Opens the door for a partner on the phone, or closes it again.
    func setWaiting(until end: Instant?) {
        state.withLock { $0.waitsUntil = end }
    }
}
