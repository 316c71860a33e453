import Foundation
import Synchronization

/// What a program printed and how it ended.
struct Finished: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The standard output as JSON.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        guard let object = value as? [String: Any] else { throw TestProblem("not a JSON object") }
        return object
    }
}

/// Why a test cannot go on.
struct TestProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs the programs that stand beside the tests, and others from the system.
enum Program {
    /// The folder that the build put the programs in: beside the bundle that runs now.
    static let folder: URL = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        let candidates =
            CommandLine.arguments.map { URL(fileURLWithPath: $0) }
            + [url.appendingPathComponent(".build/debug/x")]
        for candidate in candidates {
            let folder = candidate.resolvingSymlinksInPath().deletingLastPathComponent()
            let kith = folder.appendingPathComponent("kith").path
            if FileManager.default.isExecutableFile(atPath: kith) { return folder }
        }
        preconditionFailure("build the programs first: swift build")
    }()

    /// The command line program.
    static var kith: String { folder.appendingPathComponent("kith").path }
    /// The daemon.
    static var kithd: String { folder.appendingPathComponent("kithd").path }

    /// Runs `kith` to its end; after `limit` seconds it is killed, which shows as status 137.
    static func kith(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:],
        limit: Double = 120
    ) throws -> Finished {
        try run(kith, arguments, input: input, environment: environment, limit: limit)
    }

    /// Runs a program to its end.
    static func run(
        _ path: String, _ arguments: [String], input: String? = nil,
        environment: [String: String] = [:], limit: Double = 120
    ) throws -> Finished {
        let process = try start(path, arguments, environment: environment)
        process.write(input)
        let ended = process.wait(seconds: limit)
        if !ended { process.kill() }
        return process.finished()
    }

    /// Runs a shell script with `kith` as "$0" and the arguments behind it.
    static func shell(_ script: String, _ arguments: [String] = []) throws -> Finished {
        try run("/bin/bash", ["-c", script, kith] + arguments)
    }

    /// The same in a private mount namespace, where the script may mount what it likes.
    static func isolated(_ script: String, _ arguments: [String] = []) throws -> Finished {
        try run("/usr/bin/unshare", ["--mount", "/bin/bash", "-c", script, kith] + arguments)
    }

    /// Whether this account may make private mounts; containers often forbid it.
    static let mayIsolate: Bool = {
        let finished = try? isolated("mount -t tmpfs none /mnt")
        return finished?.status == 0
    }()

    /// Runs `kith` in a pseudo-terminal of 80 columns; both streams come as output.
    static func inTerminal(
        _ arguments: [String], input: String? = nil, errorsTo file: String? = nil
    ) throws -> Finished {
        let program = try startInTerminal(arguments, errorsTo: file)
        program.write(input)
        if !program.wait(seconds: 120) { program.kill() }
        return program.finished()
    }

    /// Starts `kith` in a pseudo-terminal and leaves it running.
    static func startInTerminal(
        _ arguments: [String], errorsTo file: String? = nil, environment: [String: String] = [:]
    ) throws -> Running {
        let words = ([kith] + arguments).map { "'\($0.replacing("'", with: "'\\''"))'" }
        let command = "stty cols 80 rows 24; exec \(words.joined(separator: " "))"
        return try start(
            "/usr/bin/script", ["-qec", command + (file.map { " 2>'\($0)'" } ?? ""), "/dev/null"],
            environment: ["TERM": "xterm-256color", "SHELL": "/bin/sh"].merging(environment) { $1 })
    }

    /// Starts a program and leaves it running.
    static func start(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Running {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestProblem("\(path) is missing; Scripts/install-packages --test installs it")
        }
        return try Running(path, arguments, environment)
    }
}

/// A program that runs; its output is gathered as it comes.
final class Running: Sendable {
    private let process: Process
    private let input = Pipe()
    private let output = Mutex(Data())
    private let errors = Mutex(Data())
    private let streams = DispatchGroup()

    init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        for name in ["KITH_HOME", "KITH_USER_NAME", "KITH_USER_ROLE", "CI", "NO_COLOR"] {
            variables[name] = nil
        }
        variables["TZ"] = "Europe/London"
        // Many daemons run at once here, and the web page has tests of its own.
        variables["KITH_WEB_LISTEN"] = "off"
        variables["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = variables.merging(environment) { $1 }
        let (out, err) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = out
        process.standardError = err
        gather(out) { [self] data in output.withLock { $0 += data } }
        gather(err) { [self] data in errors.withLock { $0 += data } }
        try process.run()
    }

    private func gather(_ pipe: Pipe, _ keep: @escaping @Sendable (Data) -> Void) {
        streams.enter()
        let handle = pipe.fileHandleForReading
        let streams = streams
        Thread.detachNewThread {
            while case let data = handle.availableData, !data.isEmpty { keep(data) }
            streams.leave()
        }
    }

    var id: Int32 { process.processIdentifier }
    var outputBytes: Int { output.withLock { $0.count } }
    var errorText: String { String(decoding: errors.withLock { $0 }, as: UTF8.self) }
    var isRunning: Bool { process.isRunning }

    func write(_ text: String?) {
        if let text { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
        try? input.fileHandleForWriting.close()
    }

    /// Writes to its input, which stays open.
    func type(_ text: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Waits until its output holds a text so many times; false when it does not in time.
    func prints(_ text: String, times: Int = 1, within seconds: Double = 30) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while outputText.components(separatedBy: text).count <= times {
            if Date() > end { return false }
            usleep(5_000)
        }
        return true
    }

    var outputText: String { String(decoding: output.withLock { $0 }, as: UTF8.self) }

    /// Waits until the program ends; false when it still runs after so many seconds.
    func wait(seconds: Double) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while process.isRunning {
            if Date() > end { return false }
            usleep(2_000)
        }
        return true
    }

    /// Waits until standard error holds a text so many times; false when it does not in time.
    func says(_ text: String, times: Int = 1, within seconds: Double) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while errorText.components(separatedBy: text).count <= times {
            if Date() > end { return false }
            usleep(20_000)
        }
        return true
    }

    func signal(_ number: Int32) {
        if process.isRunning { Foundation.kill(process.processIdentifier, number) }
    }

    func kill() {
        signal(SIGKILL)
    }

    func terminate() {
        if process.isRunning { process.terminate() }
    }

    func finished() -> Finished {
        process.waitUntilExit()
        _ = streams.wait(timeout: .now() + 10)
        let status =
            process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
        return Finished(
            status: status, output: String(decoding: output.withLock { $0 }, as: UTF8.self),
            errors: errorText)
    }
}
