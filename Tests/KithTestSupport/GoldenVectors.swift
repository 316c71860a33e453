package import Foundation
package import KithModel
package import KithProtocol

/// One golden vector: inputs, and the bytes that they must give in every implementation.
package protocol GoldenVector: Codable, Equatable, Sendable {
    /// The file's name in `Protocol/vectors`, without `.json`.
    static var file: String { get }
    /// Inputs for the file, when it is first written; what follows from them may be empty.
    static func samples() throws -> [Self]
    /// The vector with all that follows from its inputs computed anew.
    func computed() throws -> Self
}

/// Reads the vectors of `Protocol/vectors`.
package enum GoldenVectors {
    package static let folder: URL = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("Protocol/vectors")
    }()

    /// The vectors of a file, as they stand there.
    ///
    /// With `KITH_WRITE_VECTORS` set, a file that is not there is written first. One that is there
    /// never is: what is in it has been promised.
    package static func stored<Vector: GoldenVector>(
        _ type: Vector.Type = Vector.self
    ) throws -> [Vector] {
        let file = folder.appendingPathComponent("\(Vector.file).json")
        if ProcessInfo.processInfo.environment["KITH_WRITE_VECTORS"] != nil,
            !FileManager.default.fileExists(atPath: file.path)
        {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let vectors = try Vector.samples().map { try $0.computed() }
            try (encoder.encode(vectors) + [UInt8(ascii: "\n")]).write(to: file)
        }
        return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
    }
}

/// Bytes that stand in JSON as hexadecimal digits.
package struct Hex: Codable, Hashable, Sendable, ExpressibleByArrayLiteral {
    package var data: Data

    package init(_ bytes: some Sequence<UInt8>) { data = Data(bytes) }
    package init(arrayLiteral bytes: UInt8...) { data = Data(bytes) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let data = Data(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not hexadecimal")
        }
        self.data = data
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(data.hexadecimal)
    }

    /// The identifier that these bytes are.
    package func id<ID: Identifier>(_ type: ID.Type = ID.self) throws -> ID {
        guard let id = ID(bytes: data) else { throw ProtocolFault(.malformed, "identifier") }
        return id
    }
}

/// An entry's place in a vector. Numbers that JSON's readers may round are texts.
package struct LeafVector: Codable, Hashable, Sendable {
    package var author: Hex
    package var incarnation: String
    package var sequence: String
    package var hash: Hex

    package init(_ position: Position) {
        author = Hex(position.feed.author.bytes)
        incarnation = String(position.feed.incarnation)
        sequence = String(position.sequence)
        hash = Hex(position.hash.bytes)
    }

    package func position(in compartment: Compartment) throws -> Position {
        guard let incarnation = UInt64(incarnation), let sequence = UInt64(sequence) else {
            throw ProtocolFault(.malformed, "number")
        }
        return Position(
            feed: FeedID(
                author: try author.id(), incarnation: incarnation, compartment: compartment),
            sequence: sequence, hash: try hash.id())
    }
}
