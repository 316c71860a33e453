public import Foundation
import GRDB
public import KithModel
import KithProtocol
public import KithTrust

// What this site writes about who is in, and the keys that go with it (D17, D20).
extension StoreTransaction {
    /// Founds a partnership, with a key for each compartment.
    public func found(
        name: String, purpose: String, profile: SiteProfile, isPrivate: Bool, now: Instant
    ) throws -> PartnershipID {
        let nonce = cryptography.randomBytes(16)
        let id = PartnershipID(founder: keys.site, nonce: Array(nonce))
        try addPartnership(
            id, name: name, purpose: purpose, isPrivate: isPrivate, sponsor: nil, now: now)
        try author(
            .found(nonce: nonce, name: name, purpose: purpose, founder: profile), of: id, now: now)
        for compartment in Compartment.granted { try mintKey(compartment, in: id, now: now) }
        return id
    }

    /// Admits a site, or grants a member more, and hands it the keys of what it may read now.
    public func admit(
        _ site: SiteProfile, _ grant: Grant, invitation: Data, to id: PartnershipID, now: Instant
    ) throws {
        try author(.admit(site, grant, invitation: invitation), of: id, now: now)
        try handOver(mintedByOthersToo: true, in: id, now: now)
    }

    /// Whether a grant allows a member all that it may do already.
    public func isWidening(
        _ site: SiteID, to grant: Grant, in id: PartnershipID
    ) throws -> Bool {
        try self.grant(of: site, in: id)?.isWithin(grant) ?? false
    }

    /// Puts a grant in the place of all that a member was granted; mints new keys for what it may
    /// not read any more, and hands it those of what it may read now.
    public func change(
        _ site: SiteID, to grant: Grant, in id: PartnershipID, now: Instant
    ) throws {
        try author(.change(site, grant, try cut(of: site, in: id)), of: id, now: now)
        try renewKeys(in: id, now: now)
        try handOver(mintedByOthersToo: true, in: id, now: now)
    }

    /// Removes a member, votes for that, or leaves when the site is this one. The keys that it minted are
    /// handed to those who were let in without its knowledge: it will not do that any more.
    public func remove(_ site: SiteID, from id: PartnershipID, now: Instant) throws {
        try author(.remove(site, try cut(of: site, in: id)), of: id, now: now)
        try renewKeys(in: id, now: now)
        try handOver(mintedByOthersToo: false, in: id, now: now)
    }

    /// Votes for a member as a steward.
    public func elect(_ site: SiteID, in id: PartnershipID, now: Instant) throws {
        try author(.elect(site), of: id, now: now)
    }

    /// The ends of a site's feeds in the compartments that this site holds.
    private func cut(of site: SiteID, in id: PartnershipID) throws -> Cut {
        let own = try grant(of: keys.site, in: id)
        let covers = Compartment.allCases.filter { own?.holds($0) ?? false }
        return Cut(
            covers: Set(covers),
            ends: try covers.flatMap { compartment in
                try frontier(CompartmentID(id, compartment)).filter { $0.feed.author == site }
            })
    }

    /// Mints a key for the compartments that this site writes and has no fit key for.
    func renewKeys(in id: PartnershipID, now: Instant) throws {
        let partnership = try partnershipRow(id)
        guard let own = try grant(of: keys.site, in: partnership), own.writes else { return }
        for compartment in Compartment.granted where own.holds(compartment) {
            if try writingKey(compartment, in: partnership) == nil {
                try mintKey(compartment, in: id, now: now)
            }
        }
    }

    /// Mints a key of a compartment, sealed to every member that reads it.
    private func mintKey(_ compartment: Compartment, in id: PartnershipID, now: Instant) throws {
        let key = CompartmentKey(random: cryptography)
        let readers = try readers(of: compartment, in: try partnershipRow(id))
        try author(
            .mint(
                compartment, commitment: key.commitment,
                sealed: try readers.map { reader in
                    try key.sealed(
                        for: reader.site, sealingKey: reader.sealingKey, in: id, compartment,
                        cryptography)
                }), of: id, now: now)
    }

