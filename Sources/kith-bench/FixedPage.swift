import ArgumentParser
import Foundation
import KithReview
import KithSite
import Logging

/// Serves one page with fixed text, for the measure of what a real one costs.
struct FixedPage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fixed-page",
        abstract: "Serves a resident's page whose text was read once, to measure another against.",
        shouldDisplay: false)

    @Argument(help: "A home whose daemon does not run.")
    var home: String

    @Argument(help: "The resident's id.")
    var resident: String

    @Argument(help: "The account that would see it.")
    var login: String

    func run() async throws {
        let site = try await LocalSite.open(home: home)
        let server = try await ReviewServer(
            site: site,
            configuration: ReviewConfiguration(
                host: "127.0.0.1", port: 0, names: ["127.0.0.1"]),
            logger: Logger(label: "fixed-page"))
        try await server.run(fixing: resident, asSeenBy: login) { address in
            FileHandle.standardError.write(Data("the web page is at https://\(address)/\n".utf8))
        }
        await site.close()
    }
}
