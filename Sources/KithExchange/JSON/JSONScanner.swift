/// Reads RFC 8259 JSON strictly, and keeps where every value stands.
///
/// Foundation's two parsers accept duplicate names, and disagree on which one counts; neither says
/// where a value was. This one refuses duplicate names, invalid UTF-8, lone surrogates, trailing
/// bytes, and whatever goes deeper or is longer than its limits. A byte order mark is skipped.
/// No input makes it trap.
package struct JSONScanner: Sendable {
    /// The most bytes a text may have, unless told otherwise: 64 MiB.
    package static let sizeLimit = 64 << 20
    /// How deep lists and objects may stand in each other.
    package static let depthLimit = 100

    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The most bytes a text may have.
    package let limit: Int

    /// Reads texts up to a size in bytes.
    package init(limit: Int = Self.sizeLimit) {
        self.limit = limit
    }

    /// The one value that the text holds.
    package func scan(_ bytes: [UInt8]) throws(JSONProblem) -> JSONDocument {
        guard bytes.count <= limit else {
            throw JSONProblem(
                place: JSONPlace(offset: 0, path: [], in: bytes),
                expected: "at most \(limit) bytes", found: "\(bytes.count)")
        }
        var run = JSONRun(bytes)
        do {
            return JSONDocument(bytes: bytes, root: try run.text())
        } catch {
            throw JSONProblem(
                place: JSONPlace(offset: error.offset, path: error.steps.reversed(), in: bytes),
                expected: error.expected, found: error.found)
        }
    }
}

/// What stopped a run; the steps are gathered on the way out, innermost first.
private struct JSONStop: Error {
    let offset: Int
    let expected: String
    let found: String
    var steps: [JSONPlace.Step] = []

    func under(_ step: JSONPlace.Step) -> JSONStop {
        var outer = self
        outer.steps.append(step)
        return outer
    }
}

/// One pass over a text.
private struct JSONRun {
    private let bytes: [UInt8]
    // Where reading stops: the end of the text, or its first byte that is not UTF-8. Everything
    // before is valid, so a text between two quotes always is.
    private let end: Int
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end =
            String(validating: bytes, as: UTF8.self) == nil ? Self.firstInvalid(bytes) : bytes.count
        if bytes.starts(with: JSONScanner.byteOrderMark) { position = 3 }
    }

    mutating func text() throws(JSONStop) -> JSONNode {
        let root = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw stop("nothing after the value") }
        return root
    }

    private mutating func value(depth: Int) throws(JSONStop) -> JSONNode {
        skipSpace()
        let start = position
        let value: JSONNode.Value
        switch current {
        case UInt8(ascii: "{"): value = .object(try members(depth: depth + 1))
        case UInt8(ascii: "["): value = .array(try items(depth: depth + 1))
        case UInt8(ascii: "\""): value = .string(try string())
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            value = .number(try number())
        case UInt8(ascii: "t"): value = try word("true", .boolean(true))
        case UInt8(ascii: "f"): value = try word("false", .boolean(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        default: throw stop("a value")
        }
        return JSONNode(value: value, range: start..<position)
    }

    private mutating func members(depth: Int) throws(JSONStop) -> [JSONNode.Member] {
        try enter(depth)
        var members: [JSONNode.Member] = []
        var names: Set<[UInt8]> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            let nameStart = position
            guard current == UInt8(ascii: "\"") else { throw stop("a name in quotes") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw JSONStop(
                    offset: nameStart, expected: "each name once",
                    found: "\(JSONPlace.quoted(name)) again")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw stop("\":\" after the name") }
            do {
                members.append(JSONNode.Member(name: name, value: try value(depth: depth)))
            } catch {
                throw error.under(.name(name))
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw stop("\",\" or \"}\"") }
        }
    }

    private mutating func items(depth: Int) throws(JSONStop) -> [JSONNode] {
        try enter(depth)
        var items: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return items }
        while true {
            do {
                items.append(try value(depth: depth))
            } catch {
                throw error.under(.index(items.count))
            }
            skipSpace()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw stop("\",\" or \"]\"") }
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONStop) {
        guard depth <= JSONScanner.depthLimit else {
            throw stop("at most \(JSONScanner.depthLimit) levels")
        }
        position += 1
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONNode.Value
    ) throws(JSONStop) -> JSONNode.Value {
        let letters = Array("\(word)".utf8)
        guard bytes[position..<end].starts(with: letters) else { throw stop("\(word)") }
        position += letters.count
        return value
    }

    private mutating func number() throws(JSONStop) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        // A leading zero stands alone: what follows it is then refused by the caller.
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONStop) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw stop("a digit") }
    }

    private mutating func string() throws(JSONStop) -> String {
        position += 1
        var decoded: [UInt8] = []
        var plain = position
        while true {
            guard position < end else { throw stop("the closing quote of a text") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                decoded += bytes[plain..<position]
                position += 1
                return String(decoding: decoded, as: UTF8.self)
            case UInt8(ascii: "\\"):
                decoded += bytes[plain..<position]
                decoded += String(try escape()).utf8
                plain = position
            case 0..<0x20: throw stop("an escape such as \\n in place of a control character")
            default: position += 1
            }
        }
    }

    private mutating func escape() throws(JSONStop) -> Unicode.Scalar {
        position += 1
        guard let letter = current else { throw stop("an escape") }
        let plain: Unicode.Scalar
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = .init(letter)
        case UInt8(ascii: "b"): plain = "\u{8}"
        case UInt8(ascii: "f"): plain = "\u{C}"
        case UInt8(ascii: "n"): plain = "\n"
        case UInt8(ascii: "r"): plain = "\r"
        case UInt8(ascii: "t"): plain = "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw stop("one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
        }
        position += 1
        return plain
    }

    private mutating func unicodeEscape() throws(JSONStop) -> Unicode.Scalar {
        let start = position - 1
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let lone = JSONStop(
            offset: start, expected: "a pair of surrogate escapes", found: "half of one")
        guard first < 0xDC00, take(UInt8(ascii: "\\")), current == UInt8(ascii: "u") else {
            throw lone
        }
        let second = try unit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw lone }
        return scalar
    }

    private mutating func unit() throws(JSONStop) -> UInt32 {
        position += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw stop("four hexadecimal digits") }
            unit = unit << 4 + UInt32(digit)
            position += 1
        }
        return unit
    }

    private var current: UInt8? { position < end ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func stop(_ expected: String) -> JSONStop {
        JSONStop(offset: position, expected: expected, found: found)
    }

    private var found: String {
        guard position < end else {
            return end == bytes.count ? "the end of the text" : "a byte that is not UTF-8"
        }
        let following = bytes[position..<min(end, position + 4)]
        guard let scalar = String(decoding: following, as: UTF8.self).unicodeScalars.first else {
            return "the end of the text"
        }
        return JSONPlace.quoted(String(scalar))
    }

    /// The offset of the first byte that no UTF-8 text has there (RFC 3629, section 4).
    private static func firstInvalid(_ bytes: [UInt8]) -> Int {
        var offset = 0
        while offset < bytes.count {
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch bytes[offset] {
            case 0..<0x80: length = 1
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return offset
            }
            guard offset + length <= bytes.count else { return offset }
            if length > 1 {
                guard second.contains(bytes[offset + 1]),
                    bytes[(offset + 2)..<(offset + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
                else { return offset }
            }
            offset += length
        }
        return offset
    }
}
