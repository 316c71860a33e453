import Crypto
public import Foundation
public import KithModel
internal import SwiftProtobuf

/// Which statement of a site is meant: the greater is the newer.
///
/// A site that was restored from a backup may use a counter twice; then the digests decide, alike
/// everywhere.
public struct StatementMark: Hashable, Sendable, Comparable {
    /// Whose statement.
    public let site: SiteID
    /// Its number among that site's.
    public let counter: UInt64
    /// The first eight bytes of SHA-256 of the statement.
    public let digest: Data

    /// How many bytes of a statement's digest are told.
    public static let digestBytes = 8

    /// Names a statement.
    public init(site: SiteID, counter: UInt64, digest: Data) {
        self.site = site
        self.counter = counter
        self.digest = digest
    }

    /// The digest of a statement's bytes.
    public static func digest(of statement: Data) -> Data {
        Data(SHA256.hash(data: statement)).prefix(digestBytes)
    }

    /// Orders by site, counter, digest.
    public static func < (left: Self, right: Self) -> Bool {
        if left.site != right.site { return left.site < right.site }
        if left.counter != right.counter { return left.counter < right.counter }
        return left.digest.lexicographicallyPrecedes(right.digest)
    }
}

extension StatementMark {
    package init?(_ stated: Kith_V1_Stated) {
        guard let site = SiteID(bytes: stated.site), stated.digest.count == Self.digestBytes,
            Int64(exactly: stated.counter) != nil
        else { return nil }
        self.init(site: site, counter: stated.counter, digest: stated.digest)
    }

    package var message: Kith_V1_Stated {
        .with {
            $0.site = Data(site.bytes)
            $0.counter = counter
            $0.digest = digest
        }
    }
}
