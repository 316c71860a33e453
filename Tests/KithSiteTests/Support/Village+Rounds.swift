import KithSite
import Testing

extension Village {
    /// A practice that founded a partnership, and two care homes in it that were admitted, and have met the
    /// practice so many times.
    func star(
        _ partnership: String, rounds: Int = 0
    ) async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let practice = try await site("Riverside", kind: "gp-practice")
        let elm = try await site("Elm")
        let oak = try await site("Oak")
        try await practice.found(partnership)
        try await practice.admit(elm, to: partnership)
        try await practice.admit(oak, to: partnership)
        for _ in 0..<rounds { for home in [elm, oak] { try await home.sync(with: practice) } }
        return (practice, elm, oak)
    }

    /// Rounds of sessions until all that still meet are equal; how each ended does not matter here.
    func settle(_ sites: Neighbour..., rounds: Int = 3) async throws {
        for _ in 0..<rounds {
            for (index, site) in sites.enumerated() {
                for other in sites[(index + 1)...] {
                    let id = try await other.site.profile().site
                    if try await site.site.peers().contains(where: { $0.site == id }) {
                        try await site.sync(with: other)
                    }
                }
            }
        }
    }

    /// Expects the same state everywhere, a log without a fault, and that a replay comes to the same.
    func expectEqual(
        _ partnership: String, _ sites: Neighbour...,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let digests = try await sites[0].digests(of: partnership)
        for site in sites {
            let theirs = try await site.digests(of: partnership)
            #expect(
                theirs == digests, "\(site.name) and \(sites[0].name)", sourceLocation: location)
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(
                check.isEqual, "\(site.name): \(check.differences)", sourceLocation: location)
        }
    }

    func close(_ sites: Neighbour...) async {
        for site in sites { await site.close() }
    }
}

extension Neighbour {
    /// Whether a resident of that family name is here.
    func holds(_ familyName: String) async throws -> Bool {
        try await site.records(RecordQuery(kind: "resident")).contains {
            $0.title.contains(familyName)
        }
    }
}
