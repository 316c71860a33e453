import HTTPTypes
import KithSite

/// Why a request is not answered; nothing of it was looked at further.
enum Refusal: Error {
    case host, certificate, origin, method, missing, type, size, form, token, permission, tooMany,
        running

    private var status: HTTPResponse.Status {
        switch self {
        case .host: .misdirectedRequest
        case .certificate, .origin, .token, .permission: .forbidden
        case .method: .methodNotAllowed
        case .missing: .notFound
        case .type: .unsupportedMediaType
        case .size: .contentTooLarge
        case .form: .badRequest
        case .tooMany: .tooManyRequests
        case .running: .conflict
        }
    }

    private var words: String {
        switch self {
        case .host: "This page is not served under this name. Use the address you were given."
        case .certificate:
            "This browser's certificate does not count here any more. Ask whoever looks after accounts for a new one."
        case .origin: "This came from another page, and nothing was done."
        case .method: "This cannot be done so, and nothing was done."
        case .missing: "There is no such page, or it is not for you."
        case .type, .form:
            "The form could not be read, and nothing was done. Go back and try again."
        case .size: "The form is too large, and nothing was done. Shorten the longest text."
        case .token: "The form was too old, and nothing was done. Go back, reload, and try again."
        case .permission: "Your role does not include this. Ask whoever looks after accounts."
        case .tooMany: "Too many requests came from your address. Wait a minute, then go on."
        case .running: "This form is just being saved. Wait a moment, then look whether it was."
        }
    }

    /// The page that says so.
    func answer(_ review: Review) -> Answer {
        var answer = Problems.page(words, status: status, review)
        if self == .tooMany { answer.headers[.retryAfter] = "30" }
        return answer
    }
}

extension SiteError {
    /// Whether it is said above the form that somebody sent, with all that they typed still in it: a
    /// disk that is full now may take it in a minute.
    var isForForm: Bool { [.invalid, .refused, .store, .home].contains(code) }
}

extension Answer {
    /// The same form, with the status of what its saving failed for.
    func blaming(_ error: SiteError) -> Answer {
        var answer = self
        if [.store, .home].contains(error.code) { answer.status = .serviceUnavailable }
        return answer
    }
}

/// Pages that say what went wrong.
enum Problems {
    /// The page for what a site refuses.
    static func answer(_ error: SiteError, _ review: Review) -> Answer {
        let status: HTTPResponse.Status =
            switch error.code {
            case .notFound: .notFound
            case .ambiguous, .invalid: .badRequest
            case .refused, .needsPerson: .forbidden
            case .home, .store, .network, .version: .serviceUnavailable
            }
        return page(sentence(error), status: status, review)
    }

    /// The line of an error as a sentence.
    static func sentence(_ error: SiteError) -> String {
        let text = error.description
        return text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }

    static func page(_ words: String, status: HTTPResponse.Status, _ review: Review) -> Answer {
        .page(
            Templates.page(
                "problem",
                [
                    "pageTitle": "Not done", "site": review.siteName, "signedIn": false,
                    "tabs": [Node](), "token": "", "once": "", "person": "", "role": "",
                    "now": review.words(review.now()), "message": false, "problem": false,
                    "css": Assets.stylePath, "js": Assets.scriptPath, "icon": Assets.iconPath,
                    "words": words,
                    "breakGlass": false,
                ]), status: status)
    }
}
