import ArgumentParser
import Foundation
import KithModel

/// Times the whole commands of `kith` that people wait for.
struct CommandTimes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands",
        abstract: "Times every list and show, and what else people wait for, as whole commands.",
        usage: "kith-bench commands HOME [--kith FILE] [--rounds N]",
        discussion: """
            Each command is run several times, and the fastest counts. With kithd running in the home \
            its answers are timed. Prints a table, and JSON with --json.
            """)

    @Argument(help: "A home that 'kith-bench make' made.")
    var home: String

    @Option(help: "The program; else the one beside this.")
    var kith: String?

    @Option(help: "How often each command is run.")
    var rounds = 3

    @Flag(help: "Print JSON.")
    var json = false

    /// What a command took.
    struct Time: Encodable {
        let command: String
        let seconds: Double
        let bytes: Int
    }

    func validate() throws {
        guard (1...1000).contains(rounds) else {
            throw ValidationError("--rounds takes a number from 1 to 1000")
        }
    }

    func run() throws {
        let times = try commands().map { try time($0) }
        guard !json else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(["commands": times]), as: UTF8.self))
            return
        }
        for time in times.sorted(by: { $0.seconds > $1.seconds }) {
            let milliseconds = String(Int((time.seconds * 1000).rounded()))
            let padding = String(repeating: " ", count: max(0, 7 - milliseconds.count))
            print("\(padding)\(milliseconds) ms  \(time.command)")
        }
    }

    /// The commands: a list of each kind, one of it, and those about everything.
    private func commands() throws -> [[String]] {
        var commands: [[String]] = []
        var resident: String?
        for kind in Vocabulary.kinds where kind.command == nil {
            let name = kind.name.reduce(into: "") {
                $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1)
            }
            commands.append([name, "list"])
            guard let id = try firstID(name) else { continue }
            commands.append([name, "show", id])
            if kind.name == "resident" { resident = id }
        }
        commands += [
            ["status"], ["due"], ["conflict", "list"], ["peer", "list"], ["partnership", "list"],
            ["resident", "list", "--search", "an"], ["interaction", "list", "--search", "family"],
            ["print", "summary"],
        ]
        if let resident {
            commands += [["print", "pack", resident], ["record", "history", resident]]
        }
        return commands
    }

    private func firstID(_ name: String) throws -> String? {
        // Where anything is listed, the first line below the heading begins with an id.
        let lines = try output([name, "list"]).split(separator: "\n")
        guard lines.count > 1, lines[0].hasPrefix("ID") else { return nil }
        return lines[1].split(separator: " ").first.map(String.init)
    }

    private func time(_ command: [String]) throws -> Time {
        var best = Double.infinity
        var bytes = 0
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            bytes = try output(command).utf8.count
            best = min(best, (ContinuousClock.now - start) / .milliseconds(1) / 1000)
        }
        return Time(command: command.joined(separator: " "), seconds: best, bytes: bytes)
    }

    private func output(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = program
        process.arguments = ["--home", home] + command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let out = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ValidationError("'kith \(command.joined(separator: " "))' failed")
        }
        return String(decoding: out, as: UTF8.self)
    }

    private var program: URL {
        kith.map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("kith")
    }
}
