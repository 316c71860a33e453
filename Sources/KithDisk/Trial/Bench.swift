import Foundation
import Glibc

/// Folders for the sites of a trial, and the programs that run on them over a faulty disk.
///
///     FOLDER/disk/elm        a home
///     FOLDER/disk/backups
///     FOLDER/trace
package final class Bench {
    /// How a program ended, and what it said.
    package struct Ended {
        /// Its exit status; 128 and the signal when one ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// A call that fails.
    package struct Failure: CustomStringConvertible, Sendable {
        /// What befalls a call.
        package enum Error: String, CaseIterable, Sendable {
            case inputOutput = "EIO"
            case full = "ENOSPC"
            case overQuota = "EDQUOT"
            case readOnly = "EROFS"
        }

        /// How often.
        package enum When: String, CaseIterable, Sendable {
            case once, on, short
        }

        package let number: Int
        package let error: Error
        package let when: When

        package init(_ number: Int, _ error: Error, _ when: When) {
            self.number = number
            self.error = error
            self.when = when
        }

        package var description: String { "fail \(number) \(error.rawValue) \(when.rawValue)" }
    }

    /// Where the build put the programs and the faulty disk: beside the one that runs.
    private let programs: URL
    private let folder: URL

    /// Makes the folders.
    package init() throws {
        programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        // What is lost is worked out, so the bench itself may lie in memory.
        let memory = URL(fileURLWithPath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        folder = parent.appendingPathComponent("kith-disk-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in ["disk", "peer"] {
            try FileManager.default.createDirectory(
                atPath: path(name), withIntermediateDirectories: false)
        }
        for name in ["kith", "kithd", "libkith-faulty-disk.so"] {
            let path = programs.appendingPathComponent(name).path
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw TraceProblem("\(path) is missing; build the whole package first")
            }
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A file or folder of the bench.
    package func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    /// The folder that is the disk.
    package var disk: String { path("disk") }
    private var trace: String { path("trace") }

    // MARK: Programs

    /// Runs `kith` on a home to its end.
    package func kith(
        _ home: String, _ arguments: String..., failing failure: Failure? = nil
    ) throws -> Ended {
        try kith(home, arguments, failing: failure)
    }

    package func kith(
        _ home: String, _ arguments: [String], failing failure: Failure? = nil
    ) throws -> Ended {
        let running = try start(
            "kith", ["--home", disk + "/" + home] + arguments, failing: failure)
        return running.ended()
    }

    /// Starts `kithd` on a home, and waits until it listens or has ended.
    package func kithd(
        _ home: String, at address: String = "127.0.0.1:0", failing failure: Failure? = nil
    ) throws -> Running {
        let running = try start(
            "kithd", ["--home", disk + "/" + home, "--listen", address], failing: failure)
        running.waitForAddress()
        return running
    }

    private func start(
        _ program: String, _ arguments: [String], failing failure: Failure?
    ) throws -> Running {
        let script = path("script-\(UUID().uuidString.prefix(8))")
        let lines = ["root \(disk)", "trace \(trace)"] + (failure.map { ["\($0)"] } ?? [])
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(
            to: URL(fileURLWithPath: script))
        return try Running(
            programs.appendingPathComponent(program), arguments,
            environment: [
                // Its port may be taken, and it writes nothing that a loss of power could touch.
                "KITH_WEB_LISTEN": "off",
                "LD_PRELOAD": programs.appendingPathComponent("libkith-faulty-disk.so").path,
                "KITH_FAULTY_DISK": script, "TZ": "Europe/London",
                "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no",
            ], streamsAt: script)
    }

    // MARK: The trace

    /// Writes a promise into the trace, at its present end.
    package func note(_ promise: Promise) throws {
        let descriptor = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: DiskEvent.record(ofNote: promise.note()))
    }

    /// What was written down since the last time.
    package func takeTrace() throws -> [DiskEvent] {
        guard let data = FileManager.default.contents(atPath: trace) else { return [] }
        try FileManager.default.removeItem(atPath: trace)
        return try [DiskEvent](trace: data)
    }
}

/// A program that runs.
package final class Running {
    private let process = Process()
    private let streams: (output: String, errors: String)

    fileprivate init(
        _ program: URL, _ arguments: [String], environment: [String: String],
        streamsAt path: String
    ) throws {
        streams = (path + ".out", path + ".err")
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.empty(streams.output)
        process.standardError = try Self.empty(streams.errors)
        try process.run()
    }

    deinit { kill() }

    private static func empty(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TraceProblem("\(path) cannot be written") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Waits for its end, but not longer than a minute.
    package func ended() -> Bench.Ended {
        let end = Date().addingTimeInterval(60)
        while process.isRunning, Date() < end { usleep(1_000) }
        kill()
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return Bench.Ended(
            status: process.terminationStatus + (isSignal ? 128 : 0),
            output: Self.text(streams.output), errors: Self.text(streams.errors))
    }

    /// Asks it to end, and waits.
    package func stop() -> Bench.Ended {
        process.terminate()
        return ended()
    }

    var isRunning: Bool { process.isRunning }

    private func kill() {
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    /// Where a daemon listens; nil until it does.
    package var address: String? {
        let text = Self.text(streams.errors)
        guard let marker = text.range(of: "ready, listening on ") else { return nil }
        // The line may not be whole yet.
        let rest = text[marker.upperBound...]
        return rest.firstIndex(of: "\n").map { String(rest[..<$0]) }
    }

    fileprivate func waitForAddress() {
        let end = Date().addingTimeInterval(60)
        while process.isRunning, address == nil, Date() < end { usleep(2_000) }
    }
}
