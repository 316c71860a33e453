import Foundation
import KithModel
import KithStore
import KithTrust
import Synchronization
import Testing

@testable import KithSite

/// Accounts, sign-in and sessions of a real site, with a clock that the test sets.
@Suite struct SignInTests {
    private let village: AccountHome

    init() async throws { village = try await AccountHome() }

    @Test func `nobody gets in without login, password and code together`() async throws {
        let mary = try await village.account("mary")
        for (login, password, code) in [
            ("mary", "wrong", mary.code()), ("mary", mary.password, "000000"),
            ("nobody", mary.password, mary.code()), ("", "", ""), ("mary", "", ""),
        ] {
            let outcome = try await village.site.signIn(
                SignInRequest(
                    login: login, password: password, code: code, address: "192.0.2.\(code.count)"))
            guard case .wrong = outcome else {
                Issue.record("\(login) \(password) \(code): \(outcome)")
                continue
            }
        }
        let session = try await village.signIn(mary)
        #expect(try await village.site.webSession(session)?.user.login == "mary")
    }

    @Test func `the password that was made for somebody is replaced first`() async throws {
        let mary = try await village.account("mary")
        func attempt(_ new: String?) async throws -> SignInOutcome {
            try await village.site.signIn(
                SignInRequest(
                    login: "mary", password: mary.password, code: mary.code(), newPassword: new,
                    address: "192.0.2.1"))
        }
        for (new, expected) in [
            (nil, nil), ("short", "has 12"), (mary.password, "is a new one"),
            ("mary mary mary", "your name"),
        ] as [(String?, String?)] {
            guard case .newPasswordNeeded(let problem) = try await attempt(new) else {
                Issue.record("\(new ?? "nothing") was taken")
                continue
            }
            #expect(expected == nil ? problem == nil : problem?.contains(expected ?? "") == true)
        }
        guard case .signedIn = try await attempt("seven green kettles") else {
            Issue.record("a good password was refused")
            return
        }
        // Now only the new one counts.
        village.pass(seconds: 60)
        guard case .wrong = try await attempt(nil) else {
            Issue.record("the first password still counts")
            return
        }
    }

    @Test func `a code is used once, also by two browsers at the same moment`() async throws {
        let mary = try await village.account("mary")
        _ = try await village.signIn(mary)
        village.pass(seconds: 60)
        let request = SignInRequest(
            login: "mary", password: AccountHome.password, code: mary.code(village.now),
            address: "192.0.2.1")
        async let first = village.site.signIn(request)
        async let second = village.site.signIn(request)
        let outcomes = try await [first, second]
        let successes = outcomes.filter { if case .signedIn = $0 { true } else { false } }
        #expect(successes.count == 1)
    }

    @Test func `a session ends after half an hour without use and twelve hours in all`()
        async throws
    {
        let mary = try await village.account("mary")
        let token = try await village.signIn(mary)
        village.pass(seconds: 29 * 60)
        #expect(try await village.site.webSession(token) != nil)
        village.pass(seconds: 29 * 60)
        #expect(try await village.site.webSession(token) != nil)
        village.pass(seconds: 31 * 60)
        #expect(try await village.site.webSession(token) == nil)
        let other = try await village.signIn(mary)
        // Eleven hours and forty minutes, and then half an hour more.
        for _ in 0..<28 {
            village.pass(seconds: 25 * 60)
            #expect(try await village.site.webSession(other) != nil)
        }
        village.pass(seconds: 29 * 60)
        #expect(try await village.site.webSession(other) == nil)
    }

    @Test func `signing out, disabling and resetting end sessions at once`() async throws {
        let mary = try await village.account("mary")
        let first = try await village.signIn(mary)
        let second = try await village.signIn(mary)
        #expect(first != second)
        try await village.site.signOut(first)
        #expect(try await village.site.webSession(first) == nil)
        #expect(try await village.site.webSession(second) != nil)
        _ = try await village.site.changeUser(UserChange(login: "mary", act: .disable))
        #expect(try await village.site.webSession(second) == nil)
        _ = try await village.site.changeUser(UserChange(login: "mary", act: .enable))
        #expect(try await village.site.webSession(second) == nil)
        let third = try await village.signIn(mary)
        _ = try await village.site.changeUser(UserChange(login: "mary", act: .reset))
        #expect(try await village.site.webSession(third) == nil)
    }

