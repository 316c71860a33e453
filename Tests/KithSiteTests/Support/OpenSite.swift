import Foundation
import KithModel
import KithSite
import KithTransport
import KithTrust
import Testing

/// A site in this process, in a temporary home that goes with the object.
final class OpenSite: Sendable {
    let home: String
    let site: LocalSite

    /// Makes a site.
    init(_ name: String, kind: String = "care-home") async throws {
        home = Self.newHome()
        _ = try await LocalSite.initialise(home: home, name: name, kind: kind, ods: nil)
        site = try await LocalSite.open(home: home)
    }

    /// Opens a site that is there.
    init(at home: String) async throws {
        self.home = home
        site = try await LocalSite.open(home: home)
    }

    /// A path at which nothing is.
    static func newHome() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-site-\(UUID().uuidString.prefix(8))").path
    }

    /// A TLS certificate of the site as it was issued at some time.
    func leaf(at time: Instant) throws -> TLSIdentity {
        let key = try SiteKey(pem: String(contentsOfFile: home + "/identity.pem", encoding: .utf8))
        let root = try RootCertificate(
            der: Array(Data(contentsOf: URL(fileURLWithPath: home + "/root.der"))))
        return try LeafIssuer(key: key, root: root).issue(now: time)
    }

    /// Loses the machine with all that is on it.
    func lose() { try? FileManager.default.removeItem(atPath: home) }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    /// Serves partners on a free port of this machine for the time of `body`.
    func serving<Result: Sendable>(
        on listen: String = "127.0.0.1:0",
        _ body: @Sendable @escaping (String) async throws -> Result
    ) async throws -> Result {
        let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
        return try await withThrowingTaskGroup(of: Result?.self) { [site] group in
            group.addTask {
                defer { continuation.finish() }
                try await site.servePeers(on: listen) { continuation.yield($0) }
                return nil
            }
            group.addTask {
                for await address in addresses { return try await body(address) }
                throw NotListening()
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw NotListening()
        }
    }

    struct NotListening: Error {}

    /// The founding of a partnership, and a code for it.
    func invitation(
        at address: String, to name: String = "Elm and Riverside"
    ) async throws
        -> InvitationCode
    {
        if try await !site.partnerships().contains(where: { $0.name == name }) {
            _ = try await site.createPartnership(
                PartnershipDraft(name: name, purpose: "Joint care plans"))
        }
        let invitation = try await site.invite(
            InvitationDraft(partnership: name, addresses: [address]))
        return try InvitationCode(text: invitation.code ?? "")
    }
}

extension OpenSite {
    /// Writes a resident.
    func addResident(_ family: String) async throws {
        _ = try await site.save(
            [
                RecordEdit(
                    target: .new(kind: "resident", partnership: nil, parent: nil),
                    values: [.init("familyName", family)])
            ], by: Author(user: "jdoe", name: "J Doe", role: "nurse"))
    }

    /// The family names of all residents.
    func families() async throws -> Set<String> {
        Set(try await site.records(RecordQuery(kind: "resident")).map(\.title))
    }

    /// Syncs with everyone that has an address.
    func syncAll() async throws {
        for report in try await site.sync([], progress: { _ in }) where !report.isEqual {
            throw SiteError(.network, report.problem ?? "not equal")
        }
    }

    /// The state digests of all shared partnerships.
    func sharedDigests() async throws -> [String] {
        let report = try await site.verify()
        guard report.ok else { throw SiteError(.store, report.problems.joined(separator: "; ")) }
        return report.partnerships.filter { !$0.name.hasSuffix("(private)") }.flatMap {
            partnership in
            partnership.compartments.map { "\(partnership.id) \($0.name) \($0.stateDigest)" }
        }
    }
}

/// Whoever comes from outside: keys of its own, and no rule that holds it back.
struct Stranger: Sendable {
    let key = SiteKey()
    let issuer: LeafIssuer

    init() throws {
        issuer = try LeafIssuer(key: key, root: key.rootCertificate(now: Instant(Date())))
    }

    var id: SiteID { key.siteID }

    /// Connects to a site and does what it likes there.
    func calling<Result: Sendable>(
        _ site: SiteID, at address: String,
        _ body: @Sendable (PeerConnection) async throws -> Result
    ) async throws -> Result {
        let identity = try issuer.issue(now: Instant(Date()))
        return try await PeerClient(identity: { identity }).withConnection(
            to: HostPort(text: address), expecting: site, root: nil, body)
    }
}

extension OpenSite {
    /// Dials until the other side waits; both know the words then.
    func dialled(_ address: String) async throws -> ComparisonView {
        for _ in 0..<100 {
            do {
                return try await site.pair(PairingRequest(address: address))
            } catch let error as SiteError where error.description.contains("nobody waits") {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        throw NobodyWaits()
    }

    /// Pairs two sites as two honest people do.
    func pair(with other: OpenSite, at address: String) async throws {
        async let waiting = site.pair(PairingRequest(address: nil))
        let dialled = try await other.dialled(address)
        let waited = try await waiting
        guard waited.words == dialled.words else { throw WordsDiffer() }
        _ = try await site.decidePairing(PairingDecision(id: waited.id, isSame: true))
        _ = try await other.site.decidePairing(PairingDecision(id: dialled.id, isSame: true))
    }

    struct WordsDiffer: Error {}
    struct NobodyWaits: Error {}
}

extension Stranger {
    /// Calls a site as soon as it waits for a partner.
    func untilHeard(
        by site: OpenSite, at address: String,
        _ body: @Sendable (PeerConnection) async throws -> Void
    ) async throws {
        let id = try await site.site.profile().site
        for _ in 0..<100 {
            do {
                return try await calling(id, at: address, body)
            } catch let error as TransportError where error.code == .notAPeer {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        throw OpenSite.NobodyWaits()
    }
}

/// Expects a refusal of a site, for a reason.
func expectRefusal(
    _ words: String, at location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    let error = await #expect(throws: SiteError.self, sourceLocation: location) {
        try await body()
    }
    let text = error?.description ?? ""
    #expect(text.contains(words), "\(text)", sourceLocation: location)
}
