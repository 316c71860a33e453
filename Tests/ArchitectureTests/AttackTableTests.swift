import Foundation
import Testing

@Suite struct AttackTableTests {
    @Test func `every attack of the table has its tests, and each of them exists`() throws {
        let page = try String(
            contentsOf: TestNames.folder.appendingPathComponent("ATTACKS.md"), encoding: .utf8)
        let names = try TestNames.all()
        var numbers: [Int] = []
        for line in page.split(separator: "\n") {
            // Rows of the table of ASVS begin with a chapter and a section.
            if line.contains(/^\| \d+\.\d+/) {
                for name in line.matches(of: /`([^`]+)`/) {
                    #expect(names.contains(String(name.1)), "no test \(name.1)")
                }
            }
            guard let row = line.firstMatch(of: /^\| (\d+) \|/), let number = Int(row.1) else {
                continue
            }
            numbers.append(number)
            for name in line.matches(of: /`([^`]+)`/) {
                #expect(names.contains(String(name.1)), "\(number): no test \(name.1)")
            }
        }
        #expect(numbers == Array(1...15) + Array(26...48) + Array(50...84))
    }
}
