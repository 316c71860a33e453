import Foundation
import Testing

@testable import KithModel

@Suite struct FieldEntryTests {
    private let entry = FieldEntry(zone: .gmt)

    private func field(_ path: String) throws -> FieldDefinition {
        let parts = path.split(separator: ".").map(String.init)
        return try #require(Vocabulary.kind(named: parts[0])?.field(named: parts[1]))
    }

    @Test(arguments: [
        ("resident.dateOfBirth", "1900-02-29", "takes a date that exists"),
        ("resident.dateOfBirth", "1850-01-01", "takes no date before 1880"),
        ("resident.nhsNumber", "943 476 5918", "943 476 5919"),
        ("resident.nhsNumber", "９４３４７６５９１９", "takes ten digits"),
        ("resident.phone", "ask at the desk", "takes a telephone number first"),
        ("resident.email", "mary at example", "takes an e-mail address"),
        ("organisation.ods", "A8", "for example A81001"),
        ("organisation.cqcLocation", "2-77", "for example 1-101675029"),
        ("goal.importance", "11", "from 1 to 10"),
        ("allergy.severity", "dreadful", "mild, moderate, severe"),
        ("interaction.when", "yesterday", "for example 2026-11-22 14:30"),
        ("resident.interpreter", "perhaps", "takes yes or no"),
        ("resident.familyName", "a\u{7}b", "control character"),
        ("resident.familyName", "a\nb", "a single line"),
        ("baseline.weight", "heavy", "for example 2.5"),
    ])
    func `a wrong value is told with an example of a right one`(
        path: String, text: String, words: String
    ) throws {
        let field = try field(path)
        let problem = #expect(throws: FieldProblem.self) {
            try entry.value(of: field, from: text)
        }
        #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
        #expect(problem?.description.contains("\n") == false)
    }

    @Test(arguments: [
        ("resident.nhsNumber", "943 476 5919", "943 476 5919"),
        ("resident.dateOfBirth", "2040-01", "2040-01"),
        ("resident.phone", "+44 (0)1642 555 0123 ext 4", "+44 (0)1642 555 0123 ext 4"),
        ("resident.familyName", "Nguyễn 👩‍⚕️ שלום", "Nguyễn 👩‍⚕️ שלום"),
        ("organisation.cqcLocation", "1-101675029", "1-101675029"),
        ("baseline.frailty", "severe", "7 living with severe frailty"),
    ])
    func `what was typed is read back as it is shown`(
        path: String, text: String, words: String
    ) throws {
        let field = try field(path)
        let value = try entry.value(of: field, from: text)
        #expect(entry.words(for: value, of: field) == words)
    }

    @Test func `beds that do not add up are refused whole`() throws {
        let beds = try field("capacity.beds")
        let problem = #expect(throws: FieldProblem.self) {
            try entry.group(
                beds, from: [("maximum", "40"), ("occupied", "38"), ("accepting", "3")])
        }
        #expect(problem?.description.contains("more than maximum") == true)
        _ = try entry.group(
            beds, from: [("maximum", "40"), ("occupied", "38"), ("accepting", "2")])
    }

    @Test
    func `a text of ten thousand characters is kept whole, and of more than twice that refused`()
        throws
    {
        let notes = try field("organisation.notes")
        let long = String(repeating: "ß", count: 10_000)
        #expect(try entry.value(of: notes, from: long) == .text(long))
        #expect(throws: FieldProblem.self) {
            try entry.value(of: notes, from: String(repeating: "x", count: 20_001))
        }
    }

    @Test
    func `a date of birth exists and is not before 1880, and no clock decides`()
        throws
    {
        let birth = try field("resident.dateOfBirth")
        for text in ["1900-02-29", "1850-01-01", "1879-12-31", "29/02/1940", "1940-13-01", "0000"] {
            #expect(throws: FieldProblem.self, "\(text)") {
                try entry.value(of: birth, from: text)
            }
        }
        for text in ["1880-01-01", "1940-02-29", "1940-02", "1940", "2190-01-01"] {
            let date = try #require(PartialDate(text))
            #expect(try entry.value(of: birth, from: text) == .date(date))
        }
    }

    @Test(arguments: ["a\u{0}b", "a\u{1B}[2Jb", "a\u{7F}b", "a\u{9B}31mb"])
    func `control characters are refused where text is typed`(text: String) throws {
        for path in ["resident.familyName", "resident.address", "allergy.agent"] {
            let problem = #expect(throws: FieldProblem.self) {
                try entry.value(of: try field(path), from: text)
            }
            let words = problem?.description ?? ""
            #expect(words.contains("control character"), "\(words)")
            #expect(ShownText(line: words).text == words)
        }
    }

    @Test(arguments: ["\u{202E}htimS", "Smi\u{200B}th", "a\u{2066}b", "\u{1F468}\u{200D}\u{1F469}"])
    func `what turns or hides text is kept as it was typed, and shown by its code`(
        text: String
    ) throws {
        let name = try field("resident.familyName")
        let value = try entry.value(of: name, from: text)
        #expect(value == .text(text))
        let shown = ShownText(line: entry.words(for: value, of: name)).text
        #expect(shown.contains("[U+20") == (text != "\u{1F468}\u{200D}\u{1F469}"), "\(shown)")
        #expect(!shown.unicodeScalars.contains { (0x202A...0x2069).contains($0.value) })
    }
}
