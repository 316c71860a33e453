/// One value of a JSON text, and the bytes it was read from.
package struct JSONNode: Sendable {
    /// What a JSON value can be.
    package indirect enum Value: Sendable {
        case null
        case boolean(Bool)
        /// The digits as written: `1e400` is a JSON number that no machine number holds.
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    /// One name of an object and its value.
    package struct Member: Sendable {
        package let name: String
        package let value: JSONNode
    }

    package let value: Value
    /// Where its bytes begin and end in the text.
    package let range: Range<Int>

    /// The value under a name; nil when this is no object or has no such name.
    package subscript(name: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        // Bytes, because Swift's == on strings would take two different names for one.
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The kind of value, in words.
    package var kind: String {
        switch value {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// A JSON text that was read whole, from which any value's place can be told.
package struct JSONDocument: Sendable {
    package let bytes: [UInt8]
    package let root: JSONNode

    /// The place of the value that begins at an offset.
    package func place(at offset: Int) -> JSONPlace {
        JSONPlace(offset: offset, path: path(to: offset), in: bytes)
    }

    private func path(to offset: Int) -> [JSONPlace.Step] {
        var steps: [JSONPlace.Step] = []
        var node = root
        while node.range.lowerBound != offset {
            switch node.value {
            case .array(let items):
                guard let index = items.firstIndex(where: { $0.range.contains(offset) }) else {
                    return steps
                }
                steps.append(.index(index))
                node = items[index]
            case .object(let members):
                guard let member = members.first(where: { $0.value.range.contains(offset) }) else {
                    return steps
                }
                steps.append(.name(member.name))
                node = member.value
            case .null, .boolean, .number, .string: return steps
            }
        }
        return steps
    }
}
