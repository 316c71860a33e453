import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust

// What people see to of their own account. Whoever sits down at an open browser does not: each change
// takes password and code.
extension LocalSite {
    /// Where somebody is signed in, the browser that asks first.
    package func ownSessions(_ text: String) async throws -> [OwnSession] {
        guard let token = BrowserToken(text: text) else { return [] }
        let now = clock()
        return try await translating {
            try await store.read { transaction in
                guard let own = try transaction.session(token.hash) else { return [] }
                let all = try transaction.sessions(of: own.account.row).filter { session in
                    now.milliseconds - session.used.milliseconds < WebSessionLimits.idle
                        && now.milliseconds - session.begun.milliseconds < WebSessionLimits.absolute
                }.map {
                    OwnSession(isThis: $0.hash == token.hash, begun: $0.begun, used: $0.used)
                }
                return all.filter(\.isThis) + all.filter { !$0.isThis }
            }
        }
    }

    /// Ends every other session of the account whose session it is; gives its new token.
    package func endOtherSessions(
        _ text: String, _ request: SignInRequest
    ) async throws -> SignInOutcome {
        let outcome = try await prove(text, request) {
            { try $0.endSessions(of: $1.row, besides: $2) }
        }
        try await noteProven(outcome, "signed out everywhere else")
        return outcome
    }

    /// Notes what a proof was for, when it was right.
    private func noteProven(_ outcome: SignInOutcome, _ what: String) async throws {
        guard case .signedIn(let text, _) = outcome, let token = BrowserToken(text: text) else {
            return
        }
        try await translating {
            guard let account = try await store.read({ try $0.session(token.hash) })?.account else {
                return
            }
            try await noteSignIn(account.login, account, what)
        }
    }

    /// Replaces the password of the account whose session it is, and ends all its other sessions: whoever
    /// knew the old one is out. Gives the session's new token.
    package func changePassword(
        _ text: String, _ request: SignInRequest
    ) async throws -> SignInOutcome {
        guard let token = BrowserToken(text: text) else { return .wrong }
        return try await translating {
            guard let account = try await store.read({ try $0.session(token.hash) })?.account else {
                return .wrong
            }
            let new = request.newPassword ?? ""
            // Before the code is used: it counts once.
            let rule = PasswordRule(words: [account.login, account.name, name])
            let problem = new == request.password ? "is a new one" : rule.problem(new)
            if let problem { return .newPasswordNeeded(problem: problem) }
            let device = request.device.flatMap(BrowserToken.init(text:))?.hash
            let outcome = try await prove(text, request) {
                let hash = try await passwords.hash(
                    new, salt: cryptography.randomBytes(PasswordHash.saltBytes))
                return {
                    try $0.setPassword(
                        hash.bytes, isInitial: false, of: $1.row, in: $2, device: device)
                }
            }
            try await noteProven(outcome, "chose another password")
            return outcome
        }
    }
}
