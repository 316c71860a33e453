/// A failure of `KithTransport`: what went wrong, and what to do about it.
///
/// Messages hold addresses, short site ids and causes; never content, names or keys. A text that
/// came from another site is cut and stripped before it gets into one.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The text is not `host:port`.
        case invalidAddress = "transport.invalid-address"
        /// Another program, or another kithd, has the port.
        case addressInUse = "transport.address-in-use"
        /// The system does not let us listen on that port.
        case listenNotPermitted = "transport.listen-not-permitted"
        /// Listening failed for another reason.
        case listenFailed = "transport.listen-failed"
        /// Nothing answers at the address.
        case couldNotConnect = "transport.could-not-connect"
        /// It answered, but not within the time limit.
        case timedOut = "transport.timed-out"
        /// The site at the address is not the one that was expected.
        case wrongSite = "transport.wrong-site"
        /// What answers is no site, or TLS failed before anyone was identified.
        case tlsFailed = "transport.tls-failed"
        /// We are not a peer there, or not any more, and no invitation stands.
        case notAPeer = "transport.not-a-peer"
        /// The other side understood and said no.
        case refused = "transport.refused"
        /// A message was larger than a side takes.
        case tooLarge = "transport.too-large"
        /// The other side broke the protocol, or failed inside.
        case protocolError = "transport.protocol-error"
        /// The connection ended before the exchange did.
        case closed = "transport.closed"
        /// Our own TLS identity could not be used.
        case identityUnusable = "transport.identity-unusable"
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
