import Crypto
import Foundation
package import KithModel
import KithProtocol
import KithStore
import KithTrust
import Logging
import Synchronization

// What the web page asks for in this process; nothing of it is offered to other programs.
extension LocalSite {
    /// Signs somebody in: login, password and time code together, or nothing.
    package func signIn(_ request: SignInRequest) async throws -> SignInOutcome {
        try await translating {
            let login = request.login.lowercased().trimmingCharacters(in: .whitespaces)
            let (account, guess) = try await attempt(login, request)
            if let seconds = guesses.withLock({ $0.wait(for: guess, at: clock()) }) {
                return .wait(seconds: seconds)
            }
            // Before it is asked whether there is such an account.
            let step = try await proof(request, account)
            guard let account, let step else {
                guesses.withLock { $0.failed(guess, at: clock()) }
                try await noteSignIn(login, account, "failed to sign in from \(request.address)")
                return .wrong
            }
            var replacement: PasswordHash?
            if account.isPasswordInitial {
                guard let text = request.newPassword else {
                    return .newPasswordNeeded(problem: nil)
                }
                let rule = PasswordRule(words: [account.login, account.name, name])
                let problem = text == request.password ? "is a new one" : rule.problem(text)
                if let problem { return .newPasswordNeeded(problem: problem) }
                replacement = try await passwords.hash(
                    text, salt: cryptography.randomBytes(PasswordHash.saltBytes))
            }
            guard let tokens = try await begin(account, step: step, replacement) else {
                return .wrong
            }
            guesses.withLock { $0.succeeded(guess) }
            try await noteSignIn(login, account, "signed in from \(request.address)")
            return .signedIn(session: tokens.session.text, device: tokens.device.text)
        }
    }

    private func attempt(
        _ login: String, _ request: SignInRequest
    ) async throws -> (StoredAccount?, GuessLimits.Guess) {
        let device = request.device.flatMap(BrowserToken.init(text:))?.hash
        let (account, isKnown) = try await store.read { transaction in
            let account = try transaction.account(login)
            let isKnown = try account.map { account in
                try device.map { try transaction.isKnownDevice($0, account: account.row) } ?? false
            }
            return (account, isKnown ?? false)
        }
        return (
            account,
            GuessLimits.Guess(
                login: String(login.prefix(64)), address: request.address,
                knownDevice: isKnown ? device : nil)
        )
    }

    /// The step of the time code, when password, code, certificate and account are all as they must be.
    private func proof(
        _ request: SignInRequest, _ account: StoredAccount?
    ) async throws -> Int64? {
        // Where there is no such account, the same work is done: its time tells nobody who has one.
        let hash = account.flatMap { PasswordHash(bytes: $0.password) }
        let isPassword: Bool
        do {
            if let hash {
                isPassword = try await passwords.matches(request.password, hash)
            } else {
                _ = try await passwords.hash(
                    request.password, salt: Data(count: PasswordHash.saltBytes))
                isPassword = false
            }
        } catch is PasswordQueue.Full {
            throw SiteError(.network, "too many people are signing in; try again in a minute")
        }
        guard isPassword, let account, !account.isDisabled else { return nil }
        if let certificate = request.certificate {
            let fingerprint = Data(SHA256.hash(data: certificate))
            let now = clock()
            let holder = try await store.read { try $0.login(ofCertificate: fingerprint, at: now) }
            guard holder == account.login else { return nil }
        }
        let secret = try AccountSeal(keys.identity).open(
            account.codeSecret, of: account.login, cryptography)
        return TimeCode(secret: secret).step(
            of: request.code, at: clock(), after: account.codeStep)
    }

    /// Begins a session; nil when the code was used, or the account disabled, meanwhile.
    private func begin(
        _ account: StoredAccount, step: Int64, _ replacement: PasswordHash?
    ) async throws -> (session: BrowserToken, device: BrowserToken)? {
        let session = BrowserToken(random: cryptography.randomBytes(BrowserToken.byteCount))
        let device = BrowserToken(random: cryptography.randomBytes(BrowserToken.byteCount))
        let now = clock()
        return try await store.write { transaction in
            guard try transaction.account(account.login)?.isDisabled == false,
                try transaction.useCode(step: step, of: account.row)
            else { return nil }
            if let replacement {
                try transaction.setPassword(replacement.bytes, isInitial: false, of: account.row)
            }
            try transaction.forgetSessions(
                begunBefore: Instant(milliseconds: now.milliseconds - WebSessionLimits.absolute),
                usedBefore: Instant(milliseconds: now.milliseconds - WebSessionLimits.idle))
            try transaction.beginSession(session.hash, account: account.row, now: now)
            try transaction.noteDevice(
                device.hash, account: account.row, now: now, keeping: WebSessionLimits.devices)
            try transaction.noteSignIn(of: account.row, at: now)
            return (session, device)
        }
    }

    func noteSignIn(
        _ login: String, _ account: StoredAccount?, _ what: String
    ) async throws {
        // What strangers type is no person's name: it is kept as one safe line.
        let typed = ShownText(line: String(login.prefix(64))).text
        try await note(
            AuditItem(
                time: clock(),
                actor: Author(
                    user: typed, name: account?.name ?? "nobody known", role: account?.title ?? ""),
                channel: .webPage, action: .signIn, what: what))
    }

