import Foundation

/// Why a measure could not be taken.
package struct BenchProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The real programs, as the build put them beside this one, and a folder for their homes.
package final class Programs: Sendable {
    private let programs: URL
    private let folder: URL

    /// Makes the folder, on the disk that databases are to lie on.
    package init(in parent: String?) throws {
        programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let parent =
            parent.map { URL(fileURLWithPath: $0, isDirectory: true) }
            ?? FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        folder = parent.appendingPathComponent("kith-bench-\(UUID().uuidString.prefix(8))")
        for name in ["kith", "kithd"] {
            let path = programs.appendingPathComponent(name).path
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw BenchProblem("\(path) is missing; build the whole package first")
            }
        }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A file or folder of the bench.
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Removes a file or folder of the bench.
    func remove(_ name: String) { try? FileManager.default.removeItem(atPath: path(name)) }

    /// Runs `kith` on a home and gives what it printed.
    @discardableResult
    func kith(_ home: String, _ arguments: [String]) throws -> Data {
        let process = process("kith", ["--home", path(home)] + arguments)
        let errors = path("kith.err")
        process.standardError = try Self.emptyFile(errors)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let why = FileManager.default.contents(atPath: errors) ?? Data()
            throw BenchProblem(
                "kith \(arguments.joined(separator: " ")): \(String(decoding: why, as: UTF8.self))")
        }
        return printed
    }

    /// What `kith` printed as JSON.
    func json<Value: Decodable>(
        _ type: Value.Type, _ home: String, _ arguments: [String]
    ) throws -> Value {
        try JSONDecoder().decode(type, from: kith(home, arguments + ["--json"]))
    }

    /// Starts a daemon on a home and waits until it listens; with its web page, if that is wanted.
    func daemon(
        _ home: String, listen: String = "127.0.0.1:0", withWeb: Bool = false
    ) throws -> Daemon {
        let process = process(
            "kithd",
            [
                "--home", path(home), "--listen", listen, "--web-listen",
                withWeb ? "127.0.0.1:0" : "off", "--log-level", "warning",
            ])
        return try Daemon(process, log: path("\(home).log"), withWeb: withWeb)
    }

    /// Serves a resident's page with fixed text, from a home whose daemon does not run.
    func fixedPage(_ home: String, resident: String, login: String) throws -> Daemon {
        let process = process("kith-bench", ["fixed-page", path(home), resident, login])
        return try Daemon(process, log: path("\(home).log"), saying: Daemon.webMarker)
    }

    private func process(_ program: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = programs.appendingPathComponent(program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        var environment = ProcessInfo.processInfo.environment
        environment["KITH_HOME"] = nil
        process.environment = environment
        return process
    }

    static func emptyFile(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw BenchProblem("\(path) cannot be written") }
        return handle
    }
}
