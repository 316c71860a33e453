import Foundation
import KithModel
import KithSite
import KithTrust
import Synchronization
import Testing

/// A site with accounts, whose clock a test sets, and whose passwords cost little.
final class AccountHome: Sendable {
    static let password = "seven green kettles"

    let home: String
    let site: LocalSite
    private let time: SetClock

    init() async throws {
        home = OpenSite.newHome()
        let time = SetClock()
        self.time = time
        _ = try await LocalSite.initialise(
            home: home, name: "Elm House", kind: "care-home", ods: nil)
        site = try await LocalSite.open(home: home, passwordLog2N: 10, clock: { time.now })
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    var now: Instant { time.now }
    func pass(seconds: Int64) { time.pass(seconds: seconds) }

    /// What was shown once of an account.
    struct Account: Sendable {
        let login: String
        let password: String
        let secret: Data
        let base32: String
        let now: Instant

        func code(_ time: Instant? = nil) -> String {
            TimeCode(secret: secret).code(step: TimeCode.step(at: time ?? now))
        }
    }

    func account(_ login: String, roles: [WebRole] = [.careStaff]) async throws -> Account {
        let report = try await site.changeUser(
            UserChange(
                login: login,
                act: .add(name: "Mary Okafor", title: nil, roles: roles, compartments: nil)))
        let base32 = try #require(report.codeSecret)
        return Account(
            login: login, password: try #require(report.password),
            secret: try #require(Self.bytes(base32)), base32: base32, now: now)
    }

    /// Signs in with a code that was not used yet; chooses the password at the first time.
    func signIn(_ account: Account) async throws -> String {
        pass(seconds: 60)
        for password in [account.password, Self.password] {
            let outcome = try await site.signIn(
                SignInRequest(
                    login: account.login, password: password, code: account.code(now),
                    newPassword: Self.password, address: "192.0.2.7"))
            if case .signedIn(let session, _) = outcome { return session }
        }
        throw NotIn()
    }

    struct NotIn: Error {}

    /// Base32 of RFC 4648, read by the same digits in another order than it was written.
    static func bytes(_ text: String) -> Data? {
        var bits: [Bool] = []
        for letter in text {
            guard let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".firstIndex(of: letter) else {
                return nil
            }
            let number = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".distance(
                from: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".startIndex, to: value)
            for bit in stride(from: 4, through: 0, by: -1) { bits.append(number >> bit & 1 == 1) }
        }
        return Data(
            stride(from: 0, to: bits.count - 7, by: 8).map { start in
                bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
            })
    }
}

/// A clock that goes when it is told.
final class SetClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_800_000_000_000)

    var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }
    func pass(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
}
