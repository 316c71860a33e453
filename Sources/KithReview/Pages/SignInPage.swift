import HTTPTypes
import KithModel
import KithSite

/// Signing in and out, and keeping what somebody typed whose session ended before they saved it.
enum SignInPage {
    /// Fields that are never carried along.
    private static let private_: Set<String> = [
        "password", "code", "newPassword", "newPasswordAgain", "token", "once",
    ]

    static let routes: [Route] = [
        .get("/sign-in", .open) { visit in
            if visit.session != nil { return .see("/") }
            return try await page(visit, next: visit.query["next"])
        },
        .post("/sign-in", .open) { try await signIn($0) },
        .post("/sign-out", .signedIn) { visit in
            if let token = visit.token { try await visit.review.site.signOut(token) }
            var answer = Answer.see("/sign-in").setting([Cookies.clearSession])
            // So that the back button shows nothing that a browser kept all the same.
            answer.headers[StrictHeaders.name("Clear-Site-Data")] = "\"cache\""
            return answer
        },
    ]

    /// What is answered where nobody is signed in: a form's fields are kept until somebody is.
    static func demand(_ visit: Visit, keeping: Bool) -> Answer {
        guard keeping else {
            guard visit.target != "/", let next = Answer.local(visit.target) else {
                return .see("/sign-in")
            }
            return .see("/sign-in?next=" + FormFields.encoded(next))
        }
        let kept = visit.form.all.filter { !private_.contains($0.name) }
        var answer = render(
            visit, login: "", next: "", kept: kept, keptPath: visit.target,
            problem:
                "You were signed out, because nothing happened for half an hour. What you typed is kept: sign in, then save it.",
            isNew: false)
        answer.status = .unauthorized
        return answer
    }

    private static func page(_ visit: Visit, next: String) async throws -> Answer {
        let isEmpty = try await visit.review.site.users().isEmpty
        return render(
            visit, login: "", next: Answer.local(next) ?? "", kept: [], keptPath: "",
            problem: isEmpty
                ? "Nobody has an account yet. On the site's machine, 'kith user add LOGIN --name NAME --roles ROLE' makes one."
                : nil, isNew: false)
    }

    private static func signIn(_ visit: Visit) async throws -> Answer {
        let form = visit.form
        let kept = form.all.filter { $0.name.hasPrefix("kept.") }
            .map { (name: String($0.name.dropFirst(5)), value: $0.value) }
        let keptPath = Answer.local(form["keptPath"]) ?? ""
        let outcome = try await visit.review.site.signIn(
            SignInRequest(
                login: form["login"], password: form["password"], code: form["code"],
                newPassword: newPassword(form), address: visit.address, device: visit.device,
                certificate: visit.certificate))
        func again(_ problem: String, isNew: Bool = false) -> Answer {
            var answer = render(
                visit, login: form["login"], next: Answer.local(form["next"]) ?? "", kept: kept,
                keptPath: keptPath, problem: problem, isNew: isNew)
            answer.status = .unauthorized
            return answer
        }
        switch outcome {
        case .wrong:
            return again(
                "Login, password or code are not right. Each code counts once: wait for the next one."
            )
        case .wait(let seconds):
            return again(
                "That was wrong too often. Try again in \(seconds) seconds, or from a browser that you signed in from before."
            )
        case .newPasswordNeeded(let problem):
            return again(
                problem.map { "A password \($0)." }
                    ?? "Choose a password of your own, and type it twice below.", isNew: true)
        case .signedIn(let session, let device):
            let cookies = [Cookies.setSession(session), Cookies.setDevice(device)]
            if !keptPath.isEmpty {
                let page = KeptPage(fields: kept, path: keptPath)
                return try await page.answer(visit, token: session).setting(cookies)
            }
            return Answer.see(Answer.local(form["next"]) ?? "/").setting(cookies)
        }
    }

    /// The new password, when both fields say the same; else one that no rule takes.
    private static func newPassword(_ form: FormFields) -> String? {
        let (first, second) = (form["newPassword"], form["newPasswordAgain"])
        if first.isEmpty, second.isEmpty { return nil }
        return first == second ? first : ""
    }

    private static func render(
        _ visit: Visit, login: String, next: String, kept: [(name: String, value: String)],
        keptPath: String, problem: String?, isNew: Bool
    ) -> Answer {
        visit.page(
            "signin", title: "Sign in",
            [
                "login": login, "next": next, "keptPath": keptPath, "isNew": isNew,
                "problem": problem ?? false, "signedIn": false,
                "kept": kept.map { ["name": $0.name, "value": $0.value] as Node },
            ])
    }
}
