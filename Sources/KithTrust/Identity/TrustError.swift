/// A failure of `KithTrust`: what went wrong, and what to do about it.
///
/// Refusing someone is not a failure but a verdict, and is returned (``LeafVerdict``).
/// Messages never hold a key, a secret or record content.
public struct TrustError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    ///
    /// Each part of the module declares its own codes in an extension.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's stable name, for logs and JSON.
        public let description: String

        /// Declares a code by its stable name.
        public init(_ description: String) {
            self.description = description
        }
    }

    /// What kind of failure it is.
    public let code: Code
    /// What went wrong and what to do about it, in one or two sentences.
    public let message: String
    /// The error underneath, if there is one.
    public let cause: (any Error)?

    /// Makes an error; the message says what went wrong and what to do.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message.
    public var description: String { message }
}

extension TrustError.Code {
    /// A private key file cannot be read as a P-256 key.
    public static let invalidKey = Self("trust.invalid-key")
    /// A root certificate does not parse, or is not what a site's root must be.
    public static let invalidRootCertificate = Self("trust.invalid-root-certificate")
    /// A leaf certificate does not parse, or is not what a site's leaf must be.
    public static let invalidLeafCertificate = Self("trust.invalid-leaf-certificate")
    /// A browser's certificate does not parse, or this site did not issue it.
    public static let invalidClientCertificate = Self("trust.invalid-client-certificate")
    /// A key, a leaf and a root that were given together do not belong together.
    public static let mismatchedIdentity = Self("trust.mismatched-identity")
    /// A certificate could not be made.
    public static let issuingFailed = Self("trust.issuing-failed")
}
