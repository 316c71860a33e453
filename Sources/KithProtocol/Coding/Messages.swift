package import Foundation
package import KithModel
package import SwiftProtobuf

extension Message {
    /// Reads a message; anything that is not one is a fault, never a trap.
    package init(checked bytes: Data, _ what: String) throws(ProtocolFault) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw ProtocolFault(.malformed, what)
        }
    }

    /// The message's bytes. None of Kith's messages has required fields, so this cannot fail.
    package func bytes() -> Data {
        do {
            return try serializedData()
        } catch {
            preconditionFailure("a message of our own does not serialize: \(error)")
        }
    }
}

extension Kith_V1_Compartment {
    package init(_ compartment: Compartment) {
        self = Self(rawValue: compartment.rawValue) ?? .unspecified
    }
}
