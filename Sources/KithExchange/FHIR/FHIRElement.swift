import KithModel

/// Why a resource cannot be taken over; the place is the value that begins at `offset`.
///
/// The one error that reading a scanned file throws. The functions do not say so in their types,
/// because `??` and `map` would not let it through.
struct FHIRFault: Error {
    let offset: Int
    let message: String
}

/// A text of a resource and where it came from, so that a later check can still say where.
struct FHIRText: Sendable {
    let text: String
    let offset: Int

    /// Whether it has exactly these bytes.
    func `is`(_ other: String) -> Bool { text.utf8.elementsEqual(other.utf8) }

    /// The same place with other words.
    func saying(_ words: String) -> FHIRText { FHIRText(text: words, offset: offset) }

    /// A fault at this text.
    func fault(_ message: String) -> FHIRFault { FHIRFault(offset: offset, message: message) }
}

extension [FHIRText] {
    /// The texts in one, at the place of the first; nil when there are none.
    func joined(by separator: String) -> FHIRText? {
        first?.saying(map { $0.text }.joined(separator: separator))
    }

    /// Each text once, in order. Not for names: James James is a name.
    var distinct: [FHIRText] {
        var seen: Set<[UInt8]> = []
        return filter { seen.insert([UInt8]($0.text.utf8)).inserted }
    }
}

/// A JSON object of a resource, read by element names with the JSON types that FHIR gives them.
struct FHIRElement: Sendable {
    let node: JSONNode

    /// Where it begins.
    var offset: Int { node.range.lowerBound }

    /// Takes a node that must be an object.
    init(_ node: JSONNode) throws {
        guard case .object = node.value else {
            throw FHIRFault(
                offset: node.range.lowerBound, message: "expected an object, found \(node.kind)")
        }
        self.node = node
    }

    /// A fault at this element.
    func fault(_ message: String) -> FHIRFault { FHIRFault(offset: offset, message: message) }

    /// Whether it has an element of that name.
    func has(_ name: String) -> Bool { node[name] != nil }

    /// What an element must have.
    func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw fault("expected the element \(name)") }
        return value
    }

    /// The object under a name.
    func element(_ name: String) throws -> FHIRElement? {
        guard let node = node[name] else { return nil }
        return try FHIRElement(node)
    }

    /// The objects of the list under a name; none when it is absent.
    func elements(_ name: String) throws -> [FHIRElement] {
        var elements: [FHIRElement] = []
        for item in try items(name) { elements.append(try FHIRElement(item)) }
        return elements
    }

    /// The text under a name; nil when it is absent or holds nothing but spaces.
    func text(_ name: String) throws -> FHIRText? {
        guard let node = node[name] else { return nil }
        return try Self.text(node)
    }

    /// The texts of the list under a name.
    func texts(_ name: String) throws -> [FHIRText] {
        var texts: [FHIRText] = []
        for item in try items(name) {
            // A list of primitives holds null where only an extension of the value is known.
            if case .null = item.value { continue }
            if let text = try Self.text(item) { texts.append(text) }
        }
        return texts
    }

    /// The truth value under a name.
    func boolean(_ name: String) throws -> Bool? {
        guard let node = node[name] else { return nil }
        guard case .boolean(let flag) = node.value else { throw Self.wrong(node, "true or false") }
        return flag
    }

    /// The number under a name, as written.
    func number(_ name: String) throws -> FHIRText? {
        guard let node = node[name] else { return nil }
        guard case .number(let digits) = node.value else { throw Self.wrong(node, "a number") }
        return FHIRText(text: digits, offset: node.range.lowerBound)
    }

    /// The date under a name, perhaps only a month or a year.
    func date(_ name: String) throws -> FHIRDate? {
        guard let text = try text(name) else { return nil }
        guard let date = FHIRDate(text.text, allowsTime: false) else {
            throw text.fault(
                "expected a date such as 1938-04-02, found \(JSONPlace.quoted(text.text))")
        }
        return date
    }

    /// The date, perhaps with a time, under a name.
    func dateTime(_ name: String) throws -> FHIRDate? {
        guard let text = try text(name) else { return nil }
        guard let date = FHIRDate(text.text, allowsTime: true) else {
            throw text.fault(
                "expected a date such as 2026-11-22, or a time such as 2026-11-22T14:30:00Z, found "
                    + JSONPlace.quoted(text.text))
        }
        return date
    }

    private func items(_ name: String) throws -> [JSONNode] {
        guard let node = node[name] else { return [] }
        guard case .array(let items) = node.value else { throw Self.wrong(node, "a list") }
        return items
    }

    private static func text(_ node: JSONNode) throws -> FHIRText? {
        guard case .string(let text) = node.value else { throw wrong(node, "a text") }
        let isBlank = text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        return isBlank ? nil : FHIRText(text: text, offset: node.range.lowerBound)
    }

    private static func wrong(_ node: JSONNode, _ expected: String) -> FHIRFault {
        FHIRFault(
            offset: node.range.lowerBound, message: "expected \(expected), found \(node.kind)")
    }
}
