import Foundation
import KithModel
import KithSite
import KithTrust
import Logging
import NIOCore
import Synchronization
import Testing

@testable import KithReview

/// A site with people and records whose web page is served on a free port of this machine.
final class ServedSite: Sendable {
    static let password = "seven green kettles"

    let home: String
    let site: LocalSite
    let port: Int
    /// What the page says in the program's log.
    let log = LogBook()
    private let clock: ClockBox
    private let serving: Task<Void, any Error>
    private let secrets = Mutex<[String: String]>([:])

    init(
        browsers: ReviewConfiguration.Browsers = .any, patience: TimeAmount = ReviewLimits.request
    ) async throws {
        let home = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-review-\(UUID().uuidString.prefix(8))").path
        self.home = home
        let start = Int64(Date().timeIntervalSince1970 * 1000)
        let clock = ClockBox(start)
        _ = try await LocalSite.initialise(
            home: home, name: "Elm House", kind: "care-home", ods: nil)
        let site = try await LocalSite.open(
            home: home, passwordLog2N: 10, clock: { clock.now })
        self.site = site
        let logger = Logger(label: "test") { [log] _ in LogBook.Handler(book: log) }
        let server = try await ReviewServer(
            site: site,
            configuration: ReviewConfiguration(
                host: "127.0.0.1", port: 0, names: ["127.0.0.1", "localhost"],
                browsers: browsers),
            logger: logger, patience: patience, now: { clock.now })
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        serving = Task {
            defer { continuation.finish() }
            try await server.run { address in
                continuation.yield(Int(address.split(separator: ":").last ?? "0") ?? 0)
            }
        }
        var found = 0
        for await port in ports {
            found = port
            break
        }
        port = found
        self.clock = clock
    }

    deinit {
        serving.cancel()
        try? FileManager.default.removeItem(atPath: home)
    }

    /// Lets time pass, for sessions and codes.
    func wait(seconds: Int64) { clock.pass(seconds) }

    /// Lets a little time pass, for the limit of requests.
    func wait(milliseconds: Int64) { clock.pass(milliseconds: milliseconds) }

    /// A name for a form that was not used yet.
    func once() -> String { "once\(UUID().uuidString.lowercased().prefix(18))" }

    /// A partnership with another site, which joins over loopback and is then away.
    func share(_ name: String, with partner: String) async throws -> PartnershipID {
        let founded = try await site.createPartnership(
            PartnershipDraft(name: name, purpose: "Joint care plans"))
        let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
        let site = site
        let peers = Task {
            defer { continuation.finish() }
            try await site.servePeers(on: "127.0.0.1:0") { continuation.yield($0) }
        }
        let address = try #require(await addresses.first { _ in true })
        let invitation = try await site.invite(
            InvitationDraft(partnership: name, addresses: [address]))
        let other = home + "-partner"
        defer { try? FileManager.default.removeItem(atPath: other) }
        _ = try await LocalSite.initialise(
            home: other, name: partner, kind: "gp-practice", ods: nil)
        let joiner = try await LocalSite.open(home: other, clock: { [clock] in clock.now })
        _ = try await joiner.join(try #require(invitation.code)) { _ in }
        await joiner.close()
        peers.cancel()
        _ = await peers.result
        return founded.id
    }

    /// An account, and a browser that is signed in to it.
    func person(
        _ login: String, _ roles: [WebRole], reading: [Compartment]? = nil
    ) async throws -> Browser {
        let password = try await account(login, roles, reading: reading)
        return try await signIn(login, password, new: Self.password)
    }

    /// An account, and the password that was made for it.
    func account(
        _ login: String, _ roles: [WebRole], reading: [Compartment]? = nil
    ) async throws -> String {
        let report = try await site.changeUser(
            UserChange(
                login: login,
                act: .add(name: "\(login) Person", title: nil, roles: roles, compartments: reading))
        )
        secrets.withLock { $0[login] = report.codeSecret }
        return try #require(report.password)
    }

    /// A code that was not used yet.
    func code(_ login: String) throws -> String {
        clock.pass(90)
        let base32 = try #require(secrets.withLock { $0[login] })
        return TimeCode(secret: Self.bytes(base32)).code(step: TimeCode.step(at: clock.now))
    }

    func signIn(_ login: String, _ password: String, new: String = "") async throws -> Browser {
        var browser = Browser(port: port)
        let reply = try await browser.ask(
            "POST", "/sign-in",
            form: [
                ("login", login), ("password", password), ("code", try code(login)),
                ("newPassword", new), ("newPasswordAgain", new),
            ])
        #expect(reply.status == 303, "\(reply.body.prefix(2000))")
        browser.keep(reply)
        return browser
    }

    private static func bytes(_ text: String) -> Data {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, buffer, bits) = (Data(), UInt32(0), 0)
        for letter in text {
            buffer = (buffer << 5 | UInt32(alphabet.firstIndex(of: letter) ?? 0)) & 0xFFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> UInt32(bits) & 255))
            }
        }
        return bytes
    }

    /// A record that somebody on the machine writes.
    @discardableResult
    func add(
        _ kind: String, under parent: RecordID? = nil, _ values: [(String, String)],
        in partnership: String = "Elm House (private)"
    )
        async throws -> RecordView
    {
        let target = RecordEdit.Target.new(
            kind: kind, partnership: parent == nil ? partnership : nil,
            parent: parent?.description)
        let edit = RecordEdit(target: target, values: values.map { .init($0.0, $0.1) })
        let saved = try await site.save(
            [edit], by: Author(user: "root", name: "Somebody", role: "administrator"))
        return try #require(saved.first)
    }
}

/// What was logged, one text a line.
final class LogBook: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            book.kept.withLock {
                $0.append("\(event.level) \(event.message) \(all.joined(separator: " "))")
            }
        }
    }
}

/// A clock that goes when it is told.
final class ClockBox: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ start: Int64) { milliseconds = Mutex(start) }
    var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }
    func pass(_ seconds: Int64) { pass(milliseconds: seconds * 1000) }
    func pass(milliseconds more: Int64) { milliseconds.withLock { $0 += more } }
}
