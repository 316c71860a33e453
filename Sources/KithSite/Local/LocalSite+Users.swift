import Crypto
import Foundation
import KithModel
import KithPKCS12
import KithProtocol
import KithStore
import KithTrust

extension LocalSite {
    package func users() async throws -> [UserView] {
        try await translating {
            try await store.read { transaction in
                try transaction.accounts().map { try UserView($0, transaction) }
            }
        }
    }

    package func changeUser(_ change: UserChange) async throws -> UserReport {
        try await translating {
            let login = try Self.login(change.login)
            switch change.act {
            case .add(let name, let title, let roles, let compartments):
                return try await addUser(
                    login, name: name, title: title, roles: roles, compartments: compartments)
            case .rights(let title, let roles, let compartments):
                return try await changeAccount(login) { transaction, account in
                    var account = account
                    if let title { account.title = try Self.words(title, "a title") }
                    if let roles { account.roles = try Self.names(roles) }
                    if let compartments { account.compartments = compartments }
                    try transaction.setRights(account)
                }
            case .disable:
                return try await changeAccount(login) { transaction, account in
                    try transaction.setDisabled(true, account: account.row)
                }
            case .enable:
                return try await changeAccount(login) { transaction, account in
                    try transaction.setDisabled(false, account: account.row)
                }
            case .reset: return try await resetUser(login)
            case .certificate(let passphrase):
                return try await issueCertificate(login, passphrase: passphrase)
            case .revokeCertificates:
                return try await changeAccount(login) { transaction, account in
                    try transaction.revokeWebCertificates(of: account.row)
                }
            }
        }
    }

    private func changeAccount(
        _ login: String,
        _ body: @escaping @Sendable (StoreTransaction, StoredAccount) throws -> Void
    ) async throws -> UserReport {
        try await store.write { transaction in
            guard let account = try transaction.account(login) else { throw Self.noUser(login) }
            try body(transaction, account)
            guard let changed = try transaction.account(login) else { throw Self.noUser(login) }
            return UserReport(user: try UserView(changed, transaction))
        }
    }

    private static func noUser(_ login: String) -> SiteError {
        SiteError(.notFound, "there is no account \(login); see 'kith user list'")
    }

    // MARK: Adding and resetting

    /// A password and a secret that were made for somebody.
    private struct Fresh {
        let password: String
        let hash: PasswordHash
        let code: TimeCode
        let sealed: Data
    }

    private func fresh(_ login: String) async throws -> Fresh {
        // Sixteen characters of base32: eighty bits, in groups that can be read out.
        let text = CrockfordBase32.encode(cryptography.randomBytes(10)).lowercased()
        let password = stride(from: 0, to: 16, by: 4).map { start in
            String(text.dropFirst(start).prefix(4))
        }.joined(separator: "-")
        let secret = cryptography.randomBytes(TimeCode.secretBytes)
        return Fresh(
            password: password,
            hash: try await passwords.hash(
                password, salt: cryptography.randomBytes(PasswordHash.saltBytes)),
            code: TimeCode(secret: secret),
            sealed: try AccountSeal(keys.identity).seal(secret, of: login, cryptography))
    }

    private func report(_ user: UserView, _ fresh: Fresh) -> UserReport {
        UserReport(
            user: user, password: fresh.password, codeSecret: fresh.code.base32,
            codeURI: fresh.code.uri(account: user.login, issuer: "Kith \(name)"))
    }

    private func addUser(
        _ login: String, name: String, title: String?, roles: [WebRole],
        compartments: [Compartment]?
    ) async throws -> UserReport {
        let name = try Self.words(name, "a name")
        let names = try Self.names(roles)
        let title = try title.map { try Self.words($0, "a title") } ?? roles[0].label
        let readable = compartments ?? Self.usual(roles)
        let fresh = try await fresh(login)
        let user = try await store.write { [cryptographyTime = clock()] transaction in
            guard try transaction.account(login) == nil else {
                throw SiteError(
                    .invalid,
                    "there is an account \(login) already; choose another login, or 'kith user reset \(login)'"
                )
            }
            try transaction.addAccount(
                login, name: name, title: title, roles: names, compartments: readable,
                password: fresh.hash.bytes, codeSecret: fresh.sealed, now: cryptographyTime)
            guard let account = try transaction.account(login) else { throw Self.noUser(login) }
            return try UserView(account, transaction)
        }
        return report(user, fresh)
    }

