import Foundation
import Glibc

/// A daemon that runs.
final class Daemon: @unchecked Sendable {
    // Used by one measure at a time, in order.
    private let process: Process
    /// Where it listens to partners; of a program that only serves a web page, where that is.
    let address: String
    /// Where its web page is, if it has one.
    let web: String?

    init(
        _ process: Process, log: String, saying marker: String = "ready, listening on ",
        withWeb: Bool = false
    ) throws {
        self.process = process
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try Programs.emptyFile(log)
        try process.run()
        address = try Self.address(after: marker, from: log, of: process)
        web =
            withWeb
            ? try Self.address(after: Self.webMarker, from: log, of: process) : nil
    }

    /// What stands before the address of a web page.
    static let webMarker = "the web page is at https://"

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    private static func address(
        after words: String, from log: String, of process: Process
    ) throws -> String {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end, process.isRunning {
            let text = String(
                decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            if let marker = text.range(of: words) {
                // The line may not be whole yet.
                let rest = text[marker.upperBound...]
                if let line = rest.firstIndex(of: "\n") {
                    return String(rest[..<line].prefix { $0 != "/" })
                }
            }
            usleep(2_000)
        }
        let said = String(
            decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        throw BenchProblem("kithd did not start: \(said)")
    }

    /// The most memory that it has used so far, in bytes.
    func peakMemory() throws -> Int { try memory("VmHWM") }

    /// How many files, sockets and pipes it has open.
    func openFiles() throws -> Int {
        try FileManager.default.contentsOfDirectory(
            atPath: "/proc/\(process.processIdentifier)/fd"
        ).count
    }

    /// What the system says of its memory by that name, in bytes.
    func memory(_ name: String) throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
            let kilobytes = Int(line.split(whereSeparator: \.isWhitespace)[1])
        else { throw BenchProblem("the system does not say how much memory kithd uses") }
        return kilobytes * 1024
    }

    /// Asks it to end, and waits until it has; only a daemon says how it ended.
    func stop(isDaemon: Bool = true) throws {
        process.terminate()
        process.waitUntilExit()
        guard isDaemon else { return }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw BenchProblem("kithd did not end well: status \(process.terminationStatus)")
        }
    }
}
