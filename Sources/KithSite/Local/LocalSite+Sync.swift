import Foundation
package import KithModel
import KithProtocol
import KithStore
import KithSync
package import KithTransport
import KithTrust
import Logging
import Synchronization

extension LocalSite {
    package func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        try await translating {
            let unmet = try await meetRecoveredPartners()
            try await askRelays()
            var chosen: [StoredPeer] = []
            for reference in request.peers {
                let peer = try await storedPeer(reference)
                if !chosen.contains(where: { $0.site == peer.site }) { chosen.append(peer) }
            }
            if request.peers.isEmpty {
                chosen = try await store.read { try $0.peers() }
                    .filter { $0.isEnabled && !$0.addresses.isEmpty }
                if chosen.isEmpty, let problem = unmet.compactMap(\.problem).first {
                    throw SiteError(
                        .network, "no partner of the recovery kit could be reached: \(problem)")
                }
                if chosen.isEmpty, let waiting = try await waitingJoins().first {
                    throw SiteError(.network, waiting.words)
                }
                guard !chosen.isEmpty else {
                    throw SiteError(
                        .invalid,
                        "there is nobody to sync with yet; invite a site, join with a code, or give a peer an address with 'kith peer set'"
                    )
                }
            }
            return await meet(chosen, isUrgent: request.isUrgent, progress)
        }
    }

    /// When the nightly sync last ran; nil when it never did.
    package func lastNightlySync() async throws -> Instant? {
        try await translating {
            try await store.read { try $0.note("sync.lastNight").flatMap(Instant.init(rfc3339:)) }
        }
    }

    /// One session with each peer that has an address, and a note that the night was kept.
    package func nightlySync() async throws -> [SyncReport] {
        try await translating {
            tallies.change { $0.nights += 1 }
            _ = try await meetRecoveredPartners()
            try await askRelays()
            let reachable = try await store.read { try $0.peers() }
                .contains { $0.isEnabled && !$0.addresses.isEmpty }
            let reports = reachable ? try await sync([]) { _ in } : []
            try await store.write { [clock] in
                try $0.setNote("sync.lastNight", clock().rfc3339)
            }
            return reports
        }
    }

    /// Sessions with one peer until no more compartments come into reach; three at the most.
    func sync(
        _ peer: StoredPeer, isUrgent: Bool,
        _ progress: @escaping @Sendable (SyncProgress) -> Void
    ) async -> SyncReport {
        var report = SyncReport(
            site: peer.site, peer: peer.name, isEqual: false, problem: nil, sent: 0, received: 0,
            bytesSent: 0, bytesReceived: 0, milliseconds: 0)
        if !isUrgent, let reason = line.reasonToPause {
            report.problem = reason
            report.isPaused = true
            return report
        }
        let started = ContinuousClock.now
        let leaf = Mutex<Bool?>(nil)
        for _ in 0..<3 {
            var again = false
            do {
                let result = try await dialUntilFree(peer, isUrgent: isUrgent, progress) {
                    expired in
                    leaf.withLock { $0 = expired }
                }
                report.add(result)
                try await handOverKeys(after: result.outcome)
                again = result.outcome.isMembershipChanged && report.isEqual
                if again,
                    try await !store.read({ try $0.peers() }).contains(where: {
                        $0.site == peer.site
                    })
                {
                    report.problem =
                        "this site and \(peer.name) share no partnership any more; see 'kith partnership list'"
                    again = false
                }
            } catch let error as TransportError {
                report.problem = error.description
                if peer.isFormer, error.code == .notAPeer {
                    // It proved who it is, and does not know this site any more: it has been told.
                    await stopDialling(peer)
                    report.problem =
                        "\(peer.name) knows that a membership ended; it is not dialled any more"
                }
            } catch let error as SiteError {
                report.problem = error.description
            } catch let error as StoreError {
                report.problem = error.description
            } catch {
                report.problem = "the session was stopped"
            }
            guard again else { break }
        }
        report.isEqual = report.isEqual && report.problem == nil
        report.milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
        tallies.change { [report] in $0.add(report, isDialled: true) }
        await note(
            peer, problem: report.problem, isEqual: report.isEqual, sent: report.sent,
            received: report.received, isLeafExpired: leaf.withLock { $0 })
        return report
    }

    private func handOverKeys(after outcome: SyncSession.Outcome) async throws {
        guard outcome.isMembershipChanged else { return }
        try await store.write { [clock] in try $0.handOverKeys(now: clock()) }
    }

    private func stopDialling(_ peer: StoredPeer) async {
        do {
            try await store.write { transaction in
                try transaction.setPeer(
                    peer.site, name: peer.name, root: peer.root, addresses: nil, isEnabled: false)
            }
        } catch {
            logger.error(
                "a peer could not be set", metadata: ["peer.site": "\(peer.site.short)"])
        }
    }

    private func note(
        _ peer: StoredPeer, problem: String?, isEqual: Bool, sent: Int, received: Int,
        isLeafExpired: Bool?
    ) async {
        do {
            if sent + received > 0 {
                try await self.note(
                    AuditItem(
                        time: clock(),
                        actor: Author(
                            user: peer.site.description, name: peer.name, role: "partner site"),
                        channel: .sync, action: .exchange,
                        what: "sent \(sent) entries, received \(received)"))
            }
            try await store.write { [clock, line] transaction in
                try transaction.noteSession(
                    with: peer, at: clock(), problem: problem, isEqual: isEqual,
                    isLeafExpired: isLeafExpired)
                if line.limits.bytesPerNight != nil, let count = line.count {
                    try transaction.setNote("sync.moved", "\(count.night) \(count.moved)")
                }
            }
            try await store.finishErasing()
            try await refreshDirectory()
        } catch {
            logger.error(
                "the outcome of a session could not be noted",
                metadata: [
                    "peer.site": "\(peer.site.short)"
                ])
        }
    }

    /// Dials again while the peer says that it is in another session: where that broke off, it takes
    /// the peer a moment to see it.
    private func dialUntilFree(
        _ peer: StoredPeer, isUrgent: Bool,
        _ progress: @escaping @Sendable (SyncProgress) -> Void,
        onLeaf: @escaping @Sendable (_ isExpired: Bool) -> Void
    ) async throws -> SessionDriver.Result {
        // Two sites that dial each other are busy with each other: one of them waits longer than the
        // other, so that they do not meet that way again.
        let patience = store.keys.site < peer.site ? 2 : 3
        for milliseconds in [50, 100, 200, 400, 800, 1600] {
            let result = try await dial(peer, isUrgent: isUrgent, progress, onLeaf: onLeaf)
            guard result.outcome.reason == .busy else { return result }
            try await Task.sleep(for: .milliseconds(milliseconds * patience))
        }
        return try await dial(peer, isUrgent: isUrgent, progress, onLeaf: onLeaf)
    }

    private func dial(
        _ peer: StoredPeer, isUrgent: Bool,
        _ progress: @escaping @Sendable (SyncProgress) -> Void,
        onLeaf: @escaping @Sendable (_ isExpired: Bool) -> Void
    ) async throws -> SessionDriver.Result {
        guard enter(peer) else {
            throw SiteError(.network, "a session with \(peer.name) is running already; wait for it")
        }
        defer { leave(peer) }
        guard !peer.addresses.isEmpty else {
            throw SiteError(
                .network,
                "no address is known for \(peer.name); give one with 'kith peer set \(peer.site.short) --address HOST:PORT'"
            )
        }
        let client = PeerClient(
            identity: { [self] in tlsIdentity }, limits: transportLimits, now: clock)
        let driver = driver(for: peer, side: .initiator, isUrgent: isUrgent, progress)
        // Who shares nothing with a peer, as far as is known here, may have lost what it knew.
        let sharesNothing = try await store.read { [clock] in
            try $0.sharings(with: peer.site, now: clock()).isEmpty
        }
        var last: any Error = SiteError(.network, "no address is known for \(peer.name)")
        for address in peer.addresses {
            do {
                return try await client.withConnection(
                    to: try HostPort(text: address), expecting: peer.site, root: peer.root
                ) { [self] connection in
                    onLeaf(connection.isLeafExpired)
                    if sharesNothing {
                        try await exchangeOffers(on: connection, with: peer.site, wantingAll: true)
                    }
                    try await visitLetterboxes(on: connection, at: peer)
                    let result = try await connection.runSession { try await driver.run($0) }
                    if !sharesNothing,
                        try await hasOffers(with: peer.site) || result.outcome.hasPeerOffers
                    {
                        try await exchangeOffers(on: connection, with: peer.site)
                    }
                    return result
                }
            } catch let error as TransportError
                where [.couldNotConnect, .timedOut, .wrongSite].contains(error.code)
            {
                last = error
            }
        }
        throw last
    }

    private func driver(
        for peer: StoredPeer, side: SyncSession.Side, isUrgent: Bool,
        _ progress: @escaping @Sendable (SyncProgress) -> Void
    ) -> SessionDriver {
        let meter = Mutex(ProgressMeter(peer: peer.name))
        return SessionDriver(
            store: store, peer: peer, side: side, software: "kith \(Self.programVersion)",
            clock: clock,
            beforeTelling: { [self] in try await noteHighWater() },
            line: line, tallies: tallies, isUrgent: isUrgent,
            report: { state, sent, received in
                progress(
                    meter.withLock {
                        $0.progress(state, sent: sent, received: received, now: .now)
                    })
            })
    }

    /// Whether a session with any peer runs.
    package var isSyncing: Bool { busyPeers.withLock { !$0.isEmpty } }

    private func enter(_ peer: StoredPeer) -> Bool {
        busyPeers.withLock { $0.insert(peer.site.description).inserted }
    }

    private func leave(_ peer: StoredPeer) {
        busyPeers.withLock { _ = $0.remove(peer.site.description) }
    }

    /// Answers a session that a peer began.
    package func session(
        with site: SiteID, isLeafExpired: Bool, _ stream: SessionStream
    ) async throws {
        guard let peer = try await store.read({ try $0.peers() }).first(where: { $0.site == site })
        else { throw TransportError(.refused, "This site is not a peer any more.") }
        guard enter(peer) else {
            try await stream.send(.busy)
            return
        }
        defer { leave(peer) }
        let started = ContinuousClock.now
        let result = try await driver(for: peer, side: .responder, isUrgent: false) { _ in }
            .run(stream)
        var report = SyncReport(
            site: site, peer: peer.name, isEqual: false, problem: nil, sent: 0, received: 0,
            bytesSent: 0, bytesReceived: 0, milliseconds: 0)
        report.add(result)
        report.milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
        tallies.change { [report] in $0.add(report, isDialled: false) }
        try await handOverKeys(after: result.outcome)
        logger.info(
            "a peer's session ended",
            metadata: [
                "peer.site": "\(site.short)", "session.equal": "\(report.isEqual)",
                "entries.received": "\(report.received)", "entries.sent": "\(report.sent)",
            ])
        await note(
            peer, problem: report.problem, isEqual: report.isEqual, sent: report.sent,
            received: report.received, isLeafExpired: isLeafExpired)
    }

    /// Listens for peers until the task is cancelled.
    ///
    /// - Parameter handler: what answers them in this site's stead, for whoever listens in on it.
    package func servePeers(
        on address: String, answeredBy handler: (any PeerServiceHandler)? = nil,
        onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        try await translating {
            let server = PeerServer(
                listeningOn: try HostPort(text: address), identity: { [self] in tlsIdentity },
                directory: directory, handler: handler ?? self, limits: transportLimits,
                logger: logger, now: clock)
            self.server.withLock { $0 = server }
            defer { self.server.withLock { $0 = nil } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    guard let bound = await server.listeningAddress else { return }
                    listening.withLock { $0 = bound.description }
                    onListening(bound.description)
                }
                try await server.run()
                group.cancelAll()
            }
        }
    }
}

extension SyncReport {
    /// Adds what one session moved, and takes over how it ended.
    mutating func add(_ result: SessionDriver.Result) {
        sent += result.outcome.progress.sent
        received += result.outcome.progress.received
        bytesSent += result.bytesSent
        bytesReceived += result.bytesReceived
        roundTrips += result.roundTrips
        switch result.outcome.reason {
        case .equal: isEqual = true
        case .closedHere(let why), .closedByPeer(let why):
            isEqual = false
            problem = why
        case .busy:
            isEqual = false
            problem = "the peer is in another session with us; try again in a minute"
        case .paused(let why):
            isEqual = false
            isPaused = true
            problem = why
        }
    }
}