    private func readers(
        of compartment: Compartment, in partnership: Int64
    ) throws -> [(site: SiteID, sealingKey: Data)] {
        try rows(
            """
            SELECT site, sealing_key FROM standing JOIN member USING (partnership, site)
            WHERE partnership = ? AND role > ? AND compartments & ? <> 0 ORDER BY site
            """, [partnership, Role.relay.rawValue, Set([compartment]).bits]
        ).map { (try SiteID(blob: $0["site"]), $0["sealing_key"]) }
    }

    /// Hands members the keys of what they read and were never handed: a key by its minter, and by
    /// a steward when the minter is gone or writes no more, so that not everybody does it at once; by anyone
    /// who writes when no steward has it. Called when acts
    /// came from elsewhere: who admits a site cannot know of keys that are minted meanwhile.
    public func handOverKeys(now: Instant) throws {
        for row in try rows("SELECT uuid FROM partnership") {
            try handOver(
                mintedByOthersToo: false, in: try PartnershipID(blob: row["uuid"]), now: now)
        }
    }

    /// Old keys are handed over too: current state lives in old entries.
    private func handOver(
        mintedByOthersToo: Bool, in id: PartnershipID, now: Instant
    ) throws {
        let partnership = try partnershipRow(id)
        guard let own = try grant(of: keys.site, in: partnership), own.writes else { return }
        var handed: [(key: EntryHash, sealed: SealedKey)] = []
        for compartment in Compartment.granted where own.holds(compartment) {
            let readers = try readers(of: compartment, in: partnership)
            for row in try rows(
                """
                SELECT id, secret, minter FROM compartment_key
                WHERE partnership = ? AND compartment = ? AND secret IS NOT NULL
                ORDER BY depth, id
                """, [partnership, compartment.rawValue])
            {
                let minter = try SiteID(blob: row["minter"])
                let name = try EntryHash(blob: row["id"])
                let isOurs =
                    try mintedByOthersToo || minter == keys.site
                    || !writes(minter, compartment, in: partnership)
                        && (own.role == .steward
                            || !hasSteward(among: name, compartment, in: partnership))
                guard isOurs, let key = CompartmentKey(bytes: row["secret"]) else { continue }
                for reader in readers where try !isRecipient(reader.site, of: name) {
                    let sealed = try key.sealed(
                        for: reader.site, sealingKey: reader.sealingKey, in: id, compartment,
                        cryptography)
                    handed.append((name, sealed))
                }
            }
        }
        for start in stride(from: 0, to: handed.count, by: 256) {
            try author(
                .handOver(Array(handed[start..<min(start + 256, handed.count)])), of: id, now: now)
        }
    }

    /// Whether a site may hand over keys of a compartment itself.
    private func writes(
        _ site: SiteID, _ compartment: Compartment, in partnership: Int64
    ) throws -> Bool {
        let grant = try grant(of: site, in: partnership)
        return grant.map { $0.writes && $0.holds(compartment) } ?? false
    }

    /// Whether a steward that writes a compartment was ever sealed a key of it.
    private func hasSteward(
        among key: EntryHash, _ compartment: Compartment, in partnership: Int64
    ) throws -> Bool {
        try number(
            """
            SELECT 1 FROM key_recipient JOIN standing ON standing.site = key_recipient.site
            WHERE key = ? AND standing.partnership = ? AND role = ? AND compartments & ? <> 0
            """,
            [key.blob, partnership, Role.steward.rawValue, Set([compartment]).bits]) != nil
    }

    private func isRecipient(_ site: SiteID, of key: EntryHash) throws -> Bool {
        try number(
            "SELECT 1 FROM key_recipient WHERE key = ? AND site = ?", [key.blob, site.blob]) != nil
    }
}