    // MARK: Sessions

    /// The session of a cookie's token; nil when there is none or it is over.
    package func webSession(_ text: String, certificate: [UInt8]? = nil) async throws -> WebSession?
    {
        guard let token = BrowserToken(text: text) else { return nil }
        let now = clock()
        return try await translating {
            guard let found = try await store.read({ try $0.session(token.hash) }) else {
                return nil
            }
            let (idle, age) = (
                now.milliseconds - found.used.milliseconds,
                now.milliseconds - found.begun.milliseconds
            )
            // A clock that was set back by more than a minute makes no session live longer.
            guard !found.account.isDisabled, (-60_000..<WebSessionLimits.idle).contains(idle),
                (-60_000..<WebSessionLimits.absolute).contains(age)
            else {
                try await store.write { try $0.endSession(token.hash) }
                return nil
            }
            if let certificate {
                let fingerprint = Data(SHA256.hash(data: certificate))
                let holder = try await store.read {
                    try $0.login(ofCertificate: fingerprint, at: now)
                }
                guard holder == found.account.login else { return nil }
            }
            // To the minute: a write for each page would cost more than the page. On a full disk
            // what is here can still be read.
            if idle > 60_000 {
                do {
                    try await store.write { try $0.useSession(token.hash, now: now) }
                } catch let error as StoreError where [.full, .readOnly].contains(error.code) {
                    logger.error("the use of a web session could not be noted")
                }
            }
            return WebSession(
                user: UserView(found.account), begun: found.begun, proved: found.proved,
                formToken: token.formToken)
        }
    }

    /// Ends a session.
    package func signOut(_ text: String) async throws {
        guard let token = BrowserToken(text: text) else { return }
        try await translating {
            guard let session = try await store.read({ try $0.session(token.hash) }) else { return }
            try await store.write { try $0.endSession(token.hash) }
            try await noteSignIn(session.account.login, session.account, "signed out")
        }
    }

    /// Proves again who uses a session, before a clinical decision; counts as a guess. The session goes on
    /// under the token that this gives, and no longer under the one that was asked with.
    package func prove(_ text: String, _ request: SignInRequest) async throws -> SignInOutcome {
        try await prove(text, request, for: { { _, _, _ in } })
    }

    /// What somebody proves again who they are for: done in the transaction that notes the proof, with the
    /// account and the hash of the session's new token.
    typealias Proven = @Sendable (StoreTransaction, StoredAccount, Data) throws -> Void

    /// The same, and does what it is for, or nothing; `purpose` is asked once the proof is right.
    func prove(
        _ text: String, _ request: SignInRequest, for purpose: () async throws -> Proven
    ) async throws -> SignInOutcome {
        guard let token = BrowserToken(text: text) else { return .wrong }
        return try await translating {
            guard let session = try await store.read({ try $0.session(token.hash) }) else {
                return .wrong
            }
            var request = request
            request.login = session.account.login
            let (account, guess) = try await attempt(request.login, request)
            if let seconds = guesses.withLock({ $0.wait(for: guess, at: clock()) }) {
                return .wait(seconds: seconds)
            }
            let next = token.renewed(
                random: cryptography.randomBytes(BrowserToken.newByteCount))
            guard let account, let step = try await proof(request, account),
                try await renew(token, as: next, step, account, purpose())
            else {
                guesses.withLock { $0.failed(guess, at: clock()) }
                try await noteSignIn(
                    request.login, account, "failed to prove it again from \(request.address)")
                return .wrong
            }
            guesses.withLock { $0.succeeded(guess) }
            return .signedIn(session: next.text, device: request.device ?? "")
        }
    }

    /// Uses the code and the proof up; false when either was used, or the session ended, meanwhile.
    private func renew(
        _ token: BrowserToken, as next: BrowserToken, _ step: Int64, _ account: StoredAccount,
        _ purpose: @escaping Proven
    ) async throws -> Bool {
        let now = clock()
        return try await store.write { transaction in
            guard try transaction.session(token.hash) != nil,
                try transaction.useCode(step: step, of: account.row)
            else { return false }
            try transaction.renewSession(token.hash, as: next.hash, now: now)
            try purpose(transaction, account, next.hash)
            return true
        }
    }

    // MARK: Up to where somebody has read

    /// Notes that somebody has read what belongs to a resident up to a version.
    package func markRead(_ record: RecordID, version: Int64, login: String) async throws {
        let now = clock()
        try await translating {
            try await store.write { transaction in
                guard let account = try transaction.account(login) else { return }
                let newest = try transaction.version()
                try transaction.setReadingMark(
                    min(max(version, 0), newest), record: record, account: account.row, now: now)
            }
        }
    }

    /// Up to where somebody has read, by resident.
    package func readingMarks(login: String) async throws -> [RecordID: ReadingMark] {
        try await translating {
            try await store.read { transaction in
                guard let account = try transaction.account(login) else { return [:] }
                return try transaction.readingMarks(of: account.row).mapValues {
                    ReadingMark(version: $0.version, time: $0.time)
                }
            }
        }
    }
}

/// Up to where somebody has read what belongs to a resident.
package struct ReadingMark: Sendable {
    /// The arrival.
    package let version: Int64
    /// When they said so.
    package let time: Instant
}
