import HTTPTypes
import KithSite

/// One thing that browsers can ask for, and who may.
struct Route: Sendable {
    /// Who may ask.
    enum Access: Sendable, Equatable {
        /// Everybody: the sign-in and what it looks like.
        case open
        /// Whoever is signed in.
        case signedIn
        /// Whoever has one of the permissions.
        case oneOf([WebPermission])

        /// Whoever has a permission.
        static func needs(_ permission: WebPermission) -> Access { .oneOf([permission]) }

        /// Whether a user may.
        func admits(_ user: UserView) -> Bool {
            switch self {
            case .open, .signedIn: true
            case .oneOf(let permissions): permissions.contains(where: user.may)
            }
        }
    }

    /// `GET` or `POST`.
    let method: HTTPRequest.Method
    /// The path; a segment that begins with a colon takes any one segment.
    let path: String
    /// Who may ask.
    let access: Access
    /// Answers.
    let answer: @Sendable (Visit) async throws -> Answer

    static func get(
        _ path: String, _ access: Access,
        _ answer: @escaping @Sendable (Visit) async throws -> Answer
    ) -> Route {
        Route(method: .get, path: path, access: access, answer: answer)
    }

    static func post(
        _ path: String, _ access: Access,
        _ answer: @escaping @Sendable (Visit) async throws -> Answer
    ) -> Route {
        Route(method: .post, path: path, access: access, answer: answer)
    }

    /// The parameters of a path that this route takes; nil when it does not.
    func parameters(of path: String) -> [String: String]? {
        let wanted = self.path.split(separator: "/", omittingEmptySubsequences: false)
        let asked = path.split(separator: "/", omittingEmptySubsequences: false)
        guard wanted.count == asked.count else { return nil }
        var parameters: [String: String] = [:]
        for (want, ask) in zip(wanted, asked) {
            if want.hasPrefix(":") {
                guard !ask.isEmpty else { return nil }
                parameters[String(want.dropFirst())] = String(ask)
            } else if want != ask {
                return nil
            }
        }
        return parameters
    }
}
