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
        #expect(numbers == Array(1...84))
    }

    @Test(arguments: [("TRUST.md", 40), ("WEB.md", 35)])
    func `what is promised of trust and of the web page has its tests, and each of them exists`(
        file: String, least: Int
    ) throws {
        let page = try String(
            contentsOf: TestNames.folder.appendingPathComponent(file), encoding: .utf8)
        let names = try TestNames.all()
        let rows = page.split(separator: "\n").filter { row in
            row.hasPrefix("| ")
                && !["| promise", "| what |", "| ---"].contains(where: row.hasPrefix)
        }
        #expect(rows.count > least)
        for row in rows {
            // Words of code, such as a compartment's name, hold no space.
            let named = row.matches(of: /`([^`]+)`/).map { String($0.1) }.filter {
                $0.contains(" ") || $0.hasPrefix("test_")
            }
            #expect(!named.isEmpty, "nothing shows: \(row)")
            for name in named { #expect(names.contains(name), "no test \(name)") }
        }
    }
}
