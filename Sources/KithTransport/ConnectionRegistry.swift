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
        var leaf: [UInt8]?
        var introduction: RootCertificate?
        var caller: Caller?
    }

    private struct Table {
        var isShut = false
        var next: Number = 1
        var connections: [Number: Connection] = [:]
    }

    private let judge: CallerJudge
    private let limits: TransportLimits
    private let table = Mutex(Table())

    init(judge: CallerJudge, limits: TransportLimits) {
        self.judge = judge
        self.limits = limits
    }

    /// Enters a connection that begins; nil when there are too many.
    func opened(_ channel: any Channel) -> Number? {
        table.withLock { table in
            guard !table.isShut, table.connections.count < limits.connections,
                table.connections.values.count(where: { $0.caller == nil }) < limits.handshakes
            else { return nil }
            let number = table.next
            table.next += 1
            table.connections[number] = Connection(channel: channel)
            return number
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
        let (admitted, oldest) = table.withLock { table in
            admit(number, as: caller, into: &table)
        }
        oldest?.close(promise: nil)
        return admitted ? caller : nil
    }

    private func admit(
        _ number: Number, as caller: Caller, into table: inout Table
    ) -> (admitted: Bool, oldest: (any Channel)?) {
        switch caller {
        case .peer(let site, _, _):
            let others = table.connections.filter { $0.value.caller?.siteID == site }
            table.connections[number]?.caller = caller
            guard others.count >= limits.connectionsPerPeer, let oldest = others.keys.min() else {
                return (true, nil)
            }
            return (true, table.connections[oldest]?.channel)
        case .unpaired:
            let others = table.connections.values.count { connection in
                if case .unpaired = connection.caller { true } else { false }
            }
            guard others < limits.unpairedConnections else { return (false, nil) }
            table.connections[number]?.caller = caller
            return (true, nil)
        }
    }

    /// Who a connection is by the pins as they are now; nil when it has no right to anything.
    func caller(_ number: Number) -> Caller? {
        let connection = table.withLock { $0.connections[number] }
        guard let connection, let leaf = connection.leaf else { return nil }
        return judge.caller(leaf: leaf, introducedBy: connection.introduction)
    }

    /// Removes a connection that has ended.
    func closed(_ number: Number) {
        _ = table.withLock { $0.connections.removeValue(forKey: number) }
    }

    /// Judges every identified connection again and closes those that are not what they were.
    func judgeAgain() {
        let identified = table.withLock { table in
            table.connections.filter { $0.value.leaf != nil }
        }
        for (number, connection) in identified where !stands(connection, caller(number)) {
            connection.channel.close(promise: nil)
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
