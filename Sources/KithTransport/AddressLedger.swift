import Glibc
import KithModel
import NIOCore

/// Where a connection comes from, as far as limits are concerned: an IPv4 address, or the first half
/// of an IPv6 address, of which one customer has 2^64.
struct ConnectionSource: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The source of a connection; those without an IP address share one.
    init(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else {
            bytes = []
            return
        }
        var whole = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &whole) == 1 {
            bytes = Array(whole[..<4])
        } else if inet_pton(AF_INET6, text, &whole) == 1 {
            let isMapped = whole[..<10].allSatisfy { $0 == 0 } && whole[10..<12] == [255, 255]
            bytes = isMapped ? Array(whole[12...]) : Array(whole[..<8])
        } else {
            bytes = []
        }
    }
}

/// Counts what each source does, and says when it was too much: a burst, then a steady rate.
///
/// A value without a clock. What it remembers is bounded, whoever calls.
struct AddressLedger: Sendable {
    /// A source that a peer has proven itself from within this time has twenty times the allowance:
    /// partners may share an address with a stranger, behind one router or one network of the NHS.
    static let vouchedMilliseconds: Int64 = 86_400_000
    static let vouchedFactor = 20.0
    /// How many sources are remembered.
    static let capacity = 4096

    private struct Account {
        var spent: Double
        var at: Instant
        var vouched: Instant?
    }

    private let burst: Double
    private let perMinute: Double
    private var accounts: [ConnectionSource: Account] = [:]

    init(burst: Int, perMinute: Int) {
        self.burst = Double(burst)
        self.perMinute = Double(perMinute)
    }

    /// Whether a source has something left.
    func isWithin(_ source: ConnectionSource, at now: Instant) -> Bool {
        guard let account = accounts[source] else { return true }
        return spent(account, at: now) + 1 <= burst * factor(account, at: now)
    }

    /// Takes one from what a source has left.
    mutating func spend(_ source: ConnectionSource, at now: Instant) {
        makeRoom(for: source, at: now)
        var account = accounts[source] ?? Account(spent: 0, at: now)
        // A limit that is passed stays passed no longer than the burst takes to come back.
        account.spent = min(spent(account, at: now) + 1, burst * factor(account, at: now))
        account.at = now
        accounts[source] = account
    }

    /// Notes that a peer has proven itself from a source.
    mutating func vouch(for source: ConnectionSource, at now: Instant) {
        makeRoom(for: source, at: now)
        accounts[source, default: Account(spent: 0, at: now)].vouched = now
    }

    private func spent(_ account: Account, at now: Instant) -> Double {
        // A clock that was set back stands still here.
        let passed = max(0, now.milliseconds - account.at.milliseconds)
        let restored =
            Double(passed) / 60_000 * perMinute * factor(account, at: now)
        return max(0, account.spent - restored)
    }

    private func factor(_ account: Account, at now: Instant) -> Double {
        guard let vouched = account.vouched,
            now.milliseconds - vouched.milliseconds < Self.vouchedMilliseconds
        else { return 1 }
        return Self.vouchedFactor
    }

    /// Forgets who owes nothing, and if that is nobody, who was there longest ago.
    private mutating func makeRoom(for source: ConnectionSource, at now: Instant) {
        guard accounts[source] == nil, accounts.count >= Self.capacity else { return }
        accounts = accounts.filter { spent($0.value, at: now) > 0 || $0.value.vouched != nil }
        guard accounts.count >= Self.capacity else { return }
        let eldest = accounts.min {
            ($0.value.vouched == nil ? 0 : 1, $0.value.at.milliseconds)
                < ($1.value.vouched == nil ? 0 : 1, $1.value.at.milliseconds)
        }
        if let eldest { accounts[eldest.key] = nil }
    }
}
