public import KithModel

/// What somebody types to sign in, and where it comes from.
public struct SignInRequest: Sendable {
    /// The login.
    public var login: String
    /// The password.
    public var password: String
    /// The six digits of the authenticator app.
    public var code: String
    /// A password to replace the present one; needed where that is the one that was made for them.
    public var newPassword: String?
    /// The address that it comes from.
    public var address: String
    /// The token of a browser that was signed in from before.
    public var device: String?
    /// The DER of the certificate that the browser proved to hold.
    public var certificate: [UInt8]?

    /// Describes an attempt.
    public init(
        login: String, password: String, code: String, newPassword: String? = nil,
        address: String, device: String? = nil, certificate: [UInt8]? = nil
    ) {
        self.login = login
        self.password = password
        self.code = code
        self.newPassword = newPassword
        self.address = address
        self.device = device
        self.certificate = certificate
    }
}

/// What came of an attempt to sign in.
public enum SignInOutcome: Sendable {
    /// In: the tokens for two cookies.
    case signedIn(session: String, device: String)
    /// Login, password or code are wrong; nothing says which.
    case wrong
    /// Too many guesses: again in so many seconds.
    case wait(seconds: Int)
    /// The password was right and is to be replaced; with why what was given will not do.
    case newPasswordNeeded(problem: String?)
}

/// A browser that is signed in.
public struct WebSession: Sendable {
    /// Who.
    public let user: UserView
    /// Since when.
    public let begun: Instant
    /// When password and code were last given.
    public let proved: Instant
    /// What a form of this session carries.
    public let formToken: String

    /// Describes a session.
    public init(user: UserView, begun: Instant, proved: Instant, formToken: String) {
        self.user = user
        self.begun = begun
        self.proved = proved
        self.formToken = formToken
    }
}

/// A browser in which somebody is signed in, as they see it themselves.
public struct OwnSession: Sendable {
    /// Whether it is the one that asks.
    public let isThis: Bool
    /// Since when.
    public let begun: Instant
    /// When it was last used, to the minute.
    public let used: Instant

    /// Describes a session.
    public init(isThis: Bool, begun: Instant, used: Instant) {
        self.isThis = isThis
        self.begun = begun
        self.used = used
    }
}

/// How long sessions live, in milliseconds.
public enum WebSessionLimits {
    /// Without use: 30 minutes.
    public static let idle: Int64 = 30 * 60_000
    /// In all: 12 hours.
    public static let absolute: Int64 = 12 * 3_600_000
    /// For how long a password given again lets clinical decisions be signed: 5 minutes.
    public static let proved: Int64 = 5 * 60_000
    /// Browsers that an account remembers.
    public static let devices = 20
}
