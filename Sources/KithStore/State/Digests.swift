import Crypto
public import Foundation
import GRDB
import KithModel
import KithProtocol

extension StoreTransaction {
    /// SHA-256 over a compartment's candidates: record, kind, field, operation id and value bytes,
    /// sorted in that order (D9). Of `membership`: over the acts and keys.
    public func stateDigest(_ id: CompartmentID) throws -> Data {
        let partnership = try partnershipRow(id.partnership)
        var hash = SHA256()
        let isMembership = id.compartment == .membership
        let second = isMembership ? partnership : Int64(id.compartment.rawValue)
        try statement(isMembership ? Self.membershipState : Self.recordState).eachColumn(
            [.int(partnership), .int(second)]
        ) { column in
            switch column {
            case .blob(let bytes):
                hash.update(UInt32(bytes.count))
                hash.update(bufferPointer: bytes)
            case .integer(let number): hash.update(UInt32(truncatingIfNeeded: number))
            // An erased value, a grant without an end: no length that a value can have.
            default: hash.update(UInt32.max)
            }
        }
        return Data(hash.finalize())
    }

    private static let recordState = """
        SELECT record.uuid, record.kind, operation.field, entry.hash,
            operation.id & 4194303 AS place, operation.value
        FROM record JOIN operation ON operation.record = record.id
        JOIN entry ON entry.arrival = operation.id >> 22
        WHERE record.partnership = ? AND record.compartment = ? AND operation.is_superseded = 0
        ORDER BY record.uuid, record.kind, operation.field, entry.hash, place
        """

    private static let membershipState = """
        SELECT site, kind, role, membership_act.compartments, may_attest, is_in_effect, ends_ms, hash
        FROM membership_act JOIN entry USING (arrival) WHERE partnership = ?
        UNION ALL
        SELECT commitment, compartment, 0, 0, 0, 1, NULL, id FROM compartment_key WHERE partnership = ?
        ORDER BY 8, 1
        """

    /// SHA-256 over the leaves of a compartment's feeds: author, incarnation, sequence and hash.
    public func frontierDigest(_ id: CompartmentID) throws -> Data {
        FrontierDigest.digest(of: try frontier(id))
    }
}

extension SHA256 {
    /// A number, the greatest byte first.
    fileprivate mutating func update(_ number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { update(bufferPointer: $0) }
    }
}
