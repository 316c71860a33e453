import Foundation
package import KithModel
package import KithProtocol

extension SeededGenerator {
    /// A random identifier of any type.
    package mutating func id<ID: Identifier>(_ type: ID.Type = ID.self) -> ID {
        guard let id = ID(bytes: bytes(ID.byteCount)) else {
            preconditionFailure("an identifier is made of as many bytes as it says")
        }
        return id
    }

    /// Any of some cases.
    package mutating func one<Case: CaseIterable>(of type: Case.Type) -> Case {
        guard let chosen = Array(Case.allCases).randomElement(using: &self) else {
            preconditionFailure("a type without cases")
        }
        return chosen
    }

    package mutating func position(in compartment: Compartment = .clinical) -> Position {
        Position(
            feed: FeedID(
                author: id(), incarnation: max(1, next()), compartment: compartment),
            sequence: next() % Limits.sequence + 1, hash: id())
    }

    /// A header as an author could write it.
    package mutating func header() -> EntryHeader {
        let compartment = one(of: Compartment.self)
        let sequence = flag() ? 1 : next() % Limits.sequence + 1
        let isMembership = compartment == .membership
        return EntryHeader(
            partnership: id(),
            feed: FeedID(author: id(), incarnation: max(1, next()), compartment: compartment),
            sequence: sequence, previous: sequence == 1 ? nil : id(),
            knows: (0..<number(0...3)).map { _ in
                position(in: flag() ? .membership : compartment)
            },
            recorded: Instant(milliseconds: Int64.random(in: Instant.range, using: &self)),
            entryClass: isMembership
                ? .membership : [.comment, .record, .decision, .erasure][number(0...3)],
            parts: (0..<number(0...3)).map { _ in partDigest() })
    }

    private mutating func partDigest() -> PartDigest {
        let hasBody = flag()
        return PartDigest(
            key: flag() ? id() : nil, skeleton: bytes(32),
            skeletonBytes: number(0...Limits.skeletonBytes), body: hasBody ? bytes(32) : Data(),
            bodyBytes: hasBody ? number(0...Limits.bodyBytes) : 0)
    }

    package mutating func skeleton() -> Skeleton {
        Skeleton(
            record: id(), kind: UInt32(truncatingIfNeeded: next()),
            operations: (0..<number(0...3)).map { _ in
                Operation(
                    field: UInt32(truncatingIfNeeded: next()),
                    supersedes: (0..<number(0...3)).map { _ in
                        OperationID(entry: id(), index: UInt32(truncatingIfNeeded: next()))
                    })
            },
            change: flag() ? one(of: ChangeType.self) : nil, committer: person(),
            performer: flag() ? person() : nil, event: flag() ? .date(date()) : nil,
            group: flag() ? bytes(16) : Data())
    }

    private mutating func person() -> Person {
        Person(user: text(), name: text(), role: text(), organisation: text())
    }

    private mutating func date() -> PartialDate {
        let (year, month, day) = (number(1...9999), number(1...12), number(1...28))
        let date =
            switch number(0...2) {
            case 0: PartialDate(year: year)
            case 1: PartialDate(year: year, month: month)
            default: PartialDate(year: year, month: month, day: day)
            }
        guard let date else { preconditionFailure("a date that exists") }
        return date
    }

    /// A value of any kind.
    package mutating func value(inGroup: Bool = false) -> FieldValue {
        switch number(0...(inGroup ? 8 : 9)) {
        case 0: .cleared
        case 1: .text(text())
        case 2: .integer([.min, -1, 0, 1, .max, Int64(bitPattern: next())][number(0...5)])
        case 3: .decimal(decimal())
        case 4: .date(date())
        case 5: .instant(Instant(milliseconds: Int64.random(in: Instant.range, using: &self)))
        case 6: .boolean(flag())
        case 7: .code(Code(system: text(), code: text(), display: text()))
        case 8: .reference(id())
        default:
            .group(
                (0..<number(0...4)).map { _ in
                    GroupMember(UInt32(truncatingIfNeeded: next()), value(inGroup: true))
                })
        }
    }

    private mutating func decimal() -> DecimalNumber {
        let whole = String(number(0...999_999_999_999_999_999))
        let text = (flag() ? "-" : "") + whole + (flag() ? ".\(number(0...999_999_999))" : "")
        guard let decimal = DecimalNumber(text) else { preconditionFailure("not decimal: \(text)") }
        return decimal
    }
}
