import Foundation
import KithTestSupport
import Testing

@Suite struct PythonCheckTests {
    private static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private static let isPythonHere = (try? python(["--version"]).status) == 0

    @Test(.enabled(if: isPythonHere, "python3 is not here"))
    func `a script that shares no code with us computes the same`() throws {
        let script = GoldenVectors.folder.appendingPathComponent("check.py").path
        let (status, output) = try Self.python([script])
        #expect(status == 0, "\(output)")
        #expect(output.contains("0 wrong"))
    }
}
