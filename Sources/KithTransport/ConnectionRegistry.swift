import KithModel
import KithTrust
import NIOCore
import Synchronization

/// The server's open connections: counts them, judges them, and closes those that lost their right.
///
/// A connection is entered when TCP accepts it, gets its certificates when the handshake is
/// complete, and is judged anew for every call. It is in the table with its certificates *before*
/// it is judged for the first time: a change of pins in between finds it there.
final class ConnectionRegistry: Sendable {
    /// The name of a connection in this process; never reused.
    typealias Number = UInt64

    private struct Connection {
        let channel: any Channel
        let source: ConnectionSource
        var leaf: [UInt8]?
        var introduction: RootCertificate?
        var caller: Caller?

        var isUnpaired: Bool {
            if case .unpaired = caller { true } else { false }
        }
    }

    private struct Table {
        var isShut = false
        var next: Number = 1
        var connections: [Number: Connection] = [:]
        var failures: AddressLedger
        var pairingCalls: AddressLedger
    }

    private let judge: CallerJudge
    private let limits: TransportLimits
    private let table: Mutex<Table>

    init(judge: CallerJudge, limits: TransportLimits) {
        self.judge = judge
        self.limits = limits
        table = Mutex(
            Table(
                failures: AddressLedger(
                    burst: limits.failuresPerSource,
                    perMinute: limits.failuresForgivenPerMinute),
                pairingCalls: AddressLedger(
                    burst: limits.pairingCallsPerSource,
                    perMinute: limits.pairingCallsPerMinute)))
    }

    /// Enters a connection that begins; nil when there are too many, or its source has failed too
    /// often. Room in the handshake is made at the cost of whoever takes most of it.
    func opened(_ channel: any Channel) -> Number? {
        let source = ConnectionSource(channel.remoteAddress)
        let now = judge.now()
        let (number, evicted) = table.withLock { table -> (Number?, (any Channel)?) in
            guard !table.isShut, table.failures.isWithin(source, at: now) else {
                return (nil, nil)
            }
            let waiting = table.connections.filter { $0.value.caller == nil }
            let own = waiting.filter { $0.value.source == source }
            var evicted: Number?
            if own.count >= limits.handshakesPerSource {
                evicted = own.keys.min()
            } else if waiting.count >= limits.handshakes {
                evicted = Self.oldestOfBusiest(waiting)
            }
            let loser = evicted.flatMap { table.connections[$0]?.channel }
            guard evicted != nil || table.connections.count < limits.connections else {
                return (nil, nil)
            }
            let number = table.next
            table.next += 1
            table.connections[number] = Connection(channel: channel, source: source)
            return (number, loser)
        }
        evicted?.close(promise: nil)
        return number
    }

    private static func oldestOfBusiest(_ connections: [Number: Connection]) -> Number? {
        let bySource = Dictionary(grouping: connections) { $0.value.source }
        let busiest = bySource.values.max { left, right in
            // Of two that have as many, the one that has stood here longest.
            (left.count, right.map(\.key).min() ?? 0) < (right.count, left.map(\.key).min() ?? 0)
        }
        return busiest?.map(\.key).min()
    }

    /// Whether a connection's source may make one more pairing call; counts it.
    func mayPair(_ number: Number) -> Bool {
        let now = judge.now()
        return table.withLock { table in
            guard let source = table.connections[number]?.source,
                table.pairingCalls.isWithin(source, at: now)
            else { return false }
            table.pairingCalls.spend(source, at: now)
            return true
        }
    }

    /// Judges a connection whose handshake is complete; nil when it must be closed.
    func identified(
        _ number: Number, leaf: [UInt8], introduction: RootCertificate?
    ) -> Caller? {
        table.withLock { table in
            table.connections[number]?.leaf = leaf
            table.connections[number]?.introduction = introduction
        }
        guard let caller = caller(number) else { return nil }
        let now = judge.now()
        let evicted = table.withLock { table in
            if case .peer = caller, let source = table.connections[number]?.source {
                table.failures.vouch(for: source, at: now)
            }
            return admit(number, as: caller, into: &table)
        }
        evicted?.close(promise: nil)
        return caller
    }

    /// Lets a connection in; gives the one that has to make room for it, if one has.
    private func admit(
        _ number: Number, as caller: Caller, into table: inout Table
    ) -> (any Channel)? {
        let oldest: Number?
        switch caller {
        case .peer(let site, _, _):
            let others = table.connections.filter { $0.value.caller?.siteID == site }
            oldest = others.count >= limits.connectionsPerPeer ? others.keys.min() : nil
        case .unpaired:
            let others = table.connections.filter { $0.value.isUnpaired }
            oldest =
                others.count >= limits.unpairedConnections ? Self.oldestOfBusiest(others) : nil
        }
        table.connections[number]?.caller = caller
        return oldest.flatMap { table.connections[$0]?.channel }
    }

    /// Who a connection is by the pins as they are now; nil when it has no right to anything.
    func caller(_ number: Number) -> Caller? {
        let connection = table.withLock { $0.connections[number] }
        guard let connection, let leaf = connection.leaf else { return nil }
        return judge.caller(leaf: leaf, introducedBy: connection.introduction)
    }

    /// Removes a connection that has ended. One that never proved a right to be here counts
    /// against its source.
    func closed(_ number: Number) {
        let now = judge.now()
        table.withLock { table in
            guard let ended = table.connections.removeValue(forKey: number) else { return }
            if ended.caller == nil, !table.isShut { table.failures.spend(ended.source, at: now) }
        }
    }

    /// Whether a connection is still from a site that is no peer.
    func isUnpaired(_ number: Number) -> Bool {
        switch caller(number) {
        case .unpaired, nil: true
        case .peer: false
        }
    }

    /// Judges every identified connection again and closes those that are not what they were, and
    /// those of the sites given.
    func judgeAgain(closing ended: Set<SiteID> = []) {
        let identified = table.withLock { table in
            table.connections.filter { $0.value.leaf != nil }
        }
        for (number, connection) in identified {
            let isEnded = connection.caller.map { ended.contains($0.siteID) } ?? false
            if isEnded || !stands(connection, caller(number)) {
                connection.channel.close(promise: nil)
            }
        }
    }

    /// Whether a judgement keeps a connection open. A site that was unpaired when it connected and
    /// has been pinned since may finish its call; one that was a peer must still be one.
    private func stands(_ connection: Connection, _ caller: Caller?) -> Bool {
        switch (connection.caller, caller) {
        case (_, nil), (.peer, .unpaired): false
        case (nil, _?), (.unpaired, _?), (.peer, .peer): true
        }
    }

    /// Whether the server stops: nothing more is let in.
    var isShut: Bool { table.withLock { $0.isShut } }

    /// Takes no new connection, closes all, and waits until they are closed.
    func shut() async {
        let channels = table.withLock { table in
            table.isShut = true
            return table.connections.values.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
        for channel in channels { try? await channel.closeFuture.get() }
    }

    /// How many connections there are, those in their handshake included.
    var count: Int { table.withLock { $0.connections.count } }
}
