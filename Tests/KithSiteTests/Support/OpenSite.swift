import Foundation
import KithModel
import KithSite
import KithTransport
import KithTrust

/// A site in this process, in a temporary home that goes with the object.
final class OpenSite: Sendable {
    let home: String
    let site: LocalSite

    init(_ name: String, kind: String = "care-home") async throws {
        let folder = FileManager.default.temporaryDirectory
        home = folder.appendingPathComponent("kith-site-\(UUID().uuidString.prefix(8))").path
        _ = try await LocalSite.initialise(home: home, name: name, kind: kind, ods: nil)
        site = try await LocalSite.open(home: home)
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    /// Serves partners on a free port of this machine for the time of `body`.
    func serving<Result: Sendable>(
        _ body: @Sendable @escaping (String) async throws -> Result
    ) async throws -> Result {
        let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
        return try await withThrowingTaskGroup(of: Result?.self) { [site] group in
            group.addTask {
                defer { continuation.finish() }
                try await site.servePeers(on: "127.0.0.1:0") { continuation.yield($0) }
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
