// In JSON a value is an object with one key, the kind of value: {"text": "…"}, {"date": "2026-11"},
// {"code": {"system": …, "code": …, "display": …}}, {"group": [{"number": 1, "value": …}]},
// {"cleared": true}. Part of the command line's contract.
extension FieldValue: Codable {
    private enum Kind: String, CodingKey, CaseIterable {
        case cleared
        case text
        case integer
        case decimal
        case date
        case instant
        case boolean
        case code
        case reference
        case group
    }

    /// Reads an object with one key.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Kind.self)
        guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not one kind of value"))
        }
        switch kind {
        case .cleared: self = .cleared
        case .text: self = .text(try container.decode(String.self, forKey: kind))
        case .integer: self = .integer(try container.decode(Int64.self, forKey: kind))
        case .decimal: self = .decimal(try container.decode(DecimalNumber.self, forKey: kind))
        case .date: self = .date(try container.decode(PartialDate.self, forKey: kind))
        case .instant: self = .instant(try container.decode(Instant.self, forKey: kind))
        case .boolean: self = .boolean(try container.decode(Bool.self, forKey: kind))
        case .code: self = .code(try container.decode(Code.self, forKey: kind))
        case .reference: self = .reference(try container.decode(RecordID.self, forKey: kind))
        case .group: self = .group(try container.decode([GroupMember].self, forKey: kind))
        }
    }

    /// Writes an object with one key.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kind.self)
        switch self {
        case .cleared: try container.encode(true, forKey: .cleared)
        case .text(let text): try container.encode(text, forKey: .text)
        case .integer(let number): try container.encode(number, forKey: .integer)
        case .decimal(let number): try container.encode(number, forKey: .decimal)
        case .date(let date): try container.encode(date, forKey: .date)
        case .instant(let instant): try container.encode(instant, forKey: .instant)
        case .boolean(let flag): try container.encode(flag, forKey: .boolean)
        case .code(let code): try container.encode(code, forKey: .code)
        case .reference(let record): try container.encode(record, forKey: .reference)
        case .group(let members): try container.encode(members, forKey: .group)
        }
    }
}
