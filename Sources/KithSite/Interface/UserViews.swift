public import Foundation
public import KithModel

/// What somebody may do on a site's web page.
public enum WebRole: String, Codable, Sendable, CaseIterable {
    /// Reads, comments, proposes, and signs off.
    case reviewer
    /// All that, and writes, decides conflicts, and signs clinical decisions.
    case clinician
    /// Reads, comments, and writes.
    case careStaff
    /// Looks after accounts and how the site stands; reads what their compartments say.
    case administrator
    /// Reads the audit.
    case auditor

    /// The word for it in commands.
    public var word: String { self == .careStaff ? "care-staff" : rawValue }

    /// The word for it to people.
    public var label: String { self == .careStaff ? "care staff" : rawValue }

    /// Reads the word or the name.
    public init?(word: String) {
        guard let role = Self.allCases.first(where: { [$0.word, $0.rawValue].contains(word) })
        else { return nil }
        self = role
    }

    /// What it lets people do.
    public var permissions: Set<WebPermission> {
        switch self {
        case .reviewer: [.read, .comment]
        case .clinician: [.read, .comment, .edit, .resolve, .attest]
        case .careStaff: [.read, .comment, .edit, .resolve]
        case .administrator: [.administer]
        case .auditor: [.readAudit]
        }
    }
}

/// One thing that a role lets people do.
public enum WebPermission: String, Codable, Sendable, CaseIterable {
    /// Read records of their compartments.
    case read
    /// Comment, propose, acknowledge, sign off.
    case comment
    /// Write records of their compartments.
    case edit
    /// Decide conflicts that need no clinical decision.
    case resolve
    /// Sign clinical decisions.
    case attest
    /// Read who did what.
    case readAudit
    /// See how the site stands and who has an account.
    case administer
}

/// An account of the web page.
public struct UserView: Codable, Sendable, Hashable {
    /// What is typed at sign-in.
    public var login: String
    /// The person's name.
    public var name: String
    /// What they are, as it stands in what they write.
    public var title: String
    /// What they may do.
    public var roles: [WebRole]
    /// What they may read.
    public var compartments: [Compartment]
    /// Whether nobody can sign in with it.
    public var isDisabled: Bool
    /// Whether the password is still the one that was made for them.
    public var isPasswordInitial: Bool
    /// When it was made.
    public var made: Instant
    /// When somebody last signed in with it.
    public var signedIn: Instant?
    /// When the certificates of its browsers end.
    public var certificates: [Instant]

    /// Describes an account.
    public init(
        login: String, name: String, title: String, roles: [WebRole],
        compartments: [Compartment], isDisabled: Bool, isPasswordInitial: Bool, made: Instant,
        signedIn: Instant?, certificates: [Instant] = []
    ) {
        self.login = login
        self.name = name
        self.title = title
        self.roles = roles
        self.compartments = compartments
        self.isDisabled = isDisabled
        self.isPasswordInitial = isPasswordInitial
        self.made = made
        self.signedIn = signedIn
        self.certificates = certificates
    }

    /// The person as they stand in what they write.
    public var author: Author { Author(user: login, name: name, role: title) }

    /// Whether one of the roles lets them do something.
    public func may(_ permission: WebPermission) -> Bool {
        roles.contains { $0.permissions.contains(permission) }
    }
}

/// What to do with an account.
public struct UserChange: Codable, Sendable {
    /// One thing to do.
    public enum Act: Codable, Sendable {
        /// Make it; `compartments` nil: what its roles usually read.
        case add(name: String, title: String?, roles: [WebRole], compartments: [Compartment]?)
        /// Set what its person may do; nil leaves as it is.
        case rights(title: String?, roles: [WebRole]?, compartments: [Compartment]?)
        /// Let nobody sign in with it, and end its sessions.
        case disable
        /// Let it be used again.
        case enable
        /// Make a new password and a new secret of its time codes, and end its sessions.
        case reset
        /// Issue a certificate for a browser, under a passphrase.
        case certificate(passphrase: String)
        /// Take all its certificates back.
        case revokeCertificates
    }

    /// The account.
    public var login: String
    /// What to do.
    public var act: Act

    /// Describes a change.
    public init(login: String, act: Act) {
        self.login = login
        self.act = act
    }
}

/// What came of a change of an account; what is secret in it is shown once.
public struct UserReport: Codable, Sendable {
    /// The account.
    public var user: UserView
    /// The password that was made, to be replaced at the first sign-in.
    public var password: String?
    /// The secret for an authenticator app, as it is typed.
    public var codeSecret: String?
    /// The same as an app reads it from a QR code.
    public var codeURI: String?
    /// A `.p12` file for a browser.
    public var certificate: Data?

    /// Describes what came of it.
    public init(
        user: UserView, password: String? = nil, codeSecret: String? = nil,
        codeURI: String? = nil, certificate: Data? = nil
    ) {
        self.user = user
        self.password = password
        self.codeSecret = codeSecret
        self.codeURI = codeURI
        self.certificate = certificate
    }
}
