import Foundation
import Testing

/// The tests of the project, for pages that name them.
enum TestNames {
    /// The folder of all tests.
    static let folder: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<2 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// The sentence of every test.
    static func all() throws -> Set<String> {
        var names: Set<String> = []
        for case let file as String in try #require(
            FileManager.default.enumerator(atPath: folder.path))
        where file.hasSuffix(".swift") || file.hasSuffix(".py") {
            let text = try String(
                contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            names.formUnion(text.matches(of: /func `([^`]+)`/).map { String($0.1) })
            names.formUnion(text.matches(of: /def (test_\w+)/).map { String($0.1) })
        }
        return names
    }
}
