public import Foundation
public import KithModel
public import KithProtocol
import SwiftProtobuf

/// What others need to know of a site.
public struct SiteProfile: Hashable, Sendable {
    /// The site's root certificate; names the site and pins its key.
    public var root: RootCertificate
    /// P-256 public key for HPKE, 65 bytes, uncompressed.
    public var sealingKey: Data
    /// What people call it.
    public var name: String
    /// The code of its kind of organisation.
    public var kind: String
    /// Its ODS code; empty when it has none.
    public var ods: String
    /// Where it can be dialled, as HOST:PORT.
    public var addresses: [String]

    /// Describes a site to others.
    public init(
        root: RootCertificate, sealingKey: Data, name: String, kind: String, ods: String,
        addresses: [String]
    ) {
        self.root = root
        self.sealingKey = sealingKey
        self.name = name
        self.kind = kind
        self.ods = ods
        self.addresses = addresses
    }

    /// The site.
    public var site: SiteID { root.siteID }
}

/// One act in the `membership` compartment.
public enum MembershipAct: Sendable {
    /// Makes the partnership.
    case found(nonce: Data, name: String, purpose: String, founder: SiteProfile)
    /// Admits a site.
    case admit(SiteProfile, Grant, invitation: Data)
    /// Makes a compartment key; the entry's hash is the key's id.
    case mint(Compartment, commitment: Data, sealed: [SealedKey])
    /// Hands earlier keys to a member.
    case handOver([(key: EntryHash, sealed: SealedKey)])
    /// A member's own latest word on itself.
    case describe(SiteProfile)
    /// Puts a new grant in the place of all that a member was granted before.
    case change(SiteID, Grant, Cut)
    /// Ends a membership: a leave, a removal, or a vote for one.
    case remove(SiteID, Cut)
    /// A vote to make a member a steward.
    case elect(SiteID)
}

/// How far a member's entries still count as written under what it was granted before.
public struct Cut: Hashable, Sendable {
    /// The compartments that the cut's author holds; in others nothing is named.
    public var covers: Set<Compartment>
    /// The leaves of every feed of the member in these.
    public var ends: [Position]

    /// Names the ends of a member's feeds.
    public init(covers: Set<Compartment>, ends: [Position]) {
        self.covers = covers
        self.ends = ends
    }
}

/// A compartment key, sealed to one site.
public struct SealedKey: Hashable, Sendable {
    /// The site that can open it.
    public var site: SiteID
    /// HPKE's encapsulated key.
    public var encapsulated: Data
    /// The sealed key.
    public var ciphertext: Data

    /// Holds a sealed key.
    public init(site: SiteID, encapsulated: Data, ciphertext: Data) {
        self.site = site
        self.encapsulated = encapsulated
        self.ciphertext = ciphertext
    }
}

extension MembershipAct {
    /// The bytes of the part's skeleton.
    public func encoded() -> Data {
        var message = Kith_V1_MembershipAct()
        switch self {
        case .found(let nonce, let name, let purpose, let founder):
            message.found = .with {
                $0.nonce = nonce
                $0.name = name
                $0.purpose = purpose
                $0.founder = Kith_V1_SiteProfile(founder)
            }
        case .admit(let site, let grant, let invitation):
            message.admit = .with {
                $0.site = Kith_V1_SiteProfile(site)
                $0.grant = Kith_V1_Grant(grant)
                $0.invitation = invitation
            }
        case .mint(let compartment, let commitment, let sealed):
            message.mint = .with {
                $0.compartment = Kith_V1_Compartment(rawValue: compartment.rawValue) ?? .unspecified
                $0.commitment = commitment
                $0.sealed = sealed.map(Kith_V1_SealedKey.init)
            }
        case .handOver(let keys):
            message.handOver = .with {
                $0.keys = keys.map { key, sealed in
                    .with {
                        $0.key = Data(key.bytes)
                        $0.sealed = Kith_V1_SealedKey(sealed)
                    }
                }
            }
        case .describe(let site):
            message.describe = .with { $0.site = Kith_V1_SiteProfile(site) }
        case .change(let site, let grant, let cut):
            message.change = .with {
                $0.site = Data(site.bytes)
                $0.grant = Kith_V1_Grant(grant)
                $0.cut = Kith_V1_Cut(cut)
            }
        case .remove(let site, let cut):
            message.remove = .with {
                $0.site = Data(site.bytes)
                $0.cut = Kith_V1_Cut(cut)
            }
        case .elect(let site):
            message.elect = .with { $0.site = Data(site.bytes) }
        }
        return message.bytes()
    }

    /// Reads an act; one that a newer version added is a `version` fault.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        let message = try Kith_V1_MembershipAct(checked: bytes, "membership act")
        switch message.act {
        case nil: throw ProtocolFault(.version, "membership act of an unknown kind")
        case .found(let found):
            self = .found(
                nonce: found.nonce, name: found.name, purpose: found.purpose,
                founder: try SiteProfile(found.founder))
        case .admit(let admit):
            self = .admit(
                try SiteProfile(admit.site), try Grant(admit.grant), invitation: admit.invitation)
        case .mint(let mint):
            guard let compartment = Compartment(rawValue: mint.compartment.rawValue),
                compartment != .membership, mint.commitment.count == 32
            else { throw ProtocolFault(.malformed, "minting of a key") }
            self = .mint(
                compartment, commitment: mint.commitment,
                sealed: try mint.sealed.map { sealed throws(ProtocolFault) in
                    try SealedKey(sealed)
                })
        case .handOver(let handOver):
            var keys: [(key: EntryHash, sealed: SealedKey)] = []
            for message in handOver.keys {
                guard let key = EntryHash(bytes: message.key) else {
                    throw ProtocolFault(.malformed, "key id")
                }
                keys.append((key, try SealedKey(message.sealed)))
            }
            self = .handOver(keys)
        case .describe(let describe):
            self = .describe(try SiteProfile(describe.site))
        case .change(let change):
            let site = try Self.site(change.site)
            self = .change(site, try Grant(change.grant), try Cut(change.cut, of: site))
        case .remove(let remove):
            let site = try Self.site(remove.site)
            self = .remove(site, try Cut(remove.cut, of: site))
        case .elect(let elect): self = .elect(try Self.site(elect.site))
        }
    }

    private static func site(_ bytes: Data) throws(ProtocolFault) -> SiteID {
        guard let site = SiteID(bytes: bytes) else { throw ProtocolFault(.malformed, "site id") }
        return site
    }
}

