import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport

struct ValueVector: GoldenVector {
    static let file = "values"

    var name: String
    var value: FieldValue
    var bytes: Hex = []

    static func samples() -> [ValueVector] {
        let fixed: [(String, FieldValue)] = [
            ("cleared", .cleared), ("empty text", .text("")), ("text", .text("Penicillin – rash")),
            ("text of two forms", .text("e\u{301}\u{E9}")), ("least integer", .integer(.min)),
            ("greatest integer", .integer(.max)), ("yes", .boolean(true)), ("no", .boolean(false)),
        ]
        return fixed.map { ValueVector(name: $0.0, value: $0.1) }
            + (UInt64(1)...24).map { seed in
                var generator = SeededGenerator(seed: seed)
                return ValueVector(name: "value \(seed)", value: generator.value())
            }
    }

    func computed() -> ValueVector {
        var vector = self
        vector.bytes = Hex(value.encoded())
        return vector
    }
}

struct SkeletonVector: GoldenVector {
    static let file = "skeleton"

    struct Who: Codable, Equatable {
        var user: String
        var name: String
        var role: String
        var organisation: String

        init(_ person: Person) {
            (user, name) = (person.user, person.name)
            (role, organisation) = (person.role, person.organisation)
        }

        var person: Person {
            Person(user: user, name: name, role: role, organisation: organisation)
        }
    }

    struct Target: Codable, Equatable {
        var entry: Hex
        var index: UInt32
    }

    struct Change: Codable, Equatable {
        var field: UInt32
        var supersedes: [Target]
    }

    var name: String
    var record: Hex
    var kind: UInt32
    var operations: [Change]
    var change: ChangeType?
    var committer: Who
    var performer: Who?
    var event: FieldValue?
    var group: Hex
    var bytes: Hex = []

    static func samples() -> [SkeletonVector] {
        (UInt64(1)...8).map { seed in
            var generator = SeededGenerator(seed: seed)
            let skeleton = generator.skeleton()
            return SkeletonVector(
                name: "skeleton \(seed)", record: Hex(skeleton.record.bytes), kind: skeleton.kind,
                operations: skeleton.operations.map { operation in
                    Change(
                        field: operation.field,
                        supersedes: operation.supersedes.map {
                            Target(entry: Hex($0.entry.bytes), index: $0.index)
                        })
                }, change: skeleton.change, committer: Who(skeleton.committer),
                performer: skeleton.performer.map(Who.init), event: skeleton.event,
                group: Hex(skeleton.group))
        }
    }

    func computed() throws -> SkeletonVector {
        let skeleton = Skeleton(
            record: try record.id(), kind: kind,
            operations: try operations.map { operation in
                Operation(
                    field: operation.field,
                    supersedes: try operation.supersedes.map {
                        OperationID(entry: try $0.entry.id(), index: $0.index)
                    })
            }, change: change, committer: committer.person, performer: performer?.person,
            event: event, group: group.data)
        var vector = self
        vector.bytes = Hex(skeleton.encoded())
        return vector
    }
}

struct BodyVector: GoldenVector {
    static let file = "body"

    var name: String
    var values: [FieldValue]
    var reason: String
    var bytes: Hex = []

    static func samples() -> [BodyVector] {
        (UInt64(1)...4).map { seed in
            var generator = SeededGenerator(seed: seed)
            return BodyVector(
                name: "body \(seed)", values: (0..<seed - 1).map { _ in generator.value() },
                reason: seed == 1 ? "" : "Told by the family")
        }
    }

    func computed() -> BodyVector {
        var vector = self
        vector.bytes = Hex(PartBody(values: values, reason: reason).encoded())
        return vector
    }
}

/// A sealed half of a part. The nonce is its first twelve bytes; sealing again gives another.
struct SealVector: GoldenVector {
    static let file = "part-seal"

    var name: String
    var key: Hex
    var partnership: Hex
    var compartment: Compartment
    var place: LeafVector
    var part: Int
    /// 1 for a skeleton, 2 for a body.
    var half: UInt8
    var plain: Hex
    var sealed: Hex = []

    static func samples() -> [SealVector] {
        (UInt64(1)...4).map { seed in
            var generator = SeededGenerator(seed: seed)
            return SealVector(
                name: "seal \(seed)", key: Hex(generator.bytes(32)),
                partnership: Hex(generator.bytes(16)), compartment: .clinical,
                place: LeafVector(generator.position()),
                part: generator.number(0...Limits.parts - 1), half: UInt8(seed % 2 + 1),
                plain: Hex(generator.bytes(Int(seed - 1) * 10)))
        }
    }

    /// Seals when there is nothing sealed yet; then opens.
    func computed() throws -> SealVector {
        let position = try place.position(in: compartment)
        let header = EntryHeader(
            partnership: try partnership.id(), feed: position.feed, sequence: position.sequence,
            previous: nil, knows: [], recorded: Instant(milliseconds: 0), entryClass: .record,
            parts: [])
        let seal = PartSeal(header, part: part, half: half == 2 ? .body : .skeleton)
        let (key, cryptography) = (SymmetricKey(data: key.data), SystemCryptography())
        var vector = self
        if sealed.data.isEmpty {
            vector.sealed = Hex(try seal.seal(plain.data, key: key, cryptography))
        }
        vector.plain = Hex(try seal.open(vector.sealed.data, key: key, cryptography))
        return vector
    }
}
