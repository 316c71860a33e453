import Foundation
import KithModel
import KithSite
import NIOSSL
import Testing

@testable import KithReview

/// Where only browsers with a certificate of an account get in: over real TLS, with the file that `kith
/// user certificate` writes.
@Suite struct BrowserCertificateTests {
    private static let passphrase = "six brown teapots"
    private let served: ServedSite

    init() async throws { served = try await ServedSite(browsers: .certificate) }

    /// An account as its first sign-in makes it.
    private struct Holder {
        let login: String
        let password: String
        var browser: Browser
    }

    /// A browser that holds a new certificate of an account; the account is made where there is none.
    private func holder(_ login: String) async throws -> Holder {
        let password = try await served.account(login, [.reviewer])
        return Holder(login: login, password: password, browser: try await issue(login))
    }

    private func issue(_ login: String) async throws -> Browser {
        let report = try await served.site.changeUser(
            UserChange(login: login, act: .certificate(passphrase: Self.passphrase)))
        var browser = Browser(port: served.port)
        browser.identity = try NIOSSLPKCS12Bundle(
            buffer: Array(try #require(report.certificate)), passphrase: Self.passphrase.utf8)
        return browser
    }

    /// Signs in to the account whose password it is.
    private func signIn(_ browser: Browser, _ holder: Holder) async throws -> Browser.Reply {
        try await browser.ask(
            "POST", "/sign-in",
            form: [
                ("login", holder.login), ("password", holder.password),
                ("code", try served.code(holder.login)), ("newPassword", ServedSite.password),
                ("newPasswordAgain", ServedSite.password),
            ])
    }

    /// Expects that the browser gets no answer at all.
    private func expectShut(
        _ browser: Browser, _ what: Comment, at location: SourceLocation = #_sourceLocation
    ) async {
        for path in ["/sign-in", "/", "/assets/x"] {
            await #expect(throws: (any Error).self, what, sourceLocation: location) {
                _ = try await browser.ask("GET", path)
            }
        }
    }

    @Test
    func `a browser that holds a certificate signs in to its own account, with password and code`()
        async throws
    {
        var anna = try await holder("anna")
        let bob = try await holder("bob")
        await expectShut(Browser(port: served.port), "without a certificate")
        // A certificate alone opens no page, and another's none of this account.
        #expect(try await anna.browser.ask("GET", "/").status == 303)
        #expect(try await signIn(bob.browser, anna).status == 401)
        let reply = try await signIn(anna.browser, anna)
        #expect(reply.status == 303, "\(reply.body)")
        anna.browser.keep(reply)
        #expect(try await anna.browser.ask("GET", "/").status == 200)
        // A cookie that was taken along is worth nothing behind another certificate.
        var thief = bob.browser
        thief.cookies = anna.browser.cookies
        #expect(try await thief.ask("GET", "/").status == 303)
    }

    @Test func `one that is revoked, has ended, or whose account is disabled gets no answer`()
        async throws
    {
        var anna = try await holder("anna")
        anna.browser.keep(try await signIn(anna.browser, anna))
        #expect(try await anna.browser.ask("GET", "/").status == 200)

        _ = try await served.site.changeUser(UserChange(login: "anna", act: .revokeCertificates))
        await expectShut(anna.browser, "revoked")
        var again = try await issue("anna")
        again.cookies = anna.browser.cookies
        #expect(try await again.ask("GET", "/").status == 200, "a new one is as good")

        _ = try await served.site.changeUser(UserChange(login: "anna", act: .disable))
        await expectShut(again, "disabled")
        _ = try await served.site.changeUser(UserChange(login: "anna", act: .enable))
        #expect(try await again.ask("GET", "/sign-in").status == 200)

        served.wait(seconds: 366 * 86_400)
        await expectShut(again, "a year later")
        #expect(try await issue("anna").ask("GET", "/sign-in").status == 200)
    }

    @Test func `one that another site issued gets no answer, whatever account it names`()
        async throws
    {
        _ = try await holder("anna")
        let other = try await ServedSite(browsers: .certificate)
        _ = try await other.account("anna", [.reviewer])
        let report = try await other.site.changeUser(
            UserChange(login: "anna", act: .certificate(passphrase: Self.passphrase)))
        var stranger = Browser(port: served.port)
        stranger.identity = try NIOSSLPKCS12Bundle(
            buffer: Array(try #require(report.certificate)), passphrase: Self.passphrase.utf8)
        await expectShut(stranger, "of another site")
    }
}
