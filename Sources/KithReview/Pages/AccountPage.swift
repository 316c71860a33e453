import HTTPTypes
import KithModel
import KithSite

/// What somebody sees to of their own account: where they are signed in, and their password.
enum AccountPage {
    static let routes: [Route] = [
        .get("/account", .signedIn) { try await page($0, problem: nil) },
        .post("/account/password", .signedIn) { visit in
            try await change(visit, done: "password") { site, token, request in
                try await site.changePassword(token, request)
            }
        },
        .post("/account/sessions", .signedIn) { visit in
            try await change(visit, done: "elsewhere") { site, token, request in
                try await site.endOtherSessions(token, request)
            }
        },
    ]

    private static func page(_ visit: Visit, problem: String?) async throws -> Answer {
        let user = visit.session?.user
        let sessions = try await visit.review.site.ownSessions(visit.token ?? "")
        func line(_ text: String) -> String { ShownText(line: text).text }
        var answer = visit.page(
            "account", title: "Your account",
            [
                "login": user?.login ?? "", "name": line(user?.name ?? ""),
                "does": (user?.roles ?? []).map(\.label).joined(separator: ", "),
                "reads": (user?.compartments ?? []).map(\.name).joined(separator: ", "),
                "readsAny": user?.compartments.isEmpty == false,
                "sessions": sessions.map { session -> Node in
                    [
                        "isThis": session.isThis, "begun": visit.review.words(session.begun),
                        "used": visit.review.words(session.used),
                    ]
                }, "isElsewhere": sessions.contains { !$0.isThis },
                "problem": problem ?? false as Any,
            ])
        if problem != nil { answer.status = .badRequest }
        return answer
    }

    /// Makes a change that takes password and code, or says what is wrong with them.
    private static func change(
        _ visit: Visit, done: String,
        _ body: (LocalSite, String, SignInRequest) async throws -> SignInOutcome
    ) async throws -> Answer {
        let form = visit.form
        let isAlike = form["newPassword"] == form["newPasswordAgain"]
        switch try await visit.prove(newPassword: isAlike ? form["newPassword"] : "", body) {
        case .signedIn: return .see("/account?done=\(done)")
        case .wrong:
            return try await page(
                visit,
                problem:
                    "Nothing was changed: password or code are not right. Each code counts once: wait for the next one."
            )
        case .wait(let seconds):
            return try await page(
                visit,
                problem:
                    "Nothing was changed: that was wrong too often. Try again in \(seconds) seconds."
            )
        case .newPasswordNeeded(let problem):
            return try await page(
                visit,
                problem:
                    "Nothing was changed: a password \(problem ?? "is needed"), and is typed twice alike."
            )
        }
    }
}
