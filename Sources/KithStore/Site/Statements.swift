public import Foundation
import GRDB
public import KithModel
public import KithProtocol
public import KithTrust

/// A site's signed word on where it stands in a compartment.
public struct KeptStatement: Sendable {
    /// Which one.
    public let mark: StatementMark
    /// The serialized `kith.v1.Statement`.
    public let bytes: Data
    /// Its signature.
    public let signature: Data
    /// Digest of the leaves that it names.
    public let frontierDigest: Data
    /// When it was made, by that site's clock.
    public let time: Instant
}

// Statements lie outside of the log: of each site and compartment the latest is kept (D30).
extension StoreTransaction {
    /// Keeps a site's word on a compartment if it is newer than the one that is here.
    public func keepStatement(
        _ bytes: Data, signature: Data, by site: SiteID, on id: CompartmentID, counter: Int64,
        frontier: [Position], time: Instant
    ) throws {
        try execute(
            """
            INSERT INTO statement (partnership, compartment, site, counter, digest, frontier_digest,
                bytes, signature, time_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (partnership, compartment, site) DO UPDATE SET
                counter = excluded.counter, digest = excluded.digest,
                frontier_digest = excluded.frontier_digest, bytes = excluded.bytes,
                signature = excluded.signature, time_ms = excluded.time_ms
            WHERE (excluded.counter, excluded.digest) > (statement.counter, statement.digest)
            """,
            [
                try partnershipRow(id.partnership), id.compartment.rawValue, site.blob, counter,
                StatementMark.digest(of: bytes), FrontierDigest.digest(of: frontier), bytes,
                signature, time.milliseconds,
            ])
    }

    /// The latest statement of a site on a compartment.
    public func statement(by site: SiteID, on id: CompartmentID) throws -> KeptStatement? {
        try row(
            """
            SELECT \(Self.statementColumns) FROM statement
            WHERE partnership = ? AND compartment = ? AND site = ?
            """, [try partnershipRow(id.partnership), id.compartment.rawValue, site.blob]
        ).map(Self.keptStatement)
    }

    /// The latest statements of those who are in a compartment, by all that is known here.
    public func statements(on id: CompartmentID) throws -> [KeptStatement] {
        try rows(
            """
            SELECT \(Self.statementColumns) FROM statement JOIN standing USING (partnership, site)
            WHERE partnership = ? AND compartment = ? AND \(Self.isIn) ORDER BY site
            """, [try partnershipRow(id.partnership), id.compartment.rawValue]
        ).map(Self.keptStatement)
    }

    /// Which statements there are of those who are in some compartments.
    public func statementMarks(
        on ids: [CompartmentID]
    ) throws -> [CompartmentID: [StatementMark]] {
        let partnerships = Set(ids.map(\.partnership))
        let names = partnerships.count > 100 ? [] : try partnerships.map(partnershipRow)
        let wanted = Set(ids)
        var marks: [CompartmentID: [StatementMark]] = [:]
        for row in try rows(
            """
            SELECT uuid, compartment, statement.site, counter, digest
            FROM statement INDEXED BY statement_mark JOIN standing USING (partnership, site)
            JOIN partnership ON partnership.id = statement.partnership
            WHERE \(Self.isIn)
                \(names.isEmpty ? "" : "AND statement.partnership IN (SELECT value FROM json_each(?))")
            """, names.isEmpty ? [] : [Self.list(names)])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]) else { continue }
            let id = CompartmentID(try PartnershipID(blob: row["uuid"]), compartment)
            guard wanted.contains(id) else { continue }
            marks[id, default: []].append(try Self.mark(row))
        }
        return marks
    }

    /// The certificate of a site that is in a compartment, by all that is known here.
    public func rootCertificate(
        of site: SiteID, in id: CompartmentID
    ) throws -> RootCertificate? {
        try row(
            """
            SELECT root FROM member JOIN standing USING (partnership, site)
            WHERE partnership = ?1 AND site = ?2 AND role IS NOT NULL
                AND (?3 = 1 OR compartments & (1 << ?3) <> 0)
            """, [try partnershipRow(id.partnership), site.blob, id.compartment.rawValue]
        ).flatMap { try? RootCertificate(der: Array($0["root"] as Data)) }
    }

    /// The next number of this site's own statements.
    public func nextStatementCounter() throws -> Int64 {
        let next = try statementCounter() + 1
        try setNote("statements", String(next))
        return next
    }

    /// A partner has a statement of this site's with a number that is not given out here yet: goes on after
    /// it, and takes what this site last said on a compartment for said no more.
    public func countOn(from counter: Int64, on id: CompartmentID) throws {
        try setNote("statements", String(max(counter, try statementCounter())))
        try execute(
            "DELETE FROM statement WHERE partnership = ? AND compartment = ? AND site = ?",
            [try partnershipRow(id.partnership), id.compartment.rawValue, keys.site.blob])
    }

    private func statementCounter() throws -> Int64 {
        try number("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'statements'") ?? 0
    }

    /// That a site is in a compartment; an agreement that has ended leaves it there. Every member is in
    /// `membership`, which no grant names.
    private static let isIn = """
        standing.role IS NOT NULL AND (statement.compartment = 1
            OR standing.compartments & (1 << statement.compartment) <> 0)
        """
    private static let statementColumns =
        "statement.site, counter, digest, bytes, signature, frontier_digest, time_ms"

    private static func mark(_ row: StoredRow) throws -> StatementMark {
        StatementMark(
            site: try SiteID(blob: row["site"]), counter: UInt64(row["counter"] as Int64),
            digest: row["digest"])
    }

    private static func keptStatement(_ row: StoredRow) throws -> KeptStatement {
        KeptStatement(
            mark: try mark(row), bytes: row["bytes"], signature: row["signature"],
            frontierDigest: row["frontier_digest"], time: Instant(milliseconds: row["time_ms"]))
    }
}
