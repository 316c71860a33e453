import Foundation
import KithModel
import KithSite
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import KithReview

/// What comes before a request is read: TLS, limits, and bytes that are no request.
@Suite struct DoorTests {
    private let served: ServedSite
    private var browser: Browser { Browser(port: served.port) }

    init() async throws { served = try await ServedSite() }

    @Test func `without TLS a browser is sent to https, under our own names alone`() async throws {
        let reply = Browser.Reply(
            try await browser.send(
                "GET /residents?x=1 HTTP/1.1\r\nHost: localhost:8443\r\n\r\n", tls: false))
        #expect(reply.status == 301)
        #expect(reply.header("Location") == "https://localhost:8443/residents?x=1")
        for request in [
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "GET //evil.example HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET https://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b",
            "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
            "\u{0}\u{1}\u{2}\r\n\r\n", "GET /\r\n\r\n",
            String(repeating: "x", count: 9000),
        ] {
            let refused = Browser.Reply(try await browser.send(request, tls: false))
            #expect(refused.status == 400, "\(request.prefix(40)) \(refused.status)")
            #expect(refused.header("Location") == nil)
        }
    }

    @Test func `TLS before 1_2 is refused, and 1_2 and 1_3 are spoken`() async throws {
        for version in [TLSVersion.tlsv1, .tlsv11] {
            await #expect(throws: (any Error).self) {
                _ = try await browser.send("GET / HTTP/1.1\r\n\r\n", most: version)
            }
        }
        for version in [TLSVersion.tlsv12, .tlsv13] {
            let text = try await browser.send(
                "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                most: version)
            #expect(Browser.Reply(text).status == 200)
        }
    }

