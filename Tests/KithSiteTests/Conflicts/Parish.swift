import Crypto
import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithTrust
import Testing

@testable import KithSite

/// Sites that share one partnership and write apart, until they settle over real mutual TLS.
struct Parish {
    static let plans = "Parish plans"
    let village: Village
    let sites: [Neighbour]

    /// A practice that founded it, and homes; all may attest.
    init(
        _ count: Int, clock: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) async throws {
        village = try Village()
        var sites = [try await village.site("Riverside", kind: "gp-practice", clock: clock)]
        try await sites[0].found(Self.plans)
        for name in ["Elm", "Oak"].prefix(count - 1) {
            let site = try await village.site(name, clock: clock)
            try await sites[0].admit(site, to: Self.plans, mayAttest: true)
            sites.append(site)
        }
        for site in sites.dropFirst(2) { try await sites[1].meet(site) }
        self.sites = sites
        try await settle()
    }

    var practice: Neighbour { sites[0] }
    var elm: Neighbour { sites[1] }

    /// Rounds of sessions until all are equal, and a check that they are.
    func settle() async throws {
        for _ in 0..<2 {
            for (index, site) in sites.enumerated() {
                for other in sites[(index + 1)...] { try await site.sync(with: other) }
            }
        }
        let digests = try await sites[0].digests(of: Self.plans)
        for site in sites.dropFirst() {
            #expect(try await site.digests(of: Self.plans) == digests, "\(site.name)")
        }
    }

    /// Checks that what is open is the same everywhere, and that all state follows from the log.
    func expectSameEverywhere() async throws {
        let listed = try await open(at: sites[0])
        for site in sites {
            #expect(try await open(at: site) == listed, "\(site.name)")
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(site.name): \(check.differences)")
        }
    }

    /// What is open at a site, in a form that does not depend on the site.
    func open(at site: Neighbour) async throws -> [String] {
        try await site.site.conflicts(ConflictQuery()).map {
            "\($0.id) \($0.kind) \($0.severity) \($0.values.sorted()) \($0.owners) \($0.isReopened)"
        }.sorted()
    }

    func close() async {
        for site in sites { await site.close() }
    }
}

extension Neighbour {
    /// The person who decides at a site.
    var manager: Author {
        Author(user: "mgr", name: "Manager of \(name)", role: "administrator")
    }

    /// The only open conflict of a kind, with details.
    func conflict(
        _ kind: ConflictKind, at location: SourceLocation = #_sourceLocation
    ) async throws
        -> ConflictView
    {
        let found = try await site.conflicts(ConflictQuery(kinds: [kind]))
        #expect(found.count == 1, "\(name): \(found.map(\.id))", sourceLocation: location)
        return try await site.conflict(
            try #require(found.first, sourceLocation: location).id)
    }

    /// Decides a conflict as it is seen now, or as it was in a view.
    @discardableResult func decide(
        _ view: ConflictView, _ choice: Resolution.Choice, reason: String = "rang them up",
        clinician: String? = nil
    ) async throws -> ResolutionOutcome {
        try await site.resolve(
            Resolution(
                conflict: view.id, choice: choice, seen: view.version, reason: reason,
                isAttested: clinician != nil,
                performer: clinician.map { Author(user: "", name: $0, role: "GP") }), by: manager)
    }

    /// Takes a decision back.
    @discardableResult func undo(
        _ id: String, reason: String = "a slip", clinician: String? = nil
    ) async throws -> ResolutionOutcome {
        try await site.undoDecision(
            ConflictUndo(
                conflict: id, reason: reason, isAttested: clinician != nil,
                performer: clinician.map { Author(user: "", name: $0, role: "GP") }), by: manager)
    }

    /// Archives a record as somebody who sees it as it is now.
    func archive(_ record: RecordID) async throws { try await edit(record, "archived=yes") }

    /// An entry in the name of this site that its own program would not write: with the site's key, and
    /// without the rules.
    func forged(
        in partnership: String, sequence: UInt64 = 1, incarnation: UInt64? = nil,
        knows: [Position] = []
    ) async throws -> ReceivedEntry {
        let key = try SiteKey(pem: String(contentsOfFile: home + "/identity.pem", encoding: .utf8))
        let id = try await site.partnership(partnership).id
        let header = EntryHeader(
            partnership: id,
            feed: FeedID(
                author: key.siteID, incarnation: incarnation ?? 77, compartment: .clinical),
            sequence: sequence, previous: nil, knows: knows, recorded: Instant(Date()),
            entryClass: .record, parts: [])
        let bytes = header.encoded()
        return ReceivedEntry(
            header: bytes,
            signature: try EntrySignature.sign(
                EntryHash(header: bytes), with: key.privateKey, SystemCryptography()), parts: [])
    }

    /// Takes an entry in as from a partner.
    func ingest(_ entry: ReceivedEntry, in partnership: String) async throws {
        let id = try await site.partnership(partnership).id
        let result = try await site.store.write {
            try $0.ingest(
                IncomingBatch([entry]), allowed: [CompartmentID(id, .clinical)],
                now: Instant(Date()))
        }
        #expect(result.refusal == nil && result.stored == 1, "\(result.refusal ?? "")")
    }

    /// The leaves of a compartment here.
    func leaves(of partnership: String, _ compartment: Compartment) async throws -> [Position] {
        let id = try await site.partnership(partnership).id
        return try await site.store.read { try $0.frontier(CompartmentID(id, compartment)) }
    }
}
