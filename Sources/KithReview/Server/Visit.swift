import Foundation
import KithModel
import KithSite
import Synchronization

/// One request of a browser, after everything that is asked of all of them was checked.
struct Visit: Sendable {
    /// What the page is made with.
    let review: Review
    /// The path that was asked for, with its query.
    let target: String
    /// The parameters of the path.
    let parameters: [String: String]
    /// The query.
    let query: FormFields
    /// The form; empty for GET.
    let form: FormFields
    /// Who; nil for pages that everybody may see.
    let session: WebSession?
    /// The token of the session's cookie.
    let token: String?
    /// The token of a browser that was signed in from.
    let device: String?
    /// Where it comes from.
    let address: String
    /// The DER of the certificate that the browser proved to hold.
    let certificate: [UInt8]?
    /// When.
    let now: Instant
    /// What is noted of it in the audit.
    let notes = AuditLedger()
    /// The token of the session from now on, when whoever it is proved it again.
    let renewal = SessionRenewal()

    /// A parameter of the path.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The way to the records for whoever is signed in.
    func desk() throws -> Desk {
        guard let session else {
            throw SiteError(.refused, "sign in first")
        }
        return Desk(
            site: review.site.acting(
                for: session.user.author, through: .webPage,
                within: AccessScope(session.user.compartments), notedIn: notes),
            keeper: review.site, user: session.user)
    }

    /// Proves again who it is. The browser gets the session's new token with the answer, whatever becomes
    /// of what the proof was for.
    func prove(
        newPassword: String? = nil,
        _ body: (LocalSite, String, SignInRequest) async throws -> SignInOutcome
    ) async throws -> SignInOutcome {
        guard let session, let token else { return .wrong }
        review.renewed.note(token, of: session.user.login)
        let outcome = try await body(
            review.site, token,
            SignInRequest(
                login: "", password: form["password"], code: form["code"],
                newPassword: newPassword, address: address, device: device,
                certificate: certificate))
        if case .signedIn(let new, _) = outcome { renewal.become(new) }
        return outcome
    }

    /// The person, the moment and what a form needs, for every page.
    func page(_ template: String, title: String, tab: String = "", _ node: Node) -> Answer {
        .page(Templates.page(template, layout(title: title, tab: tab).merging(node) { $1 }))
    }

    /// What the layout shows.
    func layout(title: String, tab: String) -> Node {
        var node: Node = [
            "pageTitle": title, "site": review.siteName, "signedIn": session != nil,
            "token": session?.formToken ?? "", "once": review.newFormID(), "tabs": [Node](),
            "person": session?.user.name ?? "", "role": session?.user.title ?? "",
            "now": review.words(now), "message": false, "problem": false,
            "css": Assets.stylePath, "js": Assets.scriptPath, "icon": Assets.iconPath,
            "breakGlass": false, "undoPath": false,
        ]
        if let user = session?.user {
            node["tabs"] = Tabs.all.filter { $0.access.admits(user) }.map { item -> Node in
                ["label": item.label, "path": item.path, "isCurrent": item.path == tab]
            }
        }
        if let key = query.all.first(where: { $0.name == "done" })?.value,
            let words = Messages.done[key]
        {
            node["message"] = words
            node["undoPath"] = undoPath(key) ?? false as Any
        }
        return node
    }

    /// Where what was decided just now is taken back, when the address names it as conflicts are named.
    private func undoPath(_ done: String) -> String? {
        let id = query["decided"]
        guard done == "resolved", ConflictWorkPages.isPlain(id) else { return nil }
        return "/conflicts/\(id)/undo"
    }
}

/// The token that a session goes on under.
final class SessionRenewal: Sendable {
    private let kept = Mutex<String?>(nil)

    /// The new token; nil where the old one stays.
    var token: String? { kept.withLock { $0 } }

    /// The session goes on under a new token.
    func become(_ token: String) { kept.withLock { $0 = token } }
}

/// The parts of the page that the navigation leads to.
enum Tabs {
    struct Tab: Sendable {
        let label: String
        let path: String
        let access: Route.Access
    }

    static let all: [Tab] = [
        Tab(label: "Today", path: "/", access: .needs(.read)),
        Tab(label: "Residents", path: "/residents", access: .needs(.read)),
        Tab(label: "Conflicts", path: "/conflicts", access: .needs(.read)),
        Tab(label: "Home round", path: "/round", access: .needs(.read)),
        Tab(label: "Contacts", path: "/contacts", access: .needs(.read)),
        Tab(label: "Partners", path: "/partnership", access: .oneOf([.read, .administer])),
        Tab(label: "Audit", path: "/audit", access: .needs(.readAudit)),
        Tab(label: "Emergencies", path: "/emergencies", access: GlassPage.access),
        Tab(label: "Accounts", path: "/users", access: .needs(.administer)),
    ]
}

/// What is said after something was done, by a word in the query: no text from outside is shown so.
enum Messages {
    static let done: [String: String] = [
        "saved": "Saved. Your partners get it at the next sync.",
        "both":
            "Saved. Somebody else had changed the same meanwhile: both are kept, see below.",
        "nothing": "Nothing was changed, so nothing was saved.",
        "comment": "Your comment is saved.",
        "proposed":
            "Your proposal is saved. Whoever keeps the record answers it after the next sync.",
        "accepted": "Taken over. Whoever proposed it sees that after the next sync.",
        "declined": "Declined. Whoever proposed it sees that after the next sync.",
        "acknowledged":
            "Noted that you have seen this plan. Your partners see it after the next sync.",
        "reviewed": "Your review is noted, and stands in the audit.",
        "signed": "Signed off. Your partners get it at the next sync.",
        "read": "Noted that you have read everything up to now.",
        "resolved": "Decided.",
        "undone": "Taken back: it is open again.",
        "noted": "Noted. Your partners see it after the next sync.",
        "round": "The outcomes are saved.",
        "list": "The list is saved for the round. Open it here when the round begins.",
        "archived": "Archived. It can be brought back.",
        "restored": "Brought back.",
        "password": "Your password is changed, and you are signed out everywhere else.",
        "elsewhere": "You are signed out everywhere else.",
    ]
}
