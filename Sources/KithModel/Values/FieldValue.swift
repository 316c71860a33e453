/// What a field can hold.
public indirect enum FieldValue: Sendable {
    /// Nothing any more: somebody took the value away.
    case cleared
    /// Text in Unicode NFC.
    case text(String)
    /// A whole number.
    case integer(Int64)
    /// A decimal number as written.
    case decimal(DecimalNumber)
    /// A date, perhaps only a month or a year.
    case date(PartialDate)
    /// A moment.
    case instant(Instant)
    /// Yes or no.
    case boolean(Bool)
    /// A concept from a code system.
    case code(Code)
    /// Another record of the same partnership.
    case reference(RecordID)
    /// Values that are only ever replaced together; a repeated member appears more than once.
    case group([GroupMember])
}

/// One value of an atomic group.
public struct GroupMember: Hashable, Sendable, Codable {
    /// The member's number in the vocabulary.
    public let number: UInt32
    /// Its value; never a group.
    public let value: FieldValue

    /// Puts a value under a member's number.
    public init(_ number: UInt32, _ value: FieldValue) {
        self.number = number
        self.value = value
    }
}

/// A concept: the system it comes from, its code there, and the words that the author saw.
public struct Code: Sendable, Codable {
    /// URI of the code system.
    public let system: String
    /// The code.
    public let code: String
    /// What the code means, in words.
    public let display: String

    /// Names a concept.
    public init(system: String, code: String, display: String) {
        self.system = system
        self.code = code
        self.display = display
    }
}

// Swift compares strings by canonical equivalence; the log, SQLite and every partner compare
// bytes. Two values are equal here exactly when their bytes are.
extension Code: Hashable {
    /// Equal when all three texts have the same bytes.
    public static func == (left: Code, right: Code) -> Bool {
        left.system.utf8.elementsEqual(right.system.utf8)
            && left.code.utf8.elementsEqual(right.code.utf8)
            && left.display.utf8.elementsEqual(right.display.utf8)
    }

    /// Feeds the bytes of the code.
    public func hash(into hasher: inout Hasher) {
        for byte in code.utf8 { hasher.combine(byte) }
    }
}

extension FieldValue: Hashable {
    /// Equal when kind and bytes are equal.
    public static func == (left: FieldValue, right: FieldValue) -> Bool {
        switch (left, right) {
        case (.cleared, .cleared): true
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.integer(let left), .integer(let right)): left == right
        case (.decimal(let left), .decimal(let right)): left == right
        case (.date(let left), .date(let right)): left == right
        case (.instant(let left), .instant(let right)): left == right
        case (.boolean(let left), .boolean(let right)): left == right
        case (.code(let left), .code(let right)): left == right
        case (.reference(let left), .reference(let right)): left == right
        case (.group(let left), .group(let right)): left == right
        case (.cleared, _), (.text, _), (.integer, _), (.decimal, _), (.date, _), (.instant, _),
            (.boolean, _), (.code, _), (.reference, _), (.group, _):
            false
        }
    }

    /// Feeds what equality compares.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .cleared: hasher.combine(0)
        case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
        case .integer(let number): hasher.combine(number)
        case .decimal(let number): hasher.combine(number)
        case .date(let date): hasher.combine(date)
        case .instant(let instant): hasher.combine(instant)
        case .boolean(let flag): hasher.combine(flag)
        case .code(let code): hasher.combine(code)
        case .reference(let record): hasher.combine(record)
        case .group(let members): hasher.combine(members)
        }
    }
}
