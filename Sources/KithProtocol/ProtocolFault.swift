/// What is wrong with something that came from outside. A verdict about it, never a failure of ours.
public struct ProtocolFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of fault.
    public enum Code: String, Sendable {
        /// The bytes are not a message of the protocol.
        case malformed
        /// Something is larger than `Limits` allows.
        case limit
        /// A version of the format that this program does not read.
        case version
        /// A digest does not match its bytes.
        case digest
        /// The signature is not the author's.
        case signature
        /// The bytes cannot be opened with the key.
        case sealed
    }

    /// What kind of fault.
    public let code: Code
    /// Which part of the message; no content.
    public let description: String

    /// Names a fault.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
