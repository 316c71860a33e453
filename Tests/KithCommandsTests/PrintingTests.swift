import Foundation
import KithModel
import KithSite
import Testing

@testable import KithCommands

/// Pages for paper: the pack that goes along to hospital and the summary for a night without power.
@Suite struct PrintingTests {
    @Test func `a pack has every value of what is undecided, who said it, and who printed it`()
        async
    {
        let out = await Play()("print", "pack", "Smith Jane", "--as", "Mary Okafor").out
        for words in [
            "TRANSFER TO HOSPITAL", "Smith Jane", "943 476 5919", "Printed 2026-11-",
            "by Mary Okafor", "HOW CURRENT THIS IS", "Penicillin", "ALLERGIES",
            "2 values, not yet decided", "1) Not for cardiopulmonary", "2) For cardiopulmonary",
            "Patel (GP), typed by Jane Doe", "!! PEOPLE DISAGREE", "MEDICINES: (not recorded)",
            "page 1 of",
        ] {
            #expect(out.contains(words), "\(words)\n\(out)")
        }
        for line in out.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test func `a site without clinical records prints no pack`() async {
        let play = Play(
            site: PlayedSite { script in
                script.partnerships[0].compartments = [.relations, .personal]
            })
        let result = await play("print", "pack", "Smith Jane")
        #expect(result.status == 2 && result.out.isEmpty && result.isOneLine, "\(result)")
        #expect(result.err.contains("holds no clinical records"))
    }

    @Test func `the summary has every resident once, and says how current it is`() async {
        let out = await Play()("print", "summary").out
        #expect(out.contains("DAILY SUMMARY  1 resident"))
        #expect(out.components(separatedBy: "943 476 5919").count == 2)
        #expect(out.contains("HOW CURRENT THIS IS (Elm and Patel)"))
    }

    @Test func `long text is torn between pages only where it must be`() {
        let page = PrintedPage(heading: ["HEAD"])
        let short = (1...10).map { "short \($0)" }
        let text = page.text(Array(repeating: short, count: 12))
        let pages = text.components(separatedBy: "\u{C}")
        #expect(pages.count == 3)
        for (number, page) in pages.enumerated() {
            let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= PrintedPage.height + 1)
            #expect(lines.first == "HEAD")
            #expect(page.contains("page \(number + 1) of 3"))
            #expect(
                page.components(separatedBy: "short 1\n").count
                    == page.components(separatedBy: "short 10\n").count)
        }
        let long = (1...200).map { "line \($0)" }
        #expect(page.text([long]).components(separatedBy: "line ").count == 201)
    }
}
