import Mustache

/// A node as templates read it, made once for a page: what a value is, is asked here and not again each
/// time that a template names it, which took most of the time of a long page.
final class BoundNode: MustacheParent {
    private let values: [String: Any]

    /// Binds a node and all that is in it.
    init(_ node: Node) {
        values = node.mapValues(Self.bound)
    }

    func child(named name: String) -> Any? { values[name] }

    private static func bound(_ value: Any) -> Any {
        switch value {
        case let text as String: BoundText(renderText: text)
        case let isTrue as Bool: isTrue
        case let nodes as [Node]: nodes.map(BoundNode.init)
        case let node as Node: BoundNode(node)
        case let texts as [String]: texts.map(BoundText.init)
        case let number as Int: BoundText(renderText: String(number))
        case let number as Int64: BoundText(renderText: String(number))
        default: preconditionFailure("a template is given a \(type(of: value))")
        }
    }
}

/// A text of a node. Within a section of its own name it is looked into like a node, and holds nothing.
struct BoundText: MustacheCustomRenderable, MustacheParent {
    let renderText: String
    var isNull: Bool { false }

    func child(named name: String) -> Any? { nil }
}
