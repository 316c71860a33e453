package import KithModel
import KithStore
import KithSync

/// Sessions with several peers, side by side.
extension LocalSite {
    /// How many sessions are begun from here at once. What comes in is stored one batch after another
    /// all the same: more than a few would only take memory.
    static let sessionsAtOnce = 4

    /// One session with each of these that is still a peer and has an address; in their order.
    package func meet(_ sites: [SiteID]) async throws -> [SyncReport] {
        try await translating {
            let peers = try await store.read { try $0.peers() }
            return await meet(
                sites.compactMap { site in
                    peers.first { $0.site == site && !$0.addresses.isEmpty }
                }
            ) { _ in }
        }
    }

    /// The peers that the nightly sync dials and that have not proved to hold all that is here for them.
    package func peersBehind() async throws -> [SiteID] {
        try await translating {
            let now = clock()
            return try await store.read { transaction in
                try transaction.peers()
                    .filter { $0.isEnabled && !$0.addresses.isEmpty }
                    .filter {
                        try transaction.lags(with: $0.site, now: now).contains { $0.toSend > 0 }
                    }
                    .map(\.site)
            }
        }
    }

    /// The number of the entry that came last; it grows with every entry that is written or received.
    package func lastArrival() async throws -> Int64 {
        try await translating { try await store.read { try $0.version() } }
    }

    /// Meets each of the peers, some at once, and passes on what one of them brought to those that were
    /// met before it came. The reports are in the order of the peers.
    func meet(
        _ peers: [StoredPeer], isUrgent: Bool = false,
        _ progress: @escaping @Sendable (SyncProgress) -> Void
    ) async -> [SyncReport] {
        await withTaskGroup(of: (Int, SyncReport).self) { group in
            var queue = SessionQueue(peers: peers.count, limit: Self.sessionsAtOnce)
            var reports = [SyncReport?](repeating: nil, count: peers.count)
            while true {
                while let index = queue.next() {
                    let peer = peers[index]
                    let isFirst = reports[index] == nil
                    group.addTask { [self] in
                        if !isFirst, await !lacksSomething(peer) {
                            return (index, SyncReport(nothingNewFor: peer))
                        }
                        return (index, await sync(peer, isUrgent: isUrgent, progress))
                    }
                }
                guard let (index, report) = await group.next() else { break }
                queue.ended(index, isEqual: report.isEqual, broughtNews: report.received > 0)
                reports[index] = reports[index]?.followed(by: report) ?? report
            }
            return reports.compactMap { $0 }
        }
    }

    /// Whether a peer has not proved to hold all that it is to have from here.
    private func lacksSomething(_ peer: StoredPeer) async -> Bool {
        let lags = try? await store.read { [clock] in
            try $0.lags(with: peer.site, now: clock())
        }
        // Where that cannot be told, asking costs one round trip.
        return lags?.contains { $0.toSend > 0 } ?? true
    }
}

extension SyncReport {
    /// A peer that needs no session: it is equal as it was.
    fileprivate init(nothingNewFor peer: StoredPeer) {
        self.init(
            site: peer.site, peer: peer.name, isEqual: true, problem: nil, sent: 0, received: 0,
            bytesSent: 0, bytesReceived: 0, milliseconds: 0)
    }

    /// Two sessions with one peer as one: what was moved is added up, how it stands is as after the later.
    fileprivate func followed(by later: SyncReport) -> SyncReport {
        var both = self
        both.isEqual = later.isEqual
        both.problem = later.problem
        both.isPaused = later.isPaused
        both.sent += later.sent
        both.received += later.received
        both.bytesSent += later.bytesSent
        both.bytesReceived += later.bytesReceived
        both.roundTrips += later.roundTrips
        both.milliseconds += later.milliseconds
        return both
    }
}
