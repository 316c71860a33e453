import Foundation
import HTTPTypes
import HummingbirdCore
import KithModel
import KithSite
import Logging
import NIOCore
import NIOSSL

/// Checks what is asked of every request before anything is answered: name, origin, size, rate, session,
/// form token, permission.
struct Gatekeeper: Sendable {
    let review: Review
    let routes: [Route]
    let logger: Logger

    /// The answer to a request.
    func answer(_ request: Request, on channel: any Channel) async -> Answer {
        do {
            return try await checked(request, on: channel)
        } catch {
            return failure(error)
        }
    }

    /// The page that says what went wrong.
    func failure(_ error: any Error) -> Answer {
        switch error {
        case let refusal as Refusal: return refusal.answer(review)
        case let error as SiteError: return Problems.answer(error, review)
        case is CancellationError:
            return Problems.answer(
                SiteError(.network, "this site is stopping; try again in a minute"), review)
        default:
            // The name of the type helps whoever gets the report; its content may hold a record.
            logger.error("a page failed", metadata: ["error.type": "\(type(of: error))"])
            return Problems.answer(
                SiteError(.store, "something went wrong that Kith did not expect; try again"),
                review)
        }
    }

    private func checked(_ request: Request, on channel: any Channel) async throws -> Answer {
        let now = review.now()
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        guard review.ledger.admits(address, at: now) else { throw Refusal.tooMany }
        let method: HTTPRequest.Method = request.method == .head ? .get : request.method
        guard method == .get || method == .post else { throw Refusal.method }
        let host = request.head.authority ?? ""
        guard let name = HostNames.host(in: host), review.configuration.names.contains(name) else {
            throw Refusal.host
        }
        let (path, query) = try target(of: request)
        if method == .get, let asset = Assets.answer(path) { return asset }
        let matching = routes.compactMap { route in
            route.parameters(of: path).map { (route, $0) }
        }
        guard let (route, parameters) = matching.first(where: { $0.0.method == method }) else {
            throw matching.isEmpty ? Refusal.missing : Refusal.method
        }
        var form = FormFields()
        if method == .post {
            guard request.headers[.origin] == "https://\(host)" else { throw Refusal.origin }
            form = try await self.form(of: request)
        }
        let visit = try await visit(
            request, on: channel, form: form, query: query, parameters: parameters,
            address: address, now: now)
        let answer: Answer
        do {
            answer = try await admitted(visit, to: route)
        } catch {
            answer = failure(error)
        }
        // With whatever is answered: the old token is worth nothing any more.
        return answer.setting(visit.renewal.token.map { [Cookies.setSession($0)] } ?? [])
    }

    /// The path and the query; a path is plain, so that nothing in it can mean two things.
    private func target(of request: Request) throws -> (String, FormFields) {
        let target = request.head.path ?? "/"
        guard target.utf8.count <= ReviewLimits.target else { throw Refusal.missing }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        guard path.hasPrefix("/"), !path.contains("//"), !path.contains(".."),
            path.utf8.allSatisfy({ Self.plain.contains($0) })
        else { throw Refusal.missing }
        guard let query = FormFields(encoded: parts.count > 1 ? String(parts[1]) : "") else {
            throw Refusal.form
        }
        return (path, query)
    }

    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.@".utf8)

    private func form(of request: Request) async throws -> FormFields {
        let type = request.headers[.contentType]?.split(separator: ";").first.map(String.init)
        guard type?.lowercased() == "application/x-www-form-urlencoded" else { throw Refusal.type }
        var body = ByteBuffer()
        for try await part in request.body {
            guard body.readableBytes + part.readableBytes <= ReviewLimits.form else {
                throw Refusal.size
            }
            var part = part
            body.writeBuffer(&part)
        }
        guard let text = String(bytes: body.readableBytesView, encoding: .utf8),
            let form = FormFields(encoded: text)
        else { throw Refusal.form }
        return form
    }

    private func visit(
        _ request: Request, on channel: any Channel, form: FormFields, query: FormFields,
        parameters: [String: String], address: String, now: Instant
    ) async throws -> Visit {
        var certificate: [UInt8]?
        if review.configuration.browsers == .certificate {
            // A resumed TLS session skips the verification, and one that stays open was verified long ago:
            // what the browser holds is looked at again.
            guard let der = try await channel.nioSSL_peerCertificate().get()?.toDERBytes(),
                await review.site.login(ofBrowserCertificate: der) != nil
            else { throw Refusal.certificate }
            certificate = der
        }
        let token = Cookies.value(Cookies.session, in: request.headers)
        var session: WebSession?
        if let token {
            session = try await review.site.webSession(token, certificate: certificate)
        }
        return Visit(
            review: review, target: request.head.path ?? "/", parameters: parameters, query: query,
            form: form, session: session, token: token,
            device: Cookies.value(Cookies.device, in: request.headers), address: address,
            certificate: certificate, now: now)
    }

    /// What only those may ask for who may.
    private func admitted(_ visit: Visit, to route: Route) async throws -> Answer {
        guard route.access != .open else { return try await route.answer(visit) }
        guard let session = visit.session else {
            return try repeated(visit) ?? SignInPage.demand(visit, keeping: route.method == .post)
        }
        if route.method == .post {
            guard review.isFormToken(visit.form["token"], of: session) else {
                throw Refusal.token
            }
        }
        guard route.access.admits(session.user) else {
            logger.warning(
                "a page was refused to a user",
                metadata: ["user": "\(session.user.login)", "route": "\(route.path)"])
            throw Refusal.permission
        }
        let answer = await answer(visit, by: route)
        // What they are given, and that there is something that they are not, is noted before.
        try await visit.notes.settled()
        return try answer.get()
    }

    private func answer(_ visit: Visit, by route: Route) async -> Result<Answer, any Error> {
        do {
            guard route.method == .post else { return .success(try await route.answer(visit)) }
            return .success(try await once(visit, route))
        } catch let several as SeveralRecords {
            return .success(several.page(visit, wasSent: route.method == .post))
        } catch {
            return .failure(error)
        }
    }

    /// What became of a form that is sent once more with the token that its session had before it.
    private func repeated(_ visit: Visit) throws -> Answer? {
        guard let token = visit.token, let login = review.renewed.login(of: token) else {
            return nil
        }
        switch review.submissions.known("\(login) \(visit.form["once"])") {
        case .done(let place): return .see(place)
        case .running: throw Refusal.running
        case .new: return nil
        }
    }

    /// Carries a form out once, however often it is sent.
    private func once(_ visit: Visit, _ route: Route) async throws -> Answer {
        let id = visit.form["once"]
        guard (8...64).contains(id.utf8.count) else { throw Refusal.form }
        let key = "\(visit.session?.user.login ?? "") \(id)"
        switch review.submissions.begin(key) {
        case .done(let place): return .see(place)
        case .running: throw Refusal.running
        case .new: break
        }
        do {
            let answer = try await route.answer(visit)
            if answer.status == .seeOther, let place = answer.headers[.location] {
                review.submissions.end(key, at: place)
            } else {
                review.submissions.fail(key)
            }
            return answer
        } catch {
            review.submissions.fail(key)
            throw error
        }
    }
}
