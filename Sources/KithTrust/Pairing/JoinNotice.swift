import Crypto
public import Foundation
public import KithModel
public import KithProtocol
import SwiftProtobuf

/// What an inviter leaves at a relay for a joiner who cannot reach it: what the invitation is to, and
/// the key to which a join request is sealed.
///
/// Sealed under the invitation's secret, so that the relay reads nothing, and signed by the inviter,
/// whom the code names. Source: `Protocol/pairing.md`, "Through a relay".
public struct JoinNotice: Hashable, Sendable {
    /// Who invites.
    public let inviter: SiteProfile
    /// The partnership's name.
    public let partnershipName: String
    /// Why its members share.
    public let purpose: String
    /// What the joiner is granted.
    public let grant: Grant
    /// The relay's name.
    public let relayName: String

    /// Describes an invitation to its receiver.
    public init(
        inviter: SiteProfile, partnershipName: String, purpose: String, grant: Grant,
        relayName: String
    ) {
        self.inviter = inviter
        self.partnershipName = partnershipName
        self.purpose = purpose
        self.grant = grant
        self.relayName = relayName
    }

    /// Seals the notice for the relay of an invitation, signed by the inviter.
    public func sealed(
        for code: InvitationCode, relay: SiteID, by key: SiteKey,
        _ cryptography: any Cryptography
    ) throws -> Data {
        let notice = Kith_V1_JoinNotice.with {
            $0.inviter = Kith_V1_SiteProfile(inviter)
            $0.partnershipName = partnershipName
            $0.purpose = purpose
            $0.grant = Kith_V1_Grant(grant)
            $0.relayName = relayName
        }.bytes()
        let place = Self.place(relay, code.inviter, code.partnership)
        let signed = Kith_V1_SignedNotice.with {
            $0.notice = notice
        }
        var message = signed
        message.signature = try cryptography.sign(place + notice, with: key.privateKey)
        return try cryptography.seal(
            message.bytes(), key: Self.key(code.secret), binding: place)
    }

    /// Opens the notice of an invitation.
    ///
    /// Errors: `ProtocolFault` with `sealed` when it is another's or was changed, with `signature`
    /// when the inviter that the code names did not sign it.
    public init(
        opening sealed: Data, for code: InvitationCode, relay: SiteID,
        _ cryptography: any Cryptography
    ) throws(ProtocolFault) {
        let place = Self.place(relay, code.inviter, code.partnership)
        let plain = try cryptography.open(
            sealed, key: Self.key(code.secret), binding: place)
        let signed = try Kith_V1_SignedNotice(checked: plain, "signed notice")
        let notice = try Kith_V1_JoinNotice(checked: signed.notice, "notice")
        let inviter = try SiteProfile(notice.inviter)
        guard inviter.site == code.inviter,
            cryptography.isSignature(
                signed.signature, of: place + signed.notice, by: inviter.root.publicKey)
        else { throw ProtocolFault(.signature, "the notice is not signed by the inviter") }
        let texts = [notice.partnershipName, notice.purpose, notice.relayName]
        guard texts.allSatisfy({ (1...Limits.personBytes).contains($0.utf8.count) }) else {
            throw ProtocolFault(.limit, "notice")
        }
        self.init(
            inviter: inviter, partnershipName: notice.partnershipName, purpose: notice.purpose,
            grant: try Grant(notice.grant), relayName: notice.relayName)
    }

    /// The key under which a notice is sealed: from the secret, and for nothing else.
    private static func key(_ secret: Data) -> SymmetricKey {
        SymmetricKey(
            data: HMAC<SHA256>.authenticationCode(
                for: Data("kith notice key v1".utf8) + [0], using: SymmetricKey(data: secret)))
    }

    private static func place(
        _ relay: SiteID, _ inviter: SiteID, _ partnership: PartnershipID
    ) -> Data {
        Data("kith notice v1".utf8) + [0] + relay.bytes + inviter.bytes + partnership.bytes
    }
}

extension InvitationCode {
    /// What names the invitation's letterbox at a relay; sixteen bytes. Whoever does not hold the
    /// secret cannot name it, but the relay.
    public static func letterbox(secret: Data, relay: SiteID) -> Data {
        Data(
            SHA256.hash(data: Data("kith letterbox v1".utf8) + [0] + relay.bytes + secret)
        ).prefix(16)
    }
}
