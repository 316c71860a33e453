public import Foundation
public import KithModel
import SwiftProtobuf

extension FieldValue {
    /// The value's bytes: what goes into a body, a state digest, and the comparison of values.
    public func encoded() -> Data { Kith_V1_Value(self).bytes() }

    /// Reads a value; one of a kind that this version does not know is a `version` fault.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        try self.init(Kith_V1_Value(checked: bytes, "value"))
    }

    init(_ message: Kith_V1_Value) throws(ProtocolFault) {
        switch message.value {
        case nil: throw ProtocolFault(.version, "value of an unknown kind")
        case .cleared: self = .cleared
        case .text(let text): self = .text(text)
        case .integer(let number): self = .integer(number)
        case .decimal(let text):
            guard let number = DecimalNumber(text) else {
                throw ProtocolFault(.malformed, "decimal")
            }
            self = .decimal(number)
        case .date(let date): self = .date(try Self.date(date))
        case .instantMs(let milliseconds): self = .instant(Instant(milliseconds: milliseconds))
        case .boolean(let flag): self = .boolean(flag)
        case .code(let code):
            self = .code(Code(system: code.system, code: code.code, display: code.display))
        case .reference(let bytes):
            guard let record = RecordID(bytes: bytes) else {
                throw ProtocolFault(.malformed, "reference")
            }
            self = .reference(record)
        case .group(let group):
            guard group.members.count <= Limits.groupMembers else {
                throw ProtocolFault(.limit, "group")
            }
            self = .group(
                try group.members.map { member throws(ProtocolFault) in
                    guard case .group = member.value.value else {
                        return GroupMember(member.number, try FieldValue(member.value))
                    }
                    throw ProtocolFault(.malformed, "group in a group")
                })
        }
    }

    private static func date(_ message: Kith_V1_Date) throws(ProtocolFault) -> PartialDate {
        guard
            let date = PartialDate(
                year: Int(message.year), month: message.month == 0 ? nil : Int(message.month),
                day: message.day == 0 ? nil : Int(message.day))
        else { throw ProtocolFault(.malformed, "date") }
        return date
    }
}

extension Kith_V1_Value {
    init(_ value: FieldValue) {
        switch value {
        case .cleared: cleared = true
        case .text(let value): text = value
        case .integer(let value): integer = value
        case .decimal(let value): decimal = value.description
        case .date(let value):
            date = .with {
                $0.year = UInt32(value.year)
                $0.month = UInt32(value.month ?? 0)
                $0.day = UInt32(value.day ?? 0)
            }
        case .instant(let value): instantMs = value.milliseconds
        case .boolean(let value): boolean = value
        case .code(let value):
            code = .with {
                $0.system = value.system
                $0.code = value.code
                $0.display = value.display
            }
        case .reference(let value): reference = Data(value.bytes)
        case .group(let members):
            group = .with {
                $0.members = members.map { member in
                    .with {
                        $0.number = member.number
                        $0.value = Kith_V1_Value(member.value)
                    }
                }
            }
        }
    }
}
