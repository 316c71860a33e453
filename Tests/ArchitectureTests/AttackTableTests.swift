import Foundation
import Testing

@Suite struct AttackTableTests {
    private let tests: URL

    init() {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<2 { folder.deleteLastPathComponent() }
        tests = folder
    }

    @Test func `every attack of the table has its tests, and each of them exists`() throws {
        let page = try String(
            contentsOf: tests.appendingPathComponent("ATTACKS.md"), encoding: .utf8)
        var names: Set<String> = []
        for case let file as String in try #require(
            FileManager.default.enumerator(atPath: tests.path))
        where file.hasSuffix(".swift") {
            let text = try String(
                contentsOf: tests.appendingPathComponent(file), encoding: .utf8)
            names.formUnion(text.matches(of: /func `([^`]+)`/).map { String($0.1) })
        }
        var numbers: [Int] = []
        for line in page.split(separator: "\n") {
            guard let row = line.firstMatch(of: /^\| (\d+) \|/), let number = Int(row.1) else {
                continue
            }
            numbers.append(number)
            for name in line.matches(of: /`([^`]+)`/) {
                #expect(names.contains(String(name.1)), "\(number): no test \(name.1)")
            }
        }
        #expect(numbers == Array(1...15) + Array(26...40) + Array(50...65))
    }
}
