package import Foundation

/// What a decoder is given that it must survive: it decodes or throws its own error, never traps.
package enum Damage {
    /// Every truncation, every flipped bit, bytes put in and taken out, doubles and noise.
    ///
    /// Complexity: about eight variants a byte.
    package static func variants(of valid: Data, seed: UInt64 = 1) -> [Data] {
        var generator = SeededGenerator(seed: seed)
        var variants = (0..<valid.count).map { Data(valid.prefix($0)) }
        for position in valid.indices {
            for bit in 0..<8 {
                var flipped = valid
                flipped[position] ^= 1 << bit
                variants.append(flipped)
            }
        }
        for _ in 0..<200 {
            let position = generator.number(0...valid.count)
            let inserted = generator.bytes(generator.number(1...12))
            variants.append(valid.prefix(position) + inserted + valid.dropFirst(position))
            variants.append(valid.prefix(position) + valid.dropFirst(position + inserted.count))
            variants.append(generator.bytes(generator.number(0...300)))
        }
        return variants + [valid + valid, Data(repeating: 0xFF, count: 1_000)]
    }

    /// Gives a decoder all damage to valid bytes; returns what it threw that is not of its own type.
    package static func problems<Fault: Error, Value>(
        of decode: (Data) throws -> Value, _ valid: Data, throwing: Fault.Type, seed: UInt64 = 1
    ) -> [String] {
        variants(of: valid, seed: seed).compactMap { bytes in
            do {
                _ = try decode(bytes)
                return nil
            } catch is Fault {
                return nil
            } catch {
                return "\(bytes.hexadecimal): \(error)"
            }
        }
    }
}
