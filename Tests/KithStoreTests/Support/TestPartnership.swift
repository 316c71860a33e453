import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

@testable import KithStore

/// Sites that share a partnership; the first founded it and admitted the others.
struct TestPartnership: Sendable {
    let id: PartnershipID
    let sites: [TestSite]

    static let contributor = Grant(
        role: .contributor, compartments: Set(Compartment.granted), mayAttest: false)

    /// A founder, and a site for each grant, all in step.
    init(admitting grants: [Grant] = [contributor]) async throws {
        let founder = try TestSite()
        id = try await founder.store.write {
            try $0.found(
                name: "Elm", purpose: "care", profile: founder.profile, isPrivate: false,
                now: TestSite.now)
        }
        var sites = [founder]
        for grant in grants {
            let site = try TestSite()
            try await site.join(id, through: founder.id)
            try await founder.admit(site.profile, grant, to: id)
            sites.append(site)
        }
        self.sites = sites
        for site in sites.dropFirst() { try await site.pull(from: founder, id) }
    }

    var founder: TestSite { sites[0] }

    /// A fresh installation of one of the sites, as it was before anything came.
    func emptyCopy(of site: TestSite) async throws -> TestSite {
        let copy = try await site.copy(withLog: false)
        try await copy.join(id, through: founder.id)
        return copy
    }

    /// Lets everyone pull from everyone until nothing moves.
    func settle(_ sites: [TestSite]? = nil) async throws {
        let all = sites ?? self.sites
        for _ in 0..<all.count {
            for site in all {
                for other in all where other !== site { try await site.pull(from: other, id) }
            }
        }
    }
}

extension TestSite {
    func admit(
        _ site: SiteProfile, _ grant: Grant, to partnership: PartnershipID
    ) async throws {
        try await store.write {
            try $0.admit(site, grant, invitation: Data(), to: partnership, now: Self.now)
        }
    }

    func ingest(
        _ entries: [ReceivedEntry], _ partnership: PartnershipID,
        allowed: [Compartment] = Compartment.allCases
    ) async throws -> IngestResult {
        try await store.write {
            try $0.ingest(
                IncomingBatch(entries, keys: $0.openingKeys()),
                allowed: Set(allowed.map { CompartmentID(partnership, $0) }),
                now: Self.now)
        }
    }

    /// Takes batches of entries that are new here; an error says what was refused.
    func take(_ batches: [[ReceivedEntry]], _ partnership: PartnershipID) async throws {
        for batch in batches {
            let result = try await ingest(batch, partnership)
            guard result.refusal == nil, result.stored == batch.count else {
                throw StoreError(.other, "\(result)")
            }
        }
    }

    /// Entries that are here, in the order in which they came.
    func entries(
        _ partnership: PartnershipID, in compartments: [Compartment] = Compartment.allCases,
        knowing known: [Compartment: [Position]] = [:]
    ) async throws -> [ReceivedEntry] {
        try await store.read { transaction in
            let arrivals = try compartments.flatMap {
                try transaction.missing(
                    from: known[$0] ?? [], in: CompartmentID(partnership, $0))
            }.sorted()
            var (entries, rest): ([ReceivedEntry], _) = ([], arrivals[...])
            while !rest.isEmpty {
                let batch = try transaction.batch(of: rest, maximumBytes: .max).entries
                entries += batch
                rest = rest.dropFirst(batch.count)
            }
            return entries
        }
    }

    /// Takes what another site has and this one lacks, as a session would: leaves, samples of every
    /// feed for forks, then batches.
    func pull(
        from other: TestSite, _ partnership: PartnershipID,
        _ compartments: [Compartment] = Compartment.allCases, batch: Int = 1_000
    ) async throws {
        let known = try await store.read { transaction in
            try Dictionary(
                uniqueKeysWithValues: compartments.map { compartment in
                    let id = CompartmentID(partnership, compartment)
                    let leaves = try transaction.frontier(id)
                    let samples = try Set(leaves.map(\.feed)).flatMap {
                        try transaction.samples(of: $0, in: id)
                    }
                    return (compartment, leaves + samples)
                })
        }
        var rest = try await other.entries(partnership, in: compartments, knowing: known)[...]
        while !rest.isEmpty {
            let result = try await ingest(Array(rest.prefix(batch)), partnership)
            if let refusal = result.refusal { throw StoreError(.other, refusal) }
            rest = rest.dropFirst(batch)
        }
    }

    func frontier(
        _ partnership: PartnershipID, _ compartment: Compartment = .clinical
    ) async throws -> [Position] {
        try await store.read { try $0.frontier(CompartmentID(partnership, compartment)) }
    }

    /// Frontier and state of every compartment: what members that hold the same agree on.
    func digests(_ partnership: PartnershipID) async throws -> [[Data]] {
        try await store.read { transaction in
            try Compartment.allCases.map {
                let id = CompartmentID(partnership, $0)
                return [try transaction.frontierDigest(id), try transaction.stateDigest(id)]
            }
        }
    }
}

extension TestSite {
    /// The compartment keys in hand, by id.
    func secrets() async throws -> [EntryHash: CompartmentKey] {
        try await store.read { transaction in
            var secrets: [EntryHash: CompartmentKey] = [:]
            for row in try transaction.rows(
                "SELECT id, secret FROM compartment_key WHERE secret IS NOT NULL")
            {
                secrets[try EntryHash(blob: row["id"])] = CompartmentKey(bytes: row["secret"])
            }
            return secrets
        }
    }
}
