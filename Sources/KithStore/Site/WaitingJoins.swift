public import Foundation
import GRDB
public import KithModel
public import KithTrust

/// A join request of this site that waits at a relay for its inviter.
public struct StoredWaitingJoin: Sendable {
    /// The invitation's id; eight bytes.
    public let invitation: Data
    /// Where it lies at the relay; sixteen bytes.
    public let letterbox: Data
    /// The partnership.
    public let partnership: PartnershipID
    /// What the inviter says of itself and the partnership, and what a person said yes to.
    public let notice: Notice
    /// The relay, and where it is reached.
    public let relay: InvitationCode.Relay
    /// The request as it was left.
    public let request: LeftJoin.Sealed
    /// When the invitation ends.
    public let expires: Instant
    /// When it was left.
    public let left: Instant
    /// What the relay last said against it.
    public let problem: String?

    /// What a person was told.
    public struct Notice: Sendable {
        /// Who invites.
        public let inviter: SiteID
        /// Its name.
        public let inviterName: String
        /// The partnership's name.
        public let name: String
        /// What it is for.
        public let purpose: String
        /// What this site is granted.
        public let grant: Grant
        /// The relay's name.
        public let relayName: String

        /// Describes what a person was told.
        public init(
            inviter: SiteID, inviterName: String, name: String, purpose: String, grant: Grant,
            relayName: String
        ) {
            self.inviter = inviter
            self.inviterName = inviterName
            self.name = name
            self.purpose = purpose
            self.grant = grant
            self.relayName = relayName
        }
    }

    /// Describes a request that has just been left.
    public init(
        invitation: Data, letterbox: Data, partnership: PartnershipID, notice: Notice,
        relay: InvitationCode.Relay, request: LeftJoin.Sealed, expires: Instant, left: Instant,
        problem: String? = nil
    ) {
        self.invitation = invitation
        self.letterbox = letterbox
        self.partnership = partnership
        self.notice = notice
        self.relay = relay
        self.request = request
        self.expires = expires
        self.left = left
        self.problem = problem
    }
}

extension StoreTransaction {
    /// Keeps a join request that was left at a relay.
    public func addWaitingJoin(_ join: StoredWaitingJoin) throws {
        let notice = join.notice
        try execute(
            """
            INSERT OR REPLACE INTO waiting_join
                (invitation, letterbox, partnership, name, purpose, inviter, inviter_name, relay,
                 relay_name, addresses, role, compartments, may_attest, ends_ms, encapsulated,
                 ciphertext, expires_ms, left_ms, problem)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
            """,
            [
                join.invitation, join.letterbox, join.partnership.blob, notice.name,
                notice.purpose, notice.inviter.blob, notice.inviterName, join.relay.site.blob,
                notice.relayName, join.relay.addresses.joined(separator: "\n"),
                notice.grant.role.rawValue, notice.grant.compartments.bits,
                notice.grant.mayAttest, notice.grant.ends?.milliseconds,
                join.request.encapsulated, join.request.ciphertext, join.expires.milliseconds,
                join.left.milliseconds,
            ])
    }

    /// The join requests that wait, the oldest first.
    public func waitingJoins() throws -> [StoredWaitingJoin] {
        try rows("SELECT * FROM waiting_join ORDER BY left_ms, invitation").compactMap { row in
            guard let grant = Grant(row: row) else { return nil }
            return StoredWaitingJoin(
                invitation: row["invitation"], letterbox: row["letterbox"],
                partnership: try PartnershipID(blob: row["partnership"]),
                notice: .init(
                    inviter: try SiteID(blob: row["inviter"]), inviterName: row["inviter_name"],
                    name: row["name"], purpose: row["purpose"], grant: grant,
                    relayName: row["relay_name"]),
                relay: .init(
                    site: try SiteID(blob: row["relay"]),
                    addresses: (row["addresses"] as String).lines),
                request: LeftJoin.Sealed(
                    encapsulated: row["encapsulated"], ciphertext: row["ciphertext"]),
                expires: Instant(milliseconds: row["expires_ms"]),
                left: Instant(milliseconds: row["left_ms"]), problem: row["problem"])
        }
    }

    /// Notes what a relay said against a join request; nil: it waits.
    public func noteWaitingJoin(_ invitation: Data, problem: String?) throws {
        try execute(
            "UPDATE waiting_join SET problem = ? WHERE invitation = ? AND problem IS NOT ?",
            [problem, invitation, problem])
    }

    /// Forgets a join request: it was granted, or taken back.
    public func removeWaitingJoin(_ invitation: Data) throws {
        try execute("DELETE FROM waiting_join WHERE invitation = ?", [invitation])
    }

    /// Forgets the join requests to a partnership that this site has joined.
    public func removeWaitingJoins(to partnership: PartnershipID) throws {
        try execute("DELETE FROM waiting_join WHERE partnership = ?", [partnership.blob])
    }
}
