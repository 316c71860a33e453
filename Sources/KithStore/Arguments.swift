package import Foundation

/// What is bound to the parameters of a statement, in their order.
package struct Arguments: ExpressibleByArrayLiteral {
    private(set) var values: [HotValue]

    package init(arrayLiteral elements: (any Bindable)?...) {
        values = elements.map { $0?.bound ?? .null }
    }

    /// A list of any length.
    init(_ elements: some Sequence<any Bindable>) { values = elements.map(\.bound) }

    static func += (left: inout Arguments, right: Arguments) { left.values += right.values }

    static func + (left: Arguments, right: Arguments) -> Arguments {
        var sum = left
        sum += right
        return sum
    }
}

/// What can be bound to a parameter.
package protocol Bindable {
    var bound: HotValue { get }
}

extension Bindable where Self: BinaryInteger {
    package var bound: HotValue { .int(Int64(self)) }
}

extension Int64: Bindable {}
extension Int: Bindable {}
extension UInt32: Bindable {}

extension Bool: Bindable {
    package var bound: HotValue { .int(self ? 1 : 0) }
}

extension String: Bindable {
    package var bound: HotValue { .text(self) }
}

extension Data: Bindable {
    package var bound: HotValue { .data(self) }
}
