/// How the web page is served.
public struct ReviewConfiguration: Sendable, Hashable {
    /// Which browsers get as far as the sign-in.
    public enum Browsers: String, Sendable, Hashable {
        /// All.
        case any
        /// Those that hold a certificate of an account here.
        case certificate
    }

    /// The host or address to listen on.
    public var host: String
    /// The port; 0 lets the system choose.
    public var port: Int
    /// Host names and addresses under which browsers may ask; all else is refused.
    public var names: [String]
    /// PEM files of a certificate chain and its key, when the operator has one.
    public var certificate: Files?
    /// Which browsers get in.
    public var browsers: Browsers

    /// A certificate of the operator's.
    public struct Files: Sendable, Hashable {
        /// The chain, the server's own certificate first.
        public var chain: String
        /// The private key.
        public var key: String

        /// Names the files.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// Describes how to serve.
    public init(
        host: String, port: Int, names: [String], certificate: Files? = nil,
        browsers: Browsers = .any
    ) {
        self.host = host
        self.port = port
        self.names = names
        self.certificate = certificate
        self.browsers = browsers
    }
}