    @Test
    func `of what TLS 1_2 has, only what keeps the past secret and is authenticated is spoken`()
        async throws
    {
        let hello = "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        for old in [
            NIOTLSCipher.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
            .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, .TLS_RSA_WITH_AES_128_GCM_SHA256,
        ] {
            await #expect(throws: (any Error).self, "\(old)") {
                _ = try await browser.send(hello, most: .tlsv12, ciphers: [old])
            }
        }
        let good = try await browser.send(
            hello, most: .tlsv12, ciphers: [.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256])
        #expect(Browser.Reply(good).status == 200)
    }

    @Test(arguments: [
        "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/../../etc/passwd",
        "/residents/%00", "/residents/a%0d%0ab", "/assets/../kith.yaml", "/records/%2F%2F",
        "/residents/\u{E9}", "/./residents",
    ])
    func `a path that could mean two things is no path`(path: String) async throws {
        let reply = try await browser.ask("GET", path)
        #expect([400, 404].contains(reply.status), "\(reply.status)")
        #expect(!reply.body.contains("root:"))
    }

    @Test func `what is too large, too much or ambiguous is refused before it is read`()
        async throws
    {
        let long = String(repeating: "a", count: 100_000)
        let many = (0..<300).map { "X-\($0): a\r\n" }.joined()
        let host = "Host: localhost\r\n"
        for request in [
            "GET / HTTP/1.1\r\n\(host)X: \(long)\r\n\r\n", "GET / HTTP/1.1\r\n\(host)\(many)\r\n",
            "GET /\(long) HTTP/1.1\r\n\(host)\r\n",
            "GET /sign-in HTTP/1.1\r\n\(host)X : y\r\n\r\n",
            "GET /sign-in HTTP/9.9\r\n\(host)\r\n",
        ] {
            let reply = Browser.Reply((try? await browser.send(request)) ?? "")
            #expect(
                reply.status == 0 || (400..<500).contains(reply.status), "\(request.prefix(60))")
        }
        let huge = [("login", String(repeating: "x", count: 1_200_000))]
        #expect(try await browser.ask("POST", "/sign-in", form: huge).status == 413)
        let fields = (0..<3000).map { ("f\($0)", "") }
        #expect(try await browser.ask("POST", "/sign-in", form: fields).status == 400)
        // And everybody else is still served.
        #expect(try await browser.ask("GET", "/sign-in").status == 200)
    }

    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc", "Content-Length: -1\r\n\r\n",
        "Content-Length: 3\r\nContent-Length : 0\r\n\r\nabc", "Content-Length: +0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    ])
    func `where a request ends is never ambiguous, so that none hides in another`(
        lengths: String
    ) async throws {
        // As a form that would be answered, were it not for its length, and another request behind it.
        let head =
            "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n"
        let hidden = "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let text = (try? await browser.send(head + lengths + hidden)) ?? ""
        #expect(!text.contains("Sign in"), "the hidden request is answered: \(text.prefix(300))")
        #expect(text.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(text.prefix(300))")
        #expect([0, 400].contains(Browser.Reply(text).status), "\(text.prefix(300))")
    }

    @Test func `a handshake or a request that drips is cut off in time`() throws {
        let channel = EmbeddedChannel(handler: RequestDeadline(ReviewLimits.request))
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        for _ in 0..<10 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(2))
            if channel.isActive { try channel.writeInbound(ByteBuffer(string: "x")) }
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test(arguments: [
        "", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a",
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nhalf",
    ])
    func `whoever begins and does not end is put out of the door that is served`(
        beginning: String
    ) async throws {
        let hasty = try await ServedSite(patience: .seconds(2))
        let browser = Browser(port: hasty.port)
        // Without TLS, within its handshake, and within a request: each ends without an answer.
        let text = (try? await browser.send(beginning, tls: beginning.count > 3)) ?? ""
        #expect(text.isEmpty, "\(text)")
        // Who ends is answered, if not at the first time on a machine that is busy.
        var status = 0
        for _ in 0..<50 where status != 200 {
            status = (try? await browser.ask("GET", "/sign-in").status) ?? 0
        }
        #expect(status == 200)
    }

    @Test func `an address has so many connections at once, and others have theirs`() async throws {
        let most = ReviewLimits.connectionsOfAddress
        // However long it takes to open them: none is closed meanwhile.
        let served = try await ServedSite(patience: .minutes(10))
        let crowd = Browser(port: served.port, from: "127.0.0.31")
        // One more than may be: the server closes that one, whichever it counts last, and no other.
        let open = try await withThrowingTaskGroup(of: (any Channel).self) { group in
            for _ in 0...most { group.addTask { try await crowd.connect() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await withTaskGroup(of: Void.self) { group in
            for channel in open { group.addTask { try? await channel.closeFuture.get() } }
            await group.next()
            #expect(open.count(where: \.isActive) == most)
            let other = Browser(port: served.port, from: "127.0.0.32")
            let reply = try? await other.ask("GET", "/sign-in")
            #expect(reply?.status == 200)
            for channel in open { try? await channel.close() }
        }
        // What was closed counts no more, once that is heard of.
        var status = 0
        for _ in 0..<200 where status != 200 {
            status = (try? await crowd.ask("GET", "/sign-in").status) ?? 0
        }
        #expect(status == 200)
    }

    @Test func `an address that asks without end is told to wait, and others are answered`()
        async throws
    {
        let crowd = Browser(port: served.port, from: "127.0.0.33")
        var last = try await crowd.ask("GET", "/sign-in")
        var asked = 1
        while last.status == 200, asked < 2 * Int(ReviewLimits.burst) {
            last = try await crowd.ask("GET", "/sign-in")
            asked += 1
        }
        #expect(last.status == 429 && last.header("Retry-After") == "30", "\(last.status)")
        #expect(last.body.contains("Wait a minute"))
        #expect(asked == Int(ReviewLimits.burst) + 1)
        let other = Browser(port: served.port, from: "127.0.0.34")
        #expect(try await other.ask("GET", "/sign-in").status == 200)
        served.wait(seconds: 60)
        #expect(try await crowd.ask("GET", "/sign-in").status == 200)
    }

    @Test func `an address that asks without end is slowed down, and others are not`() {
        let ledger = RequestLedger()
        let now = served.site.profileTime
        let admitted = (0..<1000).filter { _ in ledger.admits("192.0.2.1", at: now) }.count
        #expect(admitted == Int(ReviewLimits.burst))
        #expect(ledger.admits("192.0.2.2", at: now))
        for number in 0..<20_000 {
            _ = ledger.admits("198.51.\(number / 250).\(number % 250)", at: now)
        }
        #expect(ledger.admits("192.0.2.3", at: now))
    }

    @Test func `a form that is sent twice is done once`() {
        let submissions = Submissions()
        guard case .new = submissions.begin("a") else {
            Issue.record("a new form is not new")
            return
        }
        guard case .running = submissions.begin("a") else {
            Issue.record("it runs twice")
            return
        }
        submissions.end("a", at: "/x")
        guard case .done(let place) = submissions.begin("a") else {
            Issue.record("it is done twice")
            return
        }
        #expect(place == "/x")
        for number in 0..<10_000 { _ = submissions.begin("b\(number)") }
        guard case .new = submissions.begin("a") else {
            Issue.record("what is remembered grows without end")
            return
        }
    }
}

extension LocalSite {
    /// Any moment will do.
    fileprivate var profileTime: Instant { Instant(milliseconds: 1_800_000_000_000) }
}
