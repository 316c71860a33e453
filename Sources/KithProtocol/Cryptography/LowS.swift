import Foundation

/// Keeps ECDSA signatures unique: of s and n − s, both of which verify, only the lower is used.
///
/// Source: SEC 1, section 4.1; the order n of P-256 from FIPS 186-5. Signatures are 64 bytes, r
/// and s, big-endian.
enum LowS {
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
        0x25, 0x51,
    ]
    private static let half: [UInt8] = [
        0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31,
        0x92, 0xA8,
    ]

    static func isLow(_ signature: Data) -> Bool {
        signature.count == 64 && !half.lexicographicallyPrecedes(signature.suffix(32))
    }

    static func normalised(_ signature: Data) -> Data {
        if isLow(signature) { return signature }
        let scalar = Array(signature.suffix(32))
        var result = scalar
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(scalar[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[index] = UInt8(difference & 255)
        }
        return signature.prefix(32) + Data(result)
    }
}