extension Kith_V1_Cut {
    init(_ cut: Cut) {
        self.init()
        covers = cut.covers.sorted().map(Kith_V1_Compartment.init)
        ends = cut.ends.map { end in
            .with {
                $0.compartment = Kith_V1_Compartment(end.feed.compartment)
                $0.incarnation = end.feed.incarnation
                $0.sequence = end.sequence
                $0.hash = Data(end.hash.bytes)
            }
        }
    }
}

extension Cut {
    init(_ message: Kith_V1_Cut, of site: SiteID) throws(ProtocolFault) {
        guard message.ends.count <= Limits.cutEnds else { throw ProtocolFault(.limit, "cut") }
        var covers: Set<Compartment> = []
        for raw in message.covers {
            guard let compartment = Compartment(rawValue: raw.rawValue) else {
                throw ProtocolFault(.version, "compartment")
            }
            covers.insert(compartment)
        }
        var ends: [Position] = []
        for end in message.ends {
            guard let compartment = Compartment(rawValue: end.compartment.rawValue),
                covers.contains(compartment), let hash = EntryHash(bytes: end.hash),
                end.incarnation > 0, end.sequence > 0, end.sequence <= Limits.sequence
            else { throw ProtocolFault(.malformed, "cut") }
            let feed = FeedID(author: site, incarnation: end.incarnation, compartment: compartment)
            ends.append(Position(feed: feed, sequence: end.sequence, hash: hash))
        }
        self.init(covers: covers, ends: ends)
    }
}

extension Kith_V1_SiteProfile {
    package init(_ profile: SiteProfile) {
        self.init()
        rootCertificate = Data(profile.root.der)
        sealingKey = profile.sealingKey
        name = profile.name
        kind = profile.kind
        ods = profile.ods
        addresses = profile.addresses
    }
}

extension SiteProfile {
    private static let textBytes = 1_024
    private static let addressCount = 16

    package init(_ message: Kith_V1_SiteProfile) throws(ProtocolFault) {
        let texts = [message.name, message.kind, message.ods] + message.addresses
        guard texts.allSatisfy({ $0.utf8.count <= Self.textBytes }),
            message.addresses.count <= Self.addressCount
        else { throw ProtocolFault(.limit, "site profile") }
        guard message.sealingKey.count == 65,
            let root = try? RootCertificate(der: Array(message.rootCertificate))
        else { throw ProtocolFault(.malformed, "site profile") }
        self.init(
            root: root, sealingKey: message.sealingKey, name: message.name, kind: message.kind,
            ods: message.ods, addresses: message.addresses)
    }
}

extension Kith_V1_Grant {
    package init(_ grant: Grant) {
        self.init()
        role =
            switch grant.role {
            case .steward: .steward
            case .contributor: .contributor
            case .reviewer: .reviewer
            case .relay: .relay
            }
        compartments = grant.compartments.sorted().compactMap {
            Kith_V1_Compartment(rawValue: $0.rawValue)
        }
        mayAttest = grant.mayAttest
        if let ends = grant.ends { endsMs = ends.milliseconds }
    }
}

extension Grant {
    package init(_ message: Kith_V1_Grant) throws(ProtocolFault) {
        let role: Role
        switch message.role {
        case .steward: role = .steward
        case .contributor: role = .contributor
        case .reviewer: role = .reviewer
        case .relay: role = .relay
        case .unspecified, .UNRECOGNIZED: throw ProtocolFault(.version, "role")
        }
        var compartments: Set<Compartment> = []
        for raw in message.compartments {
            guard let compartment = Compartment(rawValue: raw.rawValue) else {
                throw ProtocolFault(.version, "compartment")
            }
            compartments.insert(compartment)
        }
        guard !message.hasEndsMs || Instant.range.contains(message.endsMs) else {
            throw ProtocolFault(.malformed, "end of sharing")
        }
        self.init(
            role: role, compartments: compartments, mayAttest: message.mayAttest,
            ends: message.hasEndsMs ? Instant(milliseconds: message.endsMs) : nil)
    }
}

extension Kith_V1_SealedKey {
    init(_ sealed: SealedKey) {
        self.init()
        site = Data(sealed.site.bytes)
        encapsulated = sealed.encapsulated
        ciphertext = sealed.ciphertext
    }
}

extension SealedKey {
    init(_ message: Kith_V1_SealedKey) throws(ProtocolFault) {
        guard let site = SiteID(bytes: message.site), message.encapsulated.count <= 256,
            message.ciphertext.count <= 256
        else { throw ProtocolFault(.malformed, "sealed key") }
        self.init(site: site, encapsulated: message.encapsulated, ciphertext: message.ciphertext)
    }
}