    private func resetUser(_ login: String) async throws -> UserReport {
        let fresh = try await fresh(login)
        let changed = try await changeAccount(login) { transaction, account in
            try transaction.setPassword(fresh.hash.bytes, isInitial: true, of: account.row)
            try transaction.setCodeSecret(fresh.sealed, of: account.row)
        }
        return report(changed.user, fresh)
    }

    private func issueCertificate(_ login: String, passphrase: String) async throws -> UserReport {
        guard passphrase.count >= PasswordRule.characters.lowerBound else {
            throw SiteError(.invalid, "the passphrase has at least twelve characters; choose one")
        }
        let issued = try LeafIssuer(key: keys.identity, root: root)
            .issueClient(account: login, now: clock())
        let archive: PKCS12Archive
        do {
            archive = try PKCS12Archive(
                certificate: issued.certificate.der,
                privateKey: Array(issued.privateKey.derRepresentation), chain: [],
                name: "\(login) at \(name)", passphrase: passphrase)
        } catch {
            throw SiteError(.invalid, error.description)
        }
        let fingerprint = Data(SHA256.hash(data: issued.certificate.der))
        let ends = issued.certificate.notAfter
        var report = try await changeAccount(login) { transaction, account in
            try transaction.addWebCertificate(fingerprint, account: account.row, ends: ends)
        }
        report.certificate = Data(archive.bytes)
        return report
    }

    // MARK: What people type

    private static func login(_ text: String) throws -> String {
        let login = text.lowercased()
        guard (1...64).contains(login.utf8.count),
            login.utf8.allSatisfy({
                ("a"..."z").contains(Character(UnicodeScalar($0)))
                    || ("0"..."9").contains(Character(UnicodeScalar($0)))
                    || ".-_@".utf8.contains($0)
            })
        else {
            throw SiteError(
                .invalid,
                "a login has 1 to 64 letters, digits and . - _ @, for example mary.okafor")
        }
        return login
    }

    private static func words(_ text: String, _ what: String) throws -> String {
        let text = text.precomposedStringWithCanonicalMapping
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...200).contains(text.count), ShownText(line: text).text == text else {
            throw SiteError(.invalid, "\(what) is one line of 1 to 200 characters")
        }
        return text
    }

    private static func names(_ roles: [WebRole]) throws -> [String] {
        guard !roles.isEmpty else {
            throw SiteError(
                .invalid,
                "an account has at least one role: \(WebRole.allCases.map(\.word).joined(separator: ", "))"
            )
        }
        return WebRole.allCases.filter(roles.contains).map(\.rawValue)
    }

    /// All but safeguarding for those who care for people; whom it concerns is told with a word.
    private static func usual(_ roles: [WebRole]) -> [Compartment] {
        roles.contains { $0.permissions.contains(.read) } ? [.relations, .personal, .clinical] : []
    }
}

extension UserView {
    init(_ account: StoredAccount, _ transaction: StoreTransaction) throws {
        self.init(
            account, certificates: try transaction.webCertificates(of: account.row))
    }

    init(_ account: StoredAccount, certificates: [Instant] = []) {
        self.init(
            login: account.login, name: account.name, title: account.title,
            roles: account.roles.compactMap(WebRole.init(rawValue:)),
            compartments: account.compartments, isDisabled: account.isDisabled,
            isPasswordInitial: account.isPasswordInitial, made: account.made,
            signedIn: account.signedIn, certificates: certificates)
    }
}
