public import Foundation
import GRDB
public import KithModel
public import KithTrust

/// An invitation as the store knows it.
public struct StoredInvitation: Sendable {
    /// Eight bytes.
    public let id: Data
    /// The partnership.
    public let partnership: PartnershipID
    /// Sixteen bytes.
    public let secret: Data
    /// What the joiner is granted.
    public let grant: Grant
    /// Where the joiner reaches this site.
    public let addresses: [String]
    /// When it ends.
    public let expires: Instant
    /// Wrong proofs so far.
    public let failures: Int
    /// Who used it.
    public let usedBy: SiteID?
    /// The relay that it names.
    public let relay: SiteID?
    /// When that relay last took its letterbox; nil: it has none.
    public let told: Instant?

    /// Whether nobody has used it, and it has not ended.
    public func stands(at now: Instant) -> Bool {
        usedBy == nil && expires > now && failures < StoreTransaction.invitationFailures
    }
}

extension StoreTransaction {
    /// Wrong proofs that an invitation takes before it ends.
    public static let invitationFailures = 5

    /// Keeps an invitation that has just been made.
    public func addInvitation(_ code: InvitationCode, grant: Grant) throws {
        try execute(
            """
            INSERT INTO invitation
                (id, partnership, secret, role, compartments, may_attest, ends_ms, addresses,
                 expires_ms, relay)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                code.id, try partnershipRow(code.partnership), code.secret, grant.role.rawValue,
                grant.compartments.bits, grant.mayAttest, grant.ends?.milliseconds,
                code.addresses.joined(separator: "\n"),
                code.expires.milliseconds, code.relay?.site.blob,
            ])
    }

    /// An invitation by its id.
    public func invitation(_ id: Data) throws -> StoredInvitation? {
        try invitations("invitation.id = ?", [id]).first
    }

    /// The invitations that still stand.
    public func standingInvitations(at now: Instant) throws -> [StoredInvitation] {
        try invitations(
            "used_by IS NULL AND expires_ms > ? AND failures < ?",
            [now.milliseconds, Self.invitationFailures])
    }

    /// The invitations that name a relay and stand, or have a letterbox there that is to be closed.
    public func invitations(through relay: SiteID, at now: Instant) throws -> [StoredInvitation] {
        try invitations("relay = ?", [relay.blob]).filter { $0.told != nil || $0.stands(at: now) }
    }

    /// Notes which of this site's letterboxes a relay has now; it has no others.
    public func noteLetterboxes(
        of invitations: [Data], at relay: SiteID, now: Instant
    ) throws {
        try execute("UPDATE invitation SET told_ms = NULL WHERE relay = ?", [relay.blob])
        for id in invitations {
            try execute(
                "UPDATE invitation SET told_ms = ? WHERE id = ?", [now.milliseconds, id])
        }
    }

    /// Counts a wrong proof.
    public func noteFailure(ofInvitation id: Data) throws {
        try execute(
            "UPDATE invitation SET failures = failures + 1 WHERE id = ? AND used_by IS NULL", [id])
    }

    /// Ends an invitation that nobody has used.
    public func revokeInvitation(_ id: Data, now: Instant) throws {
        try execute(
            "UPDATE invitation SET expires_ms = min(expires_ms, ?) WHERE id = ? AND used_by IS NULL",
            [now.milliseconds, id])
    }

    /// Uses an invitation up.
    public func useInvitation(_ id: Data, by site: SiteID, now: Instant) throws {
        try execute(
            "UPDATE invitation SET used_by = ?, used_ms = ? WHERE id = ?",
            [site.blob, now.milliseconds, id])
    }

    private func invitations(
        _ filter: String, _ arguments: Arguments
    ) throws -> [StoredInvitation] {
        try rows(
            """
            SELECT invitation.id, uuid, secret, role, compartments, may_attest, ends_ms,
                addresses, expires_ms, failures, used_by, relay, told_ms
            FROM invitation JOIN partnership ON partnership.id = invitation.partnership
            WHERE \(filter) ORDER BY expires_ms
            """, arguments
        ).compactMap { row in
            guard let grant = Grant(row: row) else { return nil }
            return StoredInvitation(
                id: row["id"], partnership: try PartnershipID(blob: row["uuid"]),
                secret: row["secret"], grant: grant, addresses: (row["addresses"] as String).lines,
                expires: Instant(milliseconds: row["expires_ms"]), failures: row["failures"],
                usedBy: (row["used_by"] as Data?).flatMap { SiteID(bytes: $0) },
                relay: (row["relay"] as Data?).flatMap { SiteID(bytes: $0) },
                told: (row["told_ms"] as Int64?).map { Instant(milliseconds: $0) })
        }
    }
}
