public import Foundation
public import KithModel
import SwiftProtobuf

/// A person in the part they acted in.
public struct Person: Hashable, Sendable {
    /// The account or login.
    public var user: String
    /// The person's name.
    public var name: String
    /// The role they acted in.
    public var role: String
    /// Their organisation, when not the author's own.
    public var organisation: String

    /// Names a person.
    public init(user: String, name: String, role: String, organisation: String) {
        self.user = user
        self.name = name
        self.role = role
        self.organisation = organisation
    }
}

/// One operation: which field, and what its user saw there.
public struct Operation: Hashable, Sendable {
    /// The field's number in the vocabulary.
    public var field: UInt32
    /// The operations that it supersedes.
    public var supersedes: [OperationID]

    /// Describes an operation.
    public init(field: UInt32, supersedes: [OperationID]) {
        self.field = field
        self.supersedes = supersedes
    }
}

/// Which record and fields a part changes, and who did it. Survives the erasure of the values.
public struct Skeleton: Hashable, Sendable {
    /// The record.
    public var record: RecordID
    /// The number of its kind in the vocabulary.
    public var kind: UInt32
    /// The operations, in the order of the body's values.
    public var operations: [Operation]
    /// Why the author wrote; nil when a newer version gave a reason that this one does not know.
    public var change: ChangeType?
    /// The person at the keyboard.
    public var committer: Person
    /// The person who did or decided it, when another.
    public var performer: Person?
    /// When it happened, if not when it was recorded: an instant or a date.
    public var event: FieldValue?
    /// The same in every entry of one save; sixteen bytes or empty.
    public var group: Data
    /// Where it was first written, when it was carried over from another partnership.
    public var carried: Carried?

    /// Describes a part.
    public init(
        record: RecordID, kind: UInt32, operations: [Operation], change: ChangeType?,
        committer: Person, performer: Person?, event: FieldValue?, group: Data,
        carried: Carried? = nil
    ) {
        self.record = record
        self.kind = kind
        self.operations = operations
        self.change = change
        self.committer = committer
        self.performer = performer
        self.event = event
        self.group = group
        self.carried = carried
    }
}

extension Skeleton {
    /// The bytes to be sealed.
    public func encoded() -> Data {
        var message = Kith_V1_Skeleton()
        message.record = Data(record.bytes)
        message.kind = kind
        message.operations = operations.map { operation in
            var coded = Kith_V1_Operation()
            coded.field = operation.field
            coded.supersedes = operation.supersedes.map { target in
                var reference = Kith_V1_OperationReference()
                reference.entry = Data(target.entry.bytes)
                reference.index = target.index
                return reference
            }
            return coded
        }
        message.change = change.flatMap { .init(rawValue: $0.rawValue) } ?? .unspecified
        message.committer = Kith_V1_Person(committer)
        if let performer { message.performer = Kith_V1_Person(performer) }
        if let event { message.event = Kith_V1_Value(event) }
        message.group = group
        if let carried { message.carried = Kith_V1_Carried(carried) }
        return message.bytes()
    }

    /// Reads a skeleton within `Limits`.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        let message = try Kith_V1_Skeleton(checked: bytes, "skeleton")
        guard let record = RecordID(bytes: message.record) else {
            throw ProtocolFault(.malformed, "record")
        }
        guard message.operations.count <= Limits.operations,
            message.group.isEmpty || message.group.count == 16
        else { throw ProtocolFault(.limit, "skeleton") }
        var operations: [Operation] = []
        for coded in message.operations {
            guard coded.supersedes.count <= Limits.supersedes else {
                throw ProtocolFault(.limit, "supersedes")
            }
            var targets: [OperationID] = []
            for reference in coded.supersedes {
                guard let entry = EntryHash(bytes: reference.entry) else {
                    throw ProtocolFault(.malformed, "supersedes")
                }
                targets.append(OperationID(entry: entry, index: reference.index))
            }
            operations.append(Operation(field: coded.field, supersedes: targets))
        }
        self.init(
            record: record, kind: message.kind, operations: operations,
            change: ChangeType(rawValue: message.change.rawValue),
            committer: try Person(message.committer),
            performer: message.hasPerformer ? try Person(message.performer) : nil,
            event: message.hasEvent ? try FieldValue(message.event) : nil, group: message.group,
            carried: message.hasCarried ? try Carried(message.carried) : nil)
    }
}

/// The values of a part's operations, and why.
public struct PartBody: Sendable {
    /// One serialized value for each operation, exactly as authored.
    public var values: [Data]
    /// Why, for people; empty when not given.
    public var reason: String

    /// Gathers the values of a part.
    public init(values: [FieldValue], reason: String) {
        self.values = values.map { $0.encoded() }
        self.reason = reason
    }

    /// The bytes to be sealed.
    public func encoded() -> Data {
        var message = Kith_V1_Body()
        message.values = values
        message.reason = reason
        return message.bytes()
    }

    /// Reads a body that must have a value for each of so many operations.
    public init(decoding bytes: Data, operations: Int) throws(ProtocolFault) {
        let message = try Kith_V1_Body(checked: bytes, "body")
        guard message.values.count == operations else {
            throw ProtocolFault(.malformed, "number of values")
        }
        values = message.values
        reason = message.reason
    }
}

extension Kith_V1_Person {
    init(_ person: Person) {
        user = person.user
        name = person.name
        role = person.role
        organisation = person.organisation
    }
}

extension Person {
    init(_ message: Kith_V1_Person) throws(ProtocolFault) {
        for text in [message.user, message.name, message.role, message.organisation]
        where text.utf8.count > Limits.personBytes {
            throw ProtocolFault(.limit, "person")
        }
        self.init(
            user: message.user, name: message.name, role: message.role,
            organisation: message.organisation)
    }
}
