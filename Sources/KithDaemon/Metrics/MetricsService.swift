internal import Hummingbird
internal import KithModel
internal import KithSite
internal import Logging
internal import ServiceLifecycle

/// Answers `/metrics` and `/health` over plain HTTP, for the machine that watches over this one. What is
/// wrong with it never stops the nights.
struct MetricsService: ServiceLifecycle.Service {
    let site: any DaemonSite
    let listen: ListenAddress
    let clock: DaemonClock
    let logger: Logger
    /// Told the port when it is open.
    var tell: @Sendable (Int) -> Void = { _ in }

    func run() async throws {
        let router = Router()
        router.get("/metrics") { _, _ in await metrics() }
        router.get("/health") { _, _ in await health() }
        var quiet = logger
        quiet.logLevel = .error
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(listen.host, port: listen.port)),
            onServerRunning: { tell($0.localAddress?.port ?? 0) }, logger: quiet)
        do {
            try await cancelWhenGracefulShutdown { try await application.run() }
        } catch {
            if Task.isCancelled { return }
            logger.error(
                "metrics are not served; set another address as metrics.listen",
                metadata: ["address": "\(listen)", "error": "\(type(of: error))"])
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1 << 32)) }
        }
    }

    private func metrics() async -> Response {
        do {
            let page = MetricsPage(try await site.status(), site.sessionTally, at: clock.now())
            return answer(.ok, page.text, type: "text/plain; version=0.0.4; charset=utf-8")
        } catch {
            return answer(.serviceUnavailable, "# \(line(for: error))\n")
        }
    }

    private func health() async -> Response {
        do {
            let health = Health(try await site.status(), at: clock.now())
            return answer(health.isWell ? .ok : .serviceUnavailable, health.text)
        } catch {
            return answer(.serviceUnavailable, Health(failure: line(for: error)).text)
        }
    }

    private func line(for error: any Error) -> String {
        (error as? SiteError)?.description ?? "the site does not answer"
    }

    private func answer(
        _ status: HTTPResponse.Status, _ text: String,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
