import KithCommands
import KithModel
import KithSite
import Testing

/// What the exporting commands ask for, and what they tell.
@Suite struct ExportingTests {
    @Test func `an export goes to standard output, and what a reader must know beside it`() async {
        let result = await Play()(
            "export", "fhir", "Nell", "--partnership", "Elm", "--restricted")
        #expect(result.status == 0 && result.out == "BEGIN\n")
        #expect(
            result.exports == [
                "fhir(residents: [\"Nell\"], partnership: Optional(\"Elm\"), includesRestricted: true)"
            ])
        #expect(result.err.contains("1 Flag, 2 Patient"))
        #expect(result.err.contains("1 record holds") && result.err.contains("--restricted"))
        expectFits(result.err)
    }

    @Test func `contacts need a format, and a calendar needs nothing`() async {
        let vague = await Play()("export", "contacts")
        #expect(vague.status == 2 && vague.exports.isEmpty)
        let contacts = await Play()("export", "contacts", "--format", "csv")
        #expect(
            contacts.exports == [
                "contacts(format: KithCommands.ContactFileFormat.csv, partnership: nil)"
            ])
        let calendar = await Play()("export", "calendar")
        #expect(calendar.exports == ["calendar(partnership: nil)"])
    }

    @Test func `contacts are taken over as FHIR is`() async {
        var play = Play()
        play.readings = [
            FHIRReading(file: "a.csv", problem: "a.csv:2: expected 2 cells, found 1")
        ]
        let result = await play("import", "contacts", "a.csv")
        #expect(result.status == 1 && result.isOneLine && result.err.contains("a.csv:2"))
        #expect(play.site.told.imported.isEmpty)
    }
}
