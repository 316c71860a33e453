extension JSONNode {
    /// A value that was made here and stands in no text.
    init(made value: Value) { self.init(value: value, range: 0..<0) }

    /// An object; members without a value, and lists without items, are left out.
    static func object(_ members: [(String, JSONNode?)]) -> JSONNode {
        JSONNode(
            made: .object(
                members.compactMap { name, value in
                    guard let value else { return nil }
                    if case .array(let items) = value.value, items.isEmpty { return nil }
                    return Member(name: name, value: value)
                }))
    }

    /// A list, without what is nil.
    static func list(_ items: [JSONNode?]) -> JSONNode {
        JSONNode(made: .array(items.compactMap(\.self)))
    }

    /// A text.
    static func text(_ text: String) -> JSONNode { JSONNode(made: .string(text)) }

    /// True or false.
    static func flag(_ flag: Bool) -> JSONNode { JSONNode(made: .boolean(flag)) }

    /// A number, by its digits.
    static func number(_ digits: String) -> JSONNode { JSONNode(made: .number(digits)) }

    /// The JSON text, indented by two spaces, every member and item on a line of its own.
    package var json: String {
        var text = ""
        write(to: &text, indent: 0)
        return text + "\n"
    }

    private func write(to text: inout String, indent: Int) {
        switch value {
        case .null: text += "null"
        case .boolean(let flag): text += flag ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): Self.quote(string, to: &text)
        case .array(let items):
            Self.write(items, between: "[", and: "]", to: &text, indent) { item, text in
                item.write(to: &text, indent: indent + 2)
            }
        case .object(let members):
            Self.write(members, between: "{", and: "}", to: &text, indent) { member, text in
                Self.quote(member.name, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent + 2)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between open: String, and close: String, to text: inout String,
        _ indent: Int, _ one: (Item, inout String) -> Void
    ) {
        text += open
        for (position, item) in items.enumerated() {
            text += position == 0 ? "\n" : ",\n"
            text += String(repeating: " ", count: indent + 2)
            one(item, &text)
        }
        if !items.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<" ", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
