internal import ArgumentParser

/// The command line of `kithd`.
struct DaemonArguments: ParsableArguments {
    static let configuration = CommandConfiguration(commandName: "kithd")

    @Option(help: "The site's folder. [environment: KITH_HOME]")
    var home: String?

    @Option(help: "Where partners connect, as HOST:PORT. (default: 0.0.0.0:7443)")
    var listen: String?

    @Option(help: "The local time of the nightly sync, as HH:MM. (default: 02:00)")
    var syncAt: String?

    @Option(help: "Where browsers connect, as HOST:PORT, or off. (default: 127.0.0.1:8443)")
    var webListen: String?

    @Option(help: "What is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Flag(help: "Show the version.")
    var version = false

    /// The flags that are configuration, by key.
    var flags: [String: String] {
        [
            "listen": listen, "sync.at": syncAt, "web.listen": webListen, "log.level": logLevel,
        ].compactMapValues { $0 }
    }
}
