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

    /// Runs `kith` to its end; after `limit` seconds it is killed, which shows as status 137.
    static func kith(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:],
        limit: Double = 120
    ) throws -> Finished {
        try run(
            folder.appendingPathComponent("kith").path, arguments, input: input,
            environment: environment, limit: limit)
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
        for name in ["KITH_HOME", "KITH_USER_NAME", "KITH_USER_ROLE", "CI"] {
            variables[name] = nil
        }
        variables["TZ"] = "Europe/London"
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
    var errorText: String { String(decoding: errors.withLock { $0 }, as: UTF8.self) }
    var isRunning: Bool { process.isRunning }

    func write(_ text: String?) {
        if let text { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
        try? input.fileHandleForWriting.close()
    }

    /// Waits until the program ends; false when it still runs after so many seconds.
    func wait(seconds: Double) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while process.isRunning {
            if Date() > end { return false }
            usleep(2_000)
        }
        return true
    }

    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
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
