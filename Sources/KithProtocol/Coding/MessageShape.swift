/// The shape of a serialized `SessionMessage`, looked at before it is decoded.
///
/// What a message may hold is limited by its bytes, but two bytes can stand for an empty entry that
/// takes a hundred in memory: four megabytes of them for three hundred. Nothing that means something is
/// so small, so a message is refused that has more fields than its length is good for.
package struct MessageShape {
    /// Fields that any message may have.
    package static let fields = 20_000
    /// Bytes for each field beyond these: the smallest that mean something, a compartment's short digest
    /// with its id, have ten.
    package static let bytesPerField = 8

    /// Where submessages stand in those of a `SessionMessage`, by number: the fields of each are counted
    /// as well.
    private static let nested: [UInt64: Set<UInt64>] = [
        3: [1], 4: [1], 5: [1], 6: [2, 3], 9: [1], 11: [],
    ]

    private var fieldsLeft: Int

    /// Whether a message has no more fields than it may; what cannot be read is left to the decoder.
    package static func isSound(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var shape = MessageShape(fieldsLeft: fields + bytes.count / bytesPerField)
        return shape.count(bytes) { number in
            nested[number].map { within in { within.contains($0) } }
        }
    }

    /// Counts the fields of a message, and below those that hold messages; false when there are too
    /// many.
    private mutating func count(
        _ bytes: UnsafeRawBufferPointer, holding: (UInt64) -> ((UInt64) -> Bool)?
    ) -> Bool {
        var reader = FieldReader(bytes)
        while let field = reader.next() {
            fieldsLeft -= 1
            guard fieldsLeft >= 0 else { return false }
            guard let payload = field.payload, let within = holding(field.number) else { continue }
            // One level farther down nothing is decoded but numbers and bytes.
            let isSound = count(payload) { within($0) ? { _ in false } : nil }
            guard isSound else { return false }
        }
        return true
    }
}

/// The fields of a serialized message, one after the other, as far as they can be read.
private struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next field's number, and its bytes where it has a length; nil at the end or where it breaks off.
    mutating func next() -> (number: UInt64, payload: UnsafeRawBufferPointer?)? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0: return varint().map { _ in (tag >> 3, nil) }
        case 1: return skip(8) == nil ? nil : (tag >> 3, nil)
        case 5: return skip(4) == nil ? nil : (tag >> 3, nil)
        case 2:
            guard let length = varint(), let count = Int(exactly: length) else { return nil }
            return skip(count).map { (tag >> 3, $0) }
        // Groups, which nothing of ours has: their fields count as if they stood here.
        case 3, 4: return (tag >> 3, nil)
        default: return nil
        }
    }

    private mutating func skip(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private mutating func varint() -> UInt64? {
        var (value, shift) = (UInt64(0), UInt64(0))
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
        return nil
    }
}
