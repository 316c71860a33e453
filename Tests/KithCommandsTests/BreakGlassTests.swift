import KithCommands
import KithModel
import KithSite
import Testing

/// How break-glass acts and their reviews are printed and asked for.
@Suite struct BreakGlassTests {
    private func act(_ number: Int64, review: BreakGlass.Review? = nil) -> AuditItem {
        AuditItem(
            number: number, time: Samples.now,
            actor: Author(user: "cara", name: "Cara \u{1B}[2JKerr", role: "carer"),
            channel: .webPage, action: .breakGlass, what: "broke the glass",
            record: Samples.smith.id,
            breakGlass: BreakGlass(
                compartment: .clinical, resident: Samples.smith.id,
                reason: "=The ambulance crew asked for her allergies, and nobody else was there",
                from: Samples.now, until: Samples.now, review: review))
    }

    @Test func `acts are listed with reason and time, and those that nobody reviewed are marked`()
        async throws
    {
        let review = BreakGlass.Review(
            number: 9, by: Samples.auditor, time: Samples.now, finding: "Crew confirmed")
        let items = [act(8), act(7, review: review)]
        let play = Play(site: PlayedSite { $0.audit = items })
        let result = await play("audit", "list", "--break-glass", "--user", "cara")
        #expect(play.site.told.auditQueries.first?.isBreakGlass == true)
        #expect(play.site.told.auditQueries.first?.user == "cara")
        for words in [
            "clinical of resident", "The ambulance crew", "by nobody: 'kith audit review 8",
            "by Ada Auditor", "Crew confirmed",
        ] { #expect(result.out.contains(words), "\(words)") }
        expectFits(result.out)
        let csv = await play("audit", "list", "--break-glass", "--csv").out
        let lines = csv.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("number,login,name,role,channel,compart"))
        #expect(lines[1].contains("'=The ambulance"), "no formula")
        #expect(lines[2].hasSuffix("Ada Auditor,Crew confirmed"))
        let json = await play("audit", "list", "--break-glass", "--json").out
        #expect(
            json.contains("\"breakGlass\"") && json.contains("\"finding\" : \"Crew confirmed\""))
        let none = Play()
        #expect(await none("audit", "list", "--break-glass").out.contains("Nobody broke"))
        let both = await none("audit", "list", "--break-glass", "--action", "read")
        #expect(both.status == 2 && both.isOneLine)
    }

    @Test func `a review takes a number and what was found`() async throws {
        let play = Play()
        let result = await play("audit", "review", "8", "--finding", "Crew confirmed")
        #expect(result.status == 0 && result.out.contains("Item 8"))
        #expect(play.site.told.reviews.map(\.act) == [8])
        #expect(play.site.told.reviews.map(\.finding) == ["Crew confirmed"])
        for arguments in [
            ["8"], ["--finding", "x"], ["eight", "--finding", "x"], ["8", "--finding", ""],
        ] {
            let refused = await play.run(["audit", "review"] + arguments)
            #expect(refused.status == 2 && refused.isOneLine, "\(arguments): \(refused)")
        }
        #expect(play.site.told.reviews.count == 1)
        let flagged = Play(site: PlayedSite { $0.status.unreviewedBreakGlass = 2 })
        let status = await flagged("status").out
        #expect(status.contains("2 break-glass acts not reviewed"))
        expectFits(status)
    }
}
