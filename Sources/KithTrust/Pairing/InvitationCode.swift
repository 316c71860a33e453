import Crypto
public import Foundation
public import KithModel
import KithProtocol
import SwiftProtobuf

/// What one site hands another so that it can join: who invites, where, to what, and a secret.
///
/// Text form: a serialized `Invitation` in Crockford base32, a check character after every five, in
/// groups of six. A typing error is noticed, and where, before anyone is rung. Source:
/// `Protocol/pairing.md`.
public struct InvitationCode: Hashable, Sendable {
    /// The site that invites.
    public let inviter: SiteID
    /// The partnership.
    public let partnership: PartnershipID
    /// Sixteen random bytes, good for one join.
    public let secret: Data
    /// When it ends.
    public let expires: Instant
    /// Where the inviter is reached, as HOST:PORT; may be empty when there is a relay.
    public let addresses: [String]
    /// Where a join request is left when the inviter is not reached.
    public let relay: Relay?

    /// A relay, as a joiner who does not know it finds it.
    public struct Relay: Hashable, Sendable {
        /// Which site it is.
        public let site: SiteID
        /// Where it is reached, as HOST:PORT.
        public let addresses: [String]

        /// Names a relay.
        public init(site: SiteID, addresses: [String]) {
            self.site = site
            self.addresses = addresses
        }
    }

    /// Describes an invitation.
    public init(
        inviter: SiteID, partnership: PartnershipID, secret: Data, expires: Instant,
        addresses: [String], relay: Relay? = nil
    ) {
        self.inviter = inviter
        self.partnership = partnership
        self.secret = secret
        self.expires = expires
        self.addresses = addresses
        self.relay = relay
    }

    /// What names the invitation at its inviter without giving the secret away; eight bytes.
    public var id: Data { Self.id(ofSecret: secret) }

    /// The id of the invitation with a secret.
    public static func id(ofSecret secret: Data) -> Data {
        Data(SHA256.hash(data: Data("kith invitation v1".utf8) + [0] + secret)).prefix(8)
    }

    /// Shows that a joiner holds the secret, for this inviter, joiner and partnership alone.
    public static func proof(
        secret: Data, inviter: SiteID, joiner: SiteID, partnership: PartnershipID
    ) -> Data {
        let message = proofMessage(inviter, joiner, partnership)
        return Data(
            HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
    }

    /// Whether a proof is the one for a secret; takes the same time wherever it differs.
    public static func isProof(
        _ proof: Data, secret: Data, inviter: SiteID, joiner: SiteID, partnership: PartnershipID
    ) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            proof, authenticating: proofMessage(inviter, joiner, partnership),
            using: SymmetricKey(data: secret))
    }

    private static func proofMessage(
        _ inviter: SiteID, _ joiner: SiteID, _ partnership: PartnershipID
    ) -> Data {
        var message = Data("kith join v1".utf8) + [0]
        message += inviter.bytes
        message += joiner.bytes
        message += partnership.bytes
        return message
    }
}

extension InvitationCode {
    /// Why a text is not an invitation code; each says what to do.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// A character that no code has.
        case character
        /// A typing error in a group, counted from 1.
        case group(Int)
        /// Too short, too long, or cut.
        case length
        /// Well typed, but not an invitation that this version reads.
        case content

        /// One line that says what to do.
        public var description: String {
            switch self {
            case .character:
                "the code holds a character that codes do not have; type it again as printed"
            case .group(let number):
                "group \(number) of the code is mistyped; compare it with the printed code"
            case .length:
                "the code is not complete; copy it whole, from the first group to the last"
            case .content:
                "the code is not an invitation that this version of Kith reads; ask for a new one"
            }
        }
    }

    /// The code to print.
    public var text: String {
        let message = Kith_V1_Invitation.with {
            $0.version = 1
            $0.inviter = Data(inviter.bytes)
            $0.partnership = Data(partnership.bytes)
            $0.secret = secret
            $0.expiresS = expires.milliseconds / 1000
            $0.addresses = addresses
            if let relay {
                $0.relay = .with {
                    $0.site = Data(relay.site.bytes)
                    $0.addresses = relay.addresses
                }
            }
        }
        return CheckedGroups.invitation.encode(Array(message.bytes()))
    }

    /// Reads a code as a person types it: any case, O for 0, I and l for 1, spaces and hyphens.
    public init(text: String) throws(Problem) {
        let bytes: [UInt8]
        switch CheckedGroups.invitation.decode(text) {
        case .success(let decoded): bytes = decoded
        case .failure(.character): throw .character
        case .failure(.run(let number)): throw .group(number)
        case .failure(.length): throw .length
        }
        guard let message = try? Kith_V1_Invitation(serializedBytes: bytes), message.version == 1,
            let inviter = SiteID(bytes: message.inviter),
            let partnership = PartnershipID(bytes: message.partnership),
            message.secret.count == 16, message.addresses.count <= 16,
            !message.addresses.isEmpty || message.hasRelay,
            (0...Instant.range.upperBound / 1000).contains(message.expiresS)
        else { throw .content }
        var relay: Relay?
        if message.hasRelay {
            guard let site = SiteID(bytes: message.relay.site),
                (1...16).contains(message.relay.addresses.count)
            else { throw .content }
            relay = Relay(site: site, addresses: message.relay.addresses)
        }
        self.init(
            inviter: inviter, partnership: partnership, secret: message.secret,
            expires: Instant(milliseconds: message.expiresS * 1000), addresses: message.addresses,
            relay: relay)
    }
}
