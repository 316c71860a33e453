import Crypto
public import Foundation
public import KithModel

/// What two people read to each other to make sure that nobody stands between their sites.
///
/// The dialling site commits to its nonce before it sees the other's, so that nobody in between can
/// look for a nonce that gives the same words on both sides. Source: `Protocol/pairing.md`, "By
/// phone".
public struct ComparedWords: Hashable, Sendable {
    /// The six words: thirty bits.
    public let words: [String]

    /// The words of two sites and their nonces, as one of the sites sees them.
    public init(dialler: SiteID, waiter: SiteID, diallerNonce: Data, waiterNonce: Data) {
        let digest = Array(
            sum("kith pair words v1", dialler, waiter, diallerNonce + waiterNonce))
        words = (0..<6).map { number in
            let bit = number * 5
            let pair = UInt16(digest[bit / 8]) << 8 | UInt16(digest[bit / 8 + 1])
            return Self.list[Int(pair >> UInt16(11 - bit % 8) & 31)]
        }
    }

    /// Binds the dialling site to its nonce without showing it; thirty-two bytes.
    public static func commitment(dialler: SiteID, waiter: SiteID, nonce: Data) -> Data {
        Data(sum("kith pair commitment v1", dialler, waiter, nonce))
    }

    /// Thirty-two words that are told apart on a bad line; `Protocol/words.md` has the same.
    static let list = [
        "apple", "blanket", "bridge", "butter", "candle", "chimney", "dolphin", "dragon",
        "engine", "feather", "fountain", "garden", "hammer", "harvest", "island", "jacket",
        "kettle", "lemon", "mirror", "needle", "orange", "pencil", "penguin", "quarter",
        "rabbit", "saddle", "thunder", "tiger", "umbrella", "velvet", "window", "yellow",
    ]
}

private func sum(
    _ label: String, _ dialler: SiteID, _ waiter: SiteID, _ nonces: Data
) -> SHA256.Digest {
    var hash = SHA256()
    hash.update(data: Data(label.utf8) + [0])
    hash.update(data: Data(dialler.bytes))
    hash.update(data: Data(waiter.bytes))
    hash.update(data: nonces)
    return hash.finalize()
}