    /// What somebody gives to change something of their own account.
    private func proof(
        _ mary: AccountHome.Account, _ password: String, new: String? = nil
    ) -> SignInRequest {
        village.pass(seconds: 60)
        return SignInRequest(
            login: "", password: password, code: mary.code(village.now), newPassword: new,
            address: "192.0.2.1")
    }

    @Test func `somebody chooses another password, which takes the old one and a code`()
        async throws
    {
        let mary = try await village.account("mary")
        let (first, second) = (try await village.signIn(mary), try await village.signIn(mary))
        let (old, new) = (AccountHome.password, "eight blue saucepans")
        for (password, wanted, problem) in [
            (old, "short", "has 12"), (old, old, "is a new one"), (old, "mary mary mary", "name"),
        ] {
            let outcome = try await village.site.changePassword(
                first, proof(mary, password, new: wanted))
            guard case .newPasswordNeeded(let why) = outcome else {
                Issue.record("\(wanted): \(outcome)")
                continue
            }
            #expect(why?.contains(problem) == true)
        }
        var wrong = proof(mary, "not this one", new: new)
        for request in [
            wrong,
            {
                wrong.password = old
                wrong.code = "000000"
                return wrong
            }(),
        ] {
            guard case .wrong = try await village.site.changePassword(first, request) else {
                Issue.record("\(request.password) was enough")
                continue
            }
        }
        #expect(try await village.site.webSession(second) != nil)
        guard
            case .signedIn(let renewed, _) = try await village.site.changePassword(
                first, proof(mary, old, new: new))
        else {
            Issue.record("what is right was refused")
            return
        }
        // Whoever knew the old one is out, and this browser is not; whoever took its token along is.
        #expect(try await village.site.webSession(second) == nil)
        #expect(try await village.site.webSession(first) == nil)
        #expect(try await village.site.webSession(renewed) != nil)
        guard case .wrong = try await village.site.prove(renewed, proof(mary, old)) else {
            Issue.record("the old password still counts")
            return
        }
        guard case .signedIn = try await village.site.prove(renewed, proof(mary, new)) else {
            Issue.record("the new password does not count")
            return
        }
        let noted = try await village.site.audit(AuditQuery(action: .signIn)).map(\.what)
        #expect(noted.contains("chose another password"))
    }

    @Test func `somebody sees where they are signed in, and signs out everywhere else`()
        async throws
    {
        let mary = try await village.account("mary")
        let nora = try await village.account("nora")
        let forgotten = try await village.signIn(mary)
        village.pass(seconds: 31 * 60)
        let (first, second) = (try await village.signIn(mary), try await village.signIn(mary))
        let others = try await village.signIn(nora)
        let shown = try await village.site.ownSessions(second)
        #expect(shown.map(\.isThis) == [true, false])
        #expect(shown.allSatisfy { $0.begun <= village.now && $0.used >= $0.begun })
        #expect(try await village.site.ownSessions(forgotten).isEmpty)
        #expect(try await village.site.ownSessions("nonsense").isEmpty)
        guard case .wrong = try await village.site.endOtherSessions(second, proof(mary, "not this"))
        else {
            Issue.record("no password was needed")
            return
        }
        #expect(try await village.site.webSession(first) != nil)
        guard
            case .signedIn(let renewed, _) = try await village.site.endOtherSessions(
                second, proof(mary, AccountHome.password))
        else {
            Issue.record("what is right was refused")
            return
        }
        #expect(try await village.site.webSession(first) == nil)
        #expect(try await village.site.webSession(renewed) != nil)
        #expect(try await village.site.webSession(others) != nil, "and nobody else is signed out")
        #expect(try await village.site.ownSessions(renewed).map(\.isThis) == [true])
    }

