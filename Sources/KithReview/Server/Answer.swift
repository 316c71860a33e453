import HTTPTypes
import HummingbirdCore
import NIOCore

/// What a browser is given.
struct Answer: Sendable {
    /// The status.
    var status: HTTPResponse.Status
    /// Fields besides those that every answer has.
    var headers: HTTPFields = [:]
    /// The body.
    var body: [UInt8] = []

    /// A page.
    static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Answer {
        Answer(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: Array(html.utf8))
    }

    /// Sends the browser on with GET; only to a path of this page.
    static func see(_ path: String) -> Answer {
        Answer(status: .seeOther, headers: [.location: Self.local(path) ?? "/"])
    }

    /// The path itself when it is one of this page's, with nothing that a header must not hold.
    static func local(_ path: String) -> String? {
        guard path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= ReviewLimits.target,
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return path
    }

    /// The same with a cookie set.
    func setting(_ cookies: [String]) -> Answer {
        var answer = self
        for cookie in cookies { answer.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return answer
    }
}

/// The fields that every answer has.
enum StrictHeaders {
    /// Nothing of the page may be kept, framed, or read by others; scripts and styles only as files
    /// of our own.
    static let all: [(HTTPField.Name, String)] = [
        (.cacheControl, "no-store"),
        (
            name("Content-Security-Policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                + "font-src 'none'; connect-src 'none'; object-src 'none'; form-action 'self'; "
                + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        ),
        (.strictTransportSecurity, "max-age=31536000; includeSubDomains"),
        (.xContentTypeOptions, "nosniff"),
        (name("X-Frame-Options"), "DENY"),
        (name("Referrer-Policy"), "same-origin"),
        (name("Cross-Origin-Opener-Policy"), "same-origin"),
        (name("Cross-Origin-Resource-Policy"), "same-origin"),
        (name("Permissions-Policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
        (name("X-Robots-Tag"), "noindex, nofollow"),
    ]

    static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("no field name: \(text)") }
        return name
    }

    /// The response of an answer.
    static func response(_ answer: Answer) -> Response {
        var headers = answer.headers
        for (name, value) in all where headers[name] == nil { headers[name] = value }
        return Response(
            status: answer.status, headers: headers,
            body: answer.body.isEmpty
                ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

/// The cookies of the page. `__Host-`: of this host alone, with TLS alone.
enum Cookies {
    static let session = "__Host-kith"
    static let device = "__Host-kith-browser"

    static func setSession(_ token: String) -> String {
        "\(session)=\(token); Path=/; Secure; HttpOnly; SameSite=Strict"
    }

    static func setDevice(_ token: String) -> String {
        "\(device)=\(token); Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000"
    }

    static let clearSession =
        "\(session)=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"

    /// The value of a cookie in a request; nil when it is there twice.
    static func value(_ name: String, in headers: HTTPFields) -> String? {
        let pairs = headers[values: .cookie].flatMap { $0.split(separator: ";") }
        let found = pairs.compactMap { pair -> String? in
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { return nil }
            return String(parts[1])
        }
        return found.count == 1 ? found[0] : nil
    }
}
