public import Foundation
import GRDB
public import KithModel

/// An account of the web page.
public struct StoredAccount: Sendable {
    /// The row.
    public let row: Int64
    /// What is typed at sign-in, in lower case.
    public let login: String
    /// The person's name.
    public var name: String
    /// What they are, as it stands in entries.
    public var title: String
    /// Names of what they may do here.
    public var roles: [String]
    /// What they may read.
    public var compartments: [Compartment]
    /// scrypt of the password.
    public let password: Data
    /// Whether the password is the one that was made for them.
    public let isPasswordInitial: Bool
    /// The sealed secret of their time codes.
    public let codeSecret: Data
    /// The last step whose code was used.
    public let codeStep: Int64
    /// Whether nobody can sign in with it.
    public let isDisabled: Bool
    /// When it was made.
    public let made: Instant
    /// When somebody last signed in with it.
    public let signedIn: Instant?
}

extension StoreTransaction {
    /// Every account, by login.
    public func accounts() throws -> [StoredAccount] {
        try rows("SELECT * FROM account ORDER BY login", []).map(Self.account)
    }

    /// The account of a login.
    public func account(_ login: String) throws -> StoredAccount? {
        try row("SELECT * FROM account WHERE login = ?", [login]).map(Self.account)
    }

    static func account(_ row: StoredRow) -> StoredAccount {
        let roles: String = row["roles"]
        return StoredAccount(
            row: row["id"], login: row["login"], name: row["name"], title: row["title"],
            roles: roles.split(separator: ",").map(String.init),
            compartments: Compartment.granted.filter {
                (row["compartments"] as Int) & (1 << $0.rawValue) != 0
            }, password: row["password"], isPasswordInitial: row["is_password_initial"],
            codeSecret: row["code_secret"], codeStep: row["code_step"],
            isDisabled: row["is_disabled"], made: Instant(milliseconds: row["made_ms"]),
            signedIn: (row["signed_in_ms"] as Int64?).map(Instant.init(milliseconds:)))
    }

    /// Adds an account.
    public func addAccount(
        _ login: String, name: String, title: String, roles: [String],
        compartments: [Compartment], password: Data, codeSecret: Data, now: Instant
    ) throws {
        try execute(
            """
            INSERT INTO account (login, name, title, roles, compartments, password,
                is_password_initial, code_secret, made_ms)
            VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
            """,
            [
                login, name, title, roles.joined(separator: ","), Self.bits(compartments), password,
                codeSecret, now.milliseconds,
            ])
    }

    private static func bits(_ compartments: [Compartment]) -> Int {
        compartments.reduce(0) { $0 | 1 << $1.rawValue }
    }

    /// Sets who an account's person is and what they may do.
    public func setRights(_ account: StoredAccount) throws {
        try execute(
            "UPDATE account SET name = ?, title = ?, roles = ?, compartments = ? WHERE id = ?",
            [
                account.name, account.title, account.roles.joined(separator: ","),
                Self.bits(account.compartments), account.row,
            ])
    }

    /// Sets a password, and ends every session and forgets every browser that knew the old one; but for
    /// the session and the browser in which it was chosen.
    public func setPassword(
        _ password: Data, isInitial: Bool, of account: Int64, in session: Data? = nil,
        device: Data? = nil
    ) throws {
        try execute(
            "UPDATE account SET password = ?, is_password_initial = ? WHERE id = ?",
            [password, isInitial, account])
        try endSessions(of: account, besides: session ?? Data())
        try execute(
            "DELETE FROM web_device WHERE account = ? AND hash <> ?", [account, device ?? Data()])
    }

    /// Sets the secret of an account's time codes.
    public func setCodeSecret(_ secret: Data, of account: Int64) throws {
        try execute(
            "UPDATE account SET code_secret = ?, code_step = 0 WHERE id = ?", [secret, account])
    }

    /// Disables an account, which ends its sessions, or lets it be used again.
    public func setDisabled(_ isDisabled: Bool, account: Int64) throws {
        try execute("UPDATE account SET is_disabled = ? WHERE id = ?", [isDisabled, account])
        if isDisabled { try endSessions(of: account) }
    }

    /// Notes that a time code was used; false when it or a later one was used meanwhile.
    public func useCode(step: Int64, of account: Int64) throws -> Bool {
        try execute(
            "UPDATE account SET code_step = ? WHERE id = ? AND code_step < ?",
            [step, account, step])
        return database.changesCount == 1
    }

    /// Notes a sign-in.
    public func noteSignIn(of account: Int64, at now: Instant) throws {
        try execute(
            "UPDATE account SET signed_in_ms = ? WHERE id = ?", [now.milliseconds, account])
    }

    // MARK: Certificates

    /// Notes a certificate that was issued for an account.
    public func addWebCertificate(
        _ fingerprint: Data, account: Int64, ends: Instant
    ) throws {
        try execute(
            "INSERT INTO web_certificate (fingerprint, account, ends_ms) VALUES (?, ?, ?)",
            [fingerprint, account, ends.milliseconds])
    }

    /// The ends of the certificates that an account's browsers have.
    public func webCertificates(of account: Int64) throws -> [Instant] {
        try rows(
            "SELECT ends_ms FROM web_certificate WHERE account = ? ORDER BY ends_ms", [account]
        ).map { Instant(milliseconds: $0["ends_ms"]) }
    }

    /// The login of the account that a certificate stands for, unless it ended.
    public func login(ofCertificate fingerprint: Data, at now: Instant) throws -> String? {
        try row(
            """
            SELECT login FROM web_certificate JOIN account ON account.id = web_certificate.account
            WHERE fingerprint = ? AND ends_ms > ? AND is_disabled = 0
            """, [fingerprint, now.milliseconds]
        ).map { $0["login"] }
    }

    /// Takes an account's certificates back.
    public func revokeWebCertificates(of account: Int64) throws {
        try execute("DELETE FROM web_certificate WHERE account = ?", [account])
    }
}