    @Test func `a disabled account looks like a wrong password`() async throws {
        let mary = try await village.account("mary")
        _ = try await village.signIn(mary)
        _ = try await village.site.changeUser(UserChange(login: "mary", act: .disable))
        village.pass(seconds: 60)
        let outcome = try await village.site.signIn(
            SignInRequest(
                login: "mary", password: AccountHome.password, code: mary.code(village.now),
                address: "192.0.2.1"))
        guard case .wrong = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func `what a session was given again lasts five minutes`() async throws {
        let mary = try await village.account("mary")
        let token = try await village.signIn(mary)
        village.pass(seconds: 600)
        let before = try #require(try await village.site.webSession(token))
        #expect(village.now.milliseconds - before.proved.milliseconds > WebSessionLimits.proved)
        let wrong = try await village.site.prove(
            token,
            SignInRequest(
                login: "", password: "no", code: mary.code(village.now), address: "192.0.2.1"))
        guard case .wrong = wrong else {
            Issue.record("\(wrong)")
            return
        }
        #expect(try await village.site.webSession(token)?.proved == before.proved)
        let right = try await village.site.prove(
            token,
            SignInRequest(
                login: "", password: AccountHome.password, code: mary.code(village.now),
                address: "192.0.2.1"))
        guard case .signedIn(let renewed, _) = right else {
            Issue.record("\(right)")
            return
        }
        let after = try #require(try await village.site.webSession(renewed))
        #expect(after.proved == village.now && after.begun == before.begun)
        // What was typed into a form before can still be sent; the token from before is worth nothing.
        #expect(after.formToken == before.formToken && renewed != token)
        #expect(try await village.site.webSession(token) == nil)
        village.pass(seconds: 60)
        guard case .wrong = try await village.site.prove(token, proof(mary, AccountHome.password))
        else {
            Issue.record("the token from before still proves")
            return
        }
    }

    @Test func `whoever guesses at an open session is made to wait as one who signs in`()
        async throws
    {
        let mary = try await village.account("mary")
        let token = try await village.signIn(mary)
        func guess(_ password: String) async throws -> SignInOutcome {
            try await village.site.prove(
                token,
                SignInRequest(
                    login: "", password: password, code: mary.code(village.now),
                    address: "192.0.2.1"))
        }
        village.pass(seconds: 60)
        var outcomes: [SignInOutcome] = []
        for number in 0..<5 { outcomes.append(try await guess("guess \(number)")) }
        let waits = outcomes.count { if case .wait = $0 { true } else { false } }
        #expect(waits == 2, "\(outcomes)")
        // Even what is right is not looked at while they wait, and counts after it.
        guard case .wait(let seconds) = try await guess(AccountHome.password) else {
            Issue.record("nobody had to wait")
            return
        }
        village.pass(seconds: Int64(seconds))
        guard case .signedIn = try await guess(AccountHome.password) else {
            Issue.record("what is right was refused")
            return
        }
    }

    @Test func `a login that nobody has costs the same work as one that somebody has`() async throws
    {
        let mary = try await village.account("mary")
        _ = try await village.signIn(mary)
        _ = try await village.account("nora")
        _ = try await village.site.changeUser(UserChange(login: "nora", act: .disable))
        for login in ["mary", "nora", "nobody", ""] {
            village.pass(seconds: 600)
            let before = await village.site.passwords.count
            let outcome = try await village.site.signIn(
                SignInRequest(
                    login: login, password: "no such words", code: "000000", address: "192.0.2.1"))
            guard case .wrong = outcome else {
                Issue.record("\(login): \(outcome)")
                continue
            }
            #expect(await village.site.passwords.count == before + 1, "\(login)")
        }
    }

    @Test func `two hundred people who sign in at once are worked on two at a time`() async throws {
        let site = village.site
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        let outcome = try await site.signIn(
                            SignInRequest(
                                login: "u\(number)", password: "p", code: "1",
                                address: "192.0.2.\(number)"))
                        if case .wrong = outcome { return true }
                        return false
                    } catch let error as SiteError {
                        return error.code == .network
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 200 && outcomes.allSatisfy { $0 })
        // Each was worked on, and never more at once than may be.
        let width = await site.passwords.greatestWidth
        #expect((1...PasswordQueue.width).contains(width))
    }

