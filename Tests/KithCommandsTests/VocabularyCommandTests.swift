import Foundation
import KithModel
import Testing

@testable import KithCommands

@Suite struct VocabularyCommandTests {
    @Test func `the committed page is what the program prints`() async throws {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let page = try String(
            contentsOf: folder.appendingPathComponent("Protocol/vocabulary.md"), encoding: .utf8)
        let printed = await Play()("vocabulary", "--markdown")
        #expect(printed.status == 0)
        #expect(
            printed.out == page,
            "renew it: kith vocabulary --markdown > Protocol/vocabulary.md")
    }

    @Test func `the page has every kind, field, code set and standard`() async throws {
        let page = await Play()("vocabulary", "--markdown").out
        for kind in Vocabulary.kinds {
            #expect(page.contains("\n## \(kind.name)\n"), "\(kind.name)")
            #expect(
                page.contains("Standard: \(kind.standard). Compartment: \(kind.compartment.name)."))
            for field in kind.fields {
                #expect(page.contains("| \(field.number) | `\(field.name)` | \(field.label) |"))
                for member in field.members {
                    let number = "\(field.number).\(member.number)"
                    #expect(page.contains("| \(number) | `\(field.name).\(member.name)` |"))
                }
            }
        }
        for (name, set) in CodeSet.all {
            #expect(page.contains("### Codes: \(name)\n"))
            #expect(page.contains("Source: \(set.source). Version: \(set.version)."))
            for concept in set.concepts { #expect(page.contains("| `\(concept.word)` |")) }
        }
    }

    @Test func `every kind has a page that fits, by each of its names`() async {
        for kind in Vocabulary.kinds {
            let result = await Play()("vocabulary", kind.name)
            #expect(result.status == 0, "\(kind.name)")
            expectFits(result.out)
            for field in kind.fields {
                #expect(result.out.contains(field.name), "\(kind.name).\(field.name)")
            }
            for name in [kind.commandName, kind.label.uppercased(), kind.plural] {
                #expect(await Play()("vocabulary", name).out == result.out, "\(name)")
            }
        }
        let all = await Play()("vocabulary")
        expectFits(all.out)
        #expect(Vocabulary.kinds.allSatisfy { all.out.contains($0.commandName) })
    }

    @Test func `as JSON it has what a program needs to write records`() async throws {
        let result = await Play()("vocabulary", "--json")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
        let kinds = try #require(json["kinds"] as? [[String: Any]])
        #expect(kinds.compactMap { $0["name"] as? String } == Vocabulary.kinds.map(\.name))
        let sets = try #require(json["codeSets"] as? [[String: Any]])
        #expect(sets.count == CodeSet.all.count)
        let allergy = await Play()("vocabulary", "allergy", "--json")
        let kind = try #require(
            try JSONSerialization.jsonObject(with: Data(allergy.out.utf8)) as? [String: Any])
        let fields = try #require(kind["fields"] as? [[String: Any]])
        let agent = try #require(fields.first { $0["name"] as? String == "agent" })
        #expect(agent["policy"] as? String == "safetyCritical")
        #expect(agent["codeSet"] as? String == "substance")
    }

    @Test func `it needs no site, and says what it does not know`() async {
        var play = Play()
        play.environment = [:]
        #expect(await play("vocabulary", "plan").status == 0)
        let unknown = await play("vocabulary", "spaceship")
        #expect(unknown.status == 2)
        #expect(unknown.isOneLine)
        #expect(unknown.err.contains("see 'kith vocabulary'"))
        #expect(await play("vocabulary", "plan", "--markdown").status == 2)
    }
}
