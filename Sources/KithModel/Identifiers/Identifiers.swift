import Crypto

/// A fixed-size name of something, made of bytes that mean nothing by themselves.
public protocol Identifier: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// How many bytes an identifier of this type has.
    static var byteCount: Int { get }
    /// Reads exactly `byteCount` bytes; nil for any other count.
    init?(bytes: some Collection<UInt8>)
    /// Reads the text form that `description` gives.
    init?(text: String)
    /// The bytes, in order.
    var bytes: [UInt8] { get }
}

extension Identifier {
    /// Reads the text form that `description` gives; forgiving of case, `O`, `I`, `L`, hyphens and spaces.
    public init?(text: String) {
        guard let bytes = CrockfordBase32.decode(text, byteCount: Self.byteCount) else {
            return nil
        }
        self.init(bytes: bytes)
    }

    /// Crockford base32 of the bytes.
    public var description: String { CrockfordBase32.encode(bytes) }

    /// The first eight characters of the text form: enough to tell things apart on a screen.
    public var short: String { String(description.prefix(8)) }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(Self.self) is not valid")
        }
        self = value
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The identity of a site: SHA-256 of its public identity key (SubjectPublicKeyInfo, DER).
public struct SiteID: Identifier {
    /// Thirty-two bytes.
    public static let byteCount = 32
    @usableFromInline let words: Bytes32

    /// Reads exactly thirty-two bytes.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard let words = Bytes32(bytes) else { return nil }
        self.words = words
    }

    /// The site id of a public key, given as SubjectPublicKeyInfo in DER.
    public init(publicKeyDER: some Collection<UInt8>) {
        words = Bytes32(digest: SHA256.hash(data: Array(publicKeyDER)))
    }

    /// The thirty-two bytes.
    public var bytes: [UInt8] { words.bytes }

    /// Eight groups of seven characters; the last of every second group checks its fourteen.
    public var description: String { CheckedGroups.siteID.encode(bytes) }

    /// Reads the grouped form with its check characters.
    public init?(text: String) {
        guard case .success(let bytes) = CheckedGroups.siteID.decode(text, byteCount: 32) else {
            return nil
        }
        self.init(bytes: bytes)
    }

    /// The first group: enough to tell sites apart on a screen, never enough to trust one.
    public var short: String { String(description.prefix(7)) }

    /// Orders as the bytes do.
    public static func < (left: SiteID, right: SiteID) -> Bool { left.words < right.words }
}

/// The name of a partnership, derived from its founder and a random nonce.
public struct PartnershipID: Identifier {
    /// Sixteen bytes.
    public static let byteCount = 16
    @usableFromInline let words: Bytes16

    /// Reads exactly sixteen bytes.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard let words = Bytes16(bytes) else { return nil }
        self.words = words
    }

    /// The id that only this founder can found: first half of SHA-256 over a label, founder and nonce.
    public init(founder: SiteID, nonce: [UInt8]) {
        words = derived("kith partnership v1", founder.bytes, nonce)
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] { words.bytes }

    /// Orders as the bytes do.
    public static func < (left: PartnershipID, right: PartnershipID) -> Bool {
        left.words < right.words
    }
}

/// The identity of a record within its partnership and compartment.
public struct RecordID: Identifier {
    /// Sixteen bytes.
    public static let byteCount = 16
    @usableFromInline let words: Bytes16

    /// Reads exactly sixteen bytes.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard let words = Bytes16(bytes) else { return nil }
        self.words = words
    }

    /// The id of what a parent has only one of, so that two sites that create it meet in one record.
    public init(singleton kind: String, of parent: RecordID) {
        words = derived("kith singleton v1", parent.bytes, Array(kind.utf8))
    }

    /// The id of a record made from an outside source, so that the same source meets in one record.
    public init(kind: String, source: String, in partnership: PartnershipID) {
        words = derived(
            "kith import v1", partnership.bytes, Array(kind.utf8) + [0] + Array(source.utf8))
    }

    /// The id in another partnership of a record that was made in `origin`, so that every move of it
    /// there meets in one record.
    public init(moved record: RecordID, from origin: PartnershipID, to target: PartnershipID) {
        words = derived("kith move v1", target.bytes, origin.bytes + record.bytes)
    }

    /// The id of what belongs to one conflict, so that everyone who works on it meets in one record.
    public init(conflict slot: String, about anchor: RecordID?, in partnership: PartnershipID) {
        words = derived(
            "kith conflict v1", partnership.bytes, (anchor?.bytes ?? []) + Array(slot.utf8))
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] { words.bytes }

    /// Orders as the bytes do.
    public static func < (left: RecordID, right: RecordID) -> Bool { left.words < right.words }
}

/// The identity of an entry: SHA-256 of its header's bytes, as authored.
public struct EntryHash: Identifier {
    /// Thirty-two bytes.
    public static let byteCount = 32
    @usableFromInline let words: Bytes32

    /// Reads exactly thirty-two bytes.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard let words = Bytes32(bytes) else { return nil }
        self.words = words
    }

    /// The hash of a header's bytes.
    public init(header: some Collection<UInt8>) {
        var hash = SHA256()
        contiguous(header) { hash.update(bufferPointer: $0) }
        words = Bytes32(digest: hash.finalize())
    }

    /// The thirty-two bytes.
    public var bytes: [UInt8] { words.bytes }

    /// Orders as the bytes do.
    public static func < (left: EntryHash, right: EntryHash) -> Bool { left.words < right.words }
}

/// The identity of an operation: the entry that holds it, and where in it.
public struct OperationID: Hashable, Comparable, Sendable, Codable {
    /// How many operations one part may hold; the stride between parts in an index.
    public static let operationsPerPart = 4096

    /// The entry that holds the operation.
    public let entry: EntryHash
    /// Part number × 4096 + number of the operation in its part.
    public let index: UInt32

    /// Names the operation at a place of an entry.
    public init(entry: EntryHash, index: UInt32) {
        self.entry = entry
        self.index = index
    }

    /// Names the operation at a part and a place in it.
    public init(entry: EntryHash, part: Int, operation: Int) {
        self.init(entry: entry, index: UInt32(part * Self.operationsPerPart + operation))
    }

    /// Orders by entry, then place.
    public static func < (left: OperationID, right: OperationID) -> Bool {
        (left.entry, left.index) < (right.entry, right.index)
    }
}

/// First half of SHA-256 over a label, a zero byte, and two parts, the first with its length.
private func derived(_ label: String, _ first: [UInt8], _ second: [UInt8]) -> Bytes16 {
    var hash = SHA256()
    hash.update(data: Array(label.utf8) + [0, UInt8(first.count)])
    hash.update(data: first)
    hash.update(data: second)
    return Bytes16(firstHalfOf: hash.finalize())
}

extension RecordID {
    /// The ids whose text begins so; nil for what is no beginning of an id.
    public static func bounds(ofPrefix text: String) -> ClosedRange<RecordID>? {
        guard let digits = CrockfordBase32.digits(in: text), (1...26).contains(digits.count) else {
            return nil
        }
        func padded(with digit: UInt8) -> RecordID? {
            var whole = digits + Array(repeating: digit, count: 26 - digits.count)
            // Of the last character only three bits belong to the id.
            whole[25] &= 0b11100
            return CrockfordBase32.bytes(of: whole, count: byteCount).flatMap {
                RecordID(bytes: $0)
            }
        }
        guard let low = padded(with: 0), let high = padded(with: 31) else { return nil }
        return low...high
    }
}