    @Test func `the audit holds every sign-in, and what strangers type is one safe line`()
        async throws
    {
        let mary = try await village.account("mary")
        _ = try await village.signIn(mary)
        _ = try await village.site.signIn(
            SignInRequest(
                login: "x\r\nmary signed in\u{1B}[2J\u{202E}", password: "p", code: "1",
                address: "192.0.2.1"))
        let items = try await village.site.audit(AuditQuery(action: .signIn))
        try #require(items.count == 2)
        #expect(items[1].actor.name == "Mary Okafor")
        #expect(items[1].what == "signed in from 192.0.2.7" && items[1].channel == .webPage)
        #expect(items[0].what.contains("failed"))
        let harmful = items[0].actor.user.unicodeScalars.filter {
            $0.value < 0x20 || $0.value == 0x202E
        }
        #expect(harmful.isEmpty)
        #expect(try await village.site.verify().ok)
    }

    @Test func `neither passwords nor secrets nor tokens stand in the files of the site`()
        async throws
    {
        let mary = try await village.account("mary")
        let token = try await village.signIn(mary)
        let files = try FileManager.default.contentsOfDirectory(atPath: village.home)
            .filter { $0.hasPrefix("kith.sqlite") }
        #expect(!files.isEmpty)
        for file in files {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: village.home + "/" + file))
            for secret in [
                Data(mary.password.utf8), Data(AccountHome.password.utf8), mary.secret,
                Data(mary.base32.utf8), Data(token.utf8),
                Data(BrowserToken(text: token)?.text.utf8 ?? "".utf8),
            ] {
                #expect(bytes.range(of: secret) == nil, "\(file)")
            }
        }
    }

    @Test func `what a site keeps of a password has the standard cost`() async throws {
        // As the programs open it: nothing is said about what a password may cost.
        let home = OpenSite.newHome()
        defer { try? FileManager.default.removeItem(atPath: home) }
        _ = try await LocalSite.initialise(home: home, name: "Oak", kind: "care-home", ods: nil)
        let site = try await LocalSite.open(home: home)
        _ = try await site.changeUser(
            UserChange(
                login: "mary",
                act: .add(name: "Mary", title: nil, roles: [.careStaff], compartments: nil)))
        let kept = try await site.store.read { try $0.account("mary")?.password }
        await site.close()
        // The version, then the exponent of the cost.
        #expect(kept?.prefix(2) == Data([1, 17]))
    }

    @Test(arguments: ["", "mary okafor", "m\u{E4}ry", String(repeating: "a", count: 65), "a\nb"])
    func `a login that is none is refused`(login: String) async throws {
        await #expect(throws: SiteError.self) {
            _ = try await village.site.changeUser(
                UserChange(
                    login: login,
                    act: .add(name: "N", title: nil, roles: [.reviewer], compartments: nil)))
        }
    }

    @Test func `a browser's certificate stands for its account until it is taken back`()
        async throws
    {
        let mary = try await village.account("mary")
        let report = try await village.site.changeUser(
            UserChange(login: "mary", act: .certificate(passphrase: "four plain words")))
        #expect(report.certificate != nil && report.user.certificates.count == 1)
        let key = try SiteKey(
            pem: String(contentsOfFile: village.home + "/identity.pem", encoding: .utf8))
        let root = try RootCertificate(
            der: Array(Data(contentsOf: URL(fileURLWithPath: village.home + "/root.der"))))
        let foreign = try LeafIssuer(key: key, root: root)
            .issueClient(account: "mary", now: village.now)
        let outcome = try await village.site.signIn(
            SignInRequest(
                login: "mary", password: mary.password, code: mary.code(village.now),
                newPassword: AccountHome.password, address: "192.0.2.1",
                certificate: foreign.certificate.der))
        guard case .wrong = outcome else {
            Issue.record("a certificate that was not noted counts: \(outcome)")
            return
        }
        let revoked = try await village.site.changeUser(
            UserChange(login: "mary", act: .revokeCertificates))
        #expect(revoked.user.certificates.isEmpty)
    }
}
