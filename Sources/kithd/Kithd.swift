import Foundation
import KithDaemon
import KithModel
import KithSite

/// The daemon of a site.
@main
enum Kithd {
    static func main() async {
        // Whatever is made is for this user alone.
        umask(0o077)
        let program = DaemonProgram(
            version: LocalSite.programVersion, environment: ProcessInfo.processInfo.environment
        ) { home, _, logger in
            try await LocalSite.open(home: home, isDaemon: true, logger: logger)
        }
        exit(await program.run(Array(CommandLine.arguments.dropFirst())))
    }
}
