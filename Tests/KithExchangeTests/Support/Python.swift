import Foundation
import Testing

/// Independent readers of what is exported: libraries of Python in the project's own environment.
enum Python {
    /// The interpreter that `Scripts/install-python` sets up; nil, with a printed line, without it.
    static let interpreter: String? = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let path = root.appending(path: ".build/python/bin/python3").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        print("skipped: no \(path); Scripts/install-python makes it")
        return nil
    }()

    /// Runs a script of this folder on a file that holds a text; gives what it printed.
    static func run(_ script: String, on text: String) throws -> String? {
        guard let interpreter else { return nil }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-python-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: interpreter)
        process.arguments = [
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: script).path,
            file.path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
        return output
    }
}
