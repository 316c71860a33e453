import Foundation
import KithSite
import KithSync
import Logging
import Testing

@testable import KithDaemon

@Suite struct DaemonConfigurationTests {
    @Test func `without a file and variables the defaults hold`() async throws {
        let configuration = try await load()
        #expect(configuration.listen.description == "0.0.0.0:7443")
        #expect(configuration.syncMinuteOfDay == 120)
        #expect(configuration.syncWindowMinutes == 120)
        #expect(configuration.syncJitterMinutes == 20)
        #expect(configuration.logLevel == .info)
        #expect(configuration.syncLimits == SyncLimits() && !configuration.isContinuous)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `what the line may carry is in megabytes a night and kilobits a second`()
        async throws
    {
        let file = "sync:\n  megabytes: 50\n  kilobits: 256\n  continuous: on\n"
        let set = try await load(file: file)
        #expect(set.syncLimits == SyncLimits(bytesPerNight: 50_000_000, bytesPerSecond: 32_000))
        #expect(set.isContinuous && set.warnings.isEmpty)
        let none = try await load(
            file: "sync:\n  megabytes: off\n  kilobits: \"off\"\n  continuous: off\n")
        #expect(none.syncLimits == SyncLimits() && !none.isContinuous)
    }

    @Test func `a flag goes before the environment, and that before the file`() async throws {
        let file = "listen: file:1\nsync:\n  at: 22:30\n  window: 60\nlog:\n  level: debug\n"
        let one = try await load(file: file)
        #expect(one.listen.host == "file")
        // YAML would make a number in base 60 of this.
        #expect(one.syncMinuteOfDay == 22 * 60 + 30)
        #expect(one.syncWindowMinutes == 60)
        #expect(one.logLevel == .debug)
        let variables = [
            "KITH_LISTEN": "variable:2", "KITH_SYNC_AT": "3:05", "KITH_SYNC_JITTER": "",
        ]
        let two = try await load(file: file, environment: variables)
        #expect(two.listen.host == "variable")
        #expect(two.syncMinuteOfDay == 185)
        #expect(two.syncJitterMinutes == 20)
        let three = try await load(
            file: file, flags: ["listen": "[::1]:3"], environment: variables)
        #expect(three.listen.description == "[::1]:3")
    }

    @Test func `the web page is for this machine until somebody says otherwise`() async throws {
        let usual = try #require(try await load().web)
        #expect(usual.listen.description == "127.0.0.1:8443" && !usual.needsBrowserCertificate)
        #expect(usual.names.contains("localhost") && usual.certificate == nil)
        #expect(try await load(environment: ["KITH_WEB_LISTEN": "off"]).web == nil)
        let file =
            "web:\n  listen: 0.0.0.0:443\n  names: Kith.Elm.example, 192.0.2.1\n"
            + "  certificate: /a.pem\n  key: /b.pem\n  browsers: certificate\n"
        let set = try #require(try await load(file: file).web)
        #expect(set.names == ["kith.elm.example", "192.0.2.1"] && set.needsBrowserCertificate)
        #expect(set.certificate == "/a.pem" && set.key == "/b.pem")
        #expect(try await load(file: file).warnings.isEmpty)
        let flag = try await load(file: file, flags: ["web.listen": "[::1]:8443"]).web
        #expect(flag?.listen.host == "::1")
    }

    @Test(arguments: [
        ("web:\n  listen: 8443\n", "web.listen (kith.yaml): it is HOST:PORT or off"),
        ("web:\n  names: a/b\n", "web.names (kith.yaml): it is host names"),
        ("web:\n  certificate: /a.pem\n", "web.certificate and web.key go together"),
        ("web:\n  browsers: some\n", "web.browsers (kith.yaml): it is any or certificate"),
        ("sync:\n  megabytes: 0\n", "sync.megabytes (kith.yaml): it is megabytes, 1 to"),
        ("sync:\n  kilobits: 8\n", "sync.kilobits (kith.yaml): it is kilobits a second, 16 to"),
        ("sync:\n  continuous: maybe\n", "sync.continuous (kith.yaml): it is on or off"),
        ("sync:\n  at: 25:00\n", "sync.at (kith.yaml): it is a time of day"),
        ("sync:\n  at: \"2\"\n", "sync.at (kith.yaml): it is a time of day"),
        ("sync:\n  window: -1\n", "sync.window (kith.yaml): it is minutes"),
        ("sync:\n  jitter: 9999999999999999999999\n", "sync.jitter (kith.yaml): it is minutes"),
        ("listen: everywhere\n", "listen (kith.yaml): it is HOST:PORT"),
        ("listen: ::1:7443\n", "listen (kith.yaml): it is HOST:PORT"),
        ("listen: a:70000\n", "listen (kith.yaml): it is HOST:PORT"),
        ("listen: [a, b]\n", "listen (kith.yaml): it is HOST:PORT"),
        ("log:\n  level: loud\n", "log.level (kith.yaml): it is one of trace"),
        ("just words", "is not a YAML map"),
        ("a: [1\nb: 2", "is not a YAML map"),
    ])
    func `a bad value is one line that names the key and what is right`(
        file: String, line: String
    ) async throws {
        let error = await #expect(throws: SiteError.self) { _ = try await load(file: file) }
        #expect(error?.description.contains(line) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
        #expect(error?.exitStatus == 2)
    }

    @Test func `a bad variable and a bad flag are named as such`() async throws {
        let variable = await #expect(throws: SiteError.self) {
            _ = try await load(environment: ["KITH_SYNC_AT": "noon"])
        }
        #expect(variable?.description.hasPrefix("sync.at (KITH_SYNC_AT):") == true)
        let flag = await #expect(throws: SiteError.self) {
            _ = try await load(flags: ["sync.at": "noon"])
        }
        #expect(flag?.description.hasPrefix("sync.at (--sync-at):") == true)
    }

    @Test func `keys that nothing reads are warned of, and comments are not keys`() async throws {
        let file = """
            # listen: no
            lisen: a:1
            sync:
              at: 01:00   # early
              tries: 3
            review:
              port: 80
            """
        let configuration = try await load(file: file, alsoKnown: ["review.port"])
        #expect(configuration.warnings.count == 2)
        #expect(configuration.warnings.first?.contains("\"lisen\"") == true)
        #expect(configuration.warnings.last?.contains("\"sync.tries\"") == true)
        let comments = try await load(file: "# nothing\n\n")
        #expect(comments.warnings.isEmpty)
    }

    private func load(
        file: String? = nil, flags: [String: String] = [:], environment: [String: String] = [:],
        alsoKnown: Set<String> = []
    ) async throws -> DaemonConfiguration {
        try await withHome { home in
            if let file { try Data(file.utf8).write(to: URL(filePath: home + "/kith.yaml")) }
            return try await DaemonConfiguration.load(
                home: home, flags: flags, environment: environment, alsoKnown: alsoKnown)
        }
    }
}
