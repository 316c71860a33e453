import Foundation
import KithModel
import KithSite
import Testing

@testable import KithCommands

/// Names that partners chose cannot break a table or steer a terminal.
@Suite struct HostileTextTests {
    static let names = [
        "\u{1B}[2J\u{1B}]0;owned\u{7}Smith", "\u{202E}htimS", "Smith\r\nkith: all is well",
        String(repeating: "x", count: 10_000), String(repeating: "山田太郎", count: 30),
        String(repeating: "👩‍👩‍👧‍👦", count: 30), "e" + String(repeating: "\u{301}", count: 10_000),
        "\u{9B}31mred", "\u{0}", "", "   ", "a\u{2028}b\u{2066}c",
    ]

    private func play(_ name: String) -> Play {
        Play(
            site: PlayedSite { script in
                for index in script.records.indices {
                    script.records[index].title = name
                    script.records[index].partnership = name
                    for field in script.records[index].fields.indices {
                        for candidate in script.records[index].fields[field].candidates.indices {
                            script.records[index].fields[field].candidates[candidate].words = name
                            let old = script.records[index].fields[field].candidates[candidate]
                                .provenance[0]
                            var said = old
                            said.siteName = name
                            said.committer.name = name
                            said.reason = name
                            script.records[index].fields[field].candidates[candidate].provenance = [
                                said
                            ]
                        }
                    }
                }
                for index in script.conflicts.indices {
                    script.conflicts[index].title = name
                    script.conflicts[index].resident = name
                    script.conflicts[index].partnership = name
                    script.conflicts[index].values = [name, name]
                    script.conflicts[index].owners = [name]
                    script.conflicts[index].about = name
                    let said = Samples.said(name, reason: name)
                    script.conflicts[index].field = script.records[1].fields[4]
                    script.conflicts[index].details = ConflictDetails(
                        comparison: TextComparison(
                            base: name, provenance: said,
                            words: WordComparison(base: name, versions: [name + " x", "y"])),
                        sides: [
                            ConflictSide(
                                number: 1, record: nil, kind: name, title: name, why: name,
                                provenance: said)
                        ],
                        decisions: [
                            DecisionView(
                                words: name, replaced: [name], stands: true, provenance: said)
                        ], notes: [ConflictNote(text: name, provenance: said)], attesters: [name])
                }
                script.partnerships = [Samples.partnership(name)]
                script.peers = [Samples.peer(name, problem: name)]
                script.sessions = [Samples.session(name)]
                script.status.site.name = name
                script.status.peers = script.peers
                script.status.partnerships = script.partnerships
                script.findings = [Finding(.warning, check: name, message: name, remedy: name)]
                script.history = [
                    HistoryItem(
                        field: "x", label: name, words: name, isCandidate: true, superseded: 0,
                        provenance: Samples.said(name, reason: name))
                ]
            })
    }

    @Test(arguments: names)
    func `no view lets them through`(name: String) async {
        let resident = Samples.resident.description
        for arguments in [
            ["resident", "list"], ["plan", "list"], ["resident", "show", resident],
            ["plan", "show", Samples.plan.description], ["record", "get", resident],
            ["conflict", "list"], ["conflict", "show", Samples.conflict().id],
            ["partnership", "list"],
            ["partnership", "show", "X"], ["peer", "list"], ["status"], ["doctor"], ["sync"],
            ["record", "history", "X"], ["resident", "add", "familyName=X"],
        ] {
            let result = await play(name).run(arguments)
            #expect(result.status == 0, "\(result.err)")
            expectFits(result.out)
            #expect(!result.out.split(separator: "\n").contains { $0.hasPrefix("kith: all") })
            expectFits(
                result.err.split(separator: "\n").filter { !$0.contains("Syncing") }.joined(
                    separator: "\n"))
        }
    }

    @Test(arguments: [
        "\u{1B}[2J\u{1B}]0;owned\u{7}Smith", "\u{202E}htimS\r\nkith: all is well\u{0}",
        String(repeating: "山田👩‍👩‍👧‍👦e\u{301}", count: 30),
    ])
    func `no listing of any kind lets them through`(name: String) async throws {
        for kind in Vocabulary.kinds where kind.command == nil {
            var values: [String: [CandidateView]] = [:]
            for field in kind.fields where field.name != "archived" && field.name != "parent" {
                values[field.name] = [
                    Samples.candidate(1, name), Samples.candidate(2, name + "2"),
                ]
            }
            var record = Samples.record(kind.name, Samples.recordID(9), title: name, values)
            record.parentTitle = name
            record.partnership = name
            let site = PlayedSite { [record] script in
                script.records = [record]
                script.due = [
                    DueItem(
                        record: record.id, short: record.short, kind: kind.name, title: name,
                        field: kind.title.first, what: "review", date: Day(number: 0).date,
                        overdueDays: 1, isContested: true, residentTitle: name, who: name,
                        partnership: name, remark: name)
                ]
            }
            for arguments in [
                [kind.commandName, "list"], [kind.commandName, "show", record.id.description],
                ["due"],
            ] {
                let result = await Play(site: site).run(arguments)
                #expect(result.status == 0, "\(arguments): \(result.err)")
                expectFits(result.out)
                let isSteered = result.out.split(separator: "\n").contains {
                    $0.hasPrefix("kith: all")
                }
                #expect(!isSteered, "\(arguments)")
            }
        }
    }

    @Test(arguments: names)
    func `JSON keeps the text and is harmless to look at`(name: String) async throws {
        let result = await play(name)("partnership", "list", "--json")
        let harmful = result.out.unicodeScalars.filter {
            ($0.value < 0x20 && $0.value != 0x0A) || (0x7F..<0xA0).contains($0.value)
                || (0x202A...0x202E).contains($0.value)
        }
        #expect(harmful.isEmpty)
        let list =
            try JSONSerialization.jsonObject(with: Data(result.out.utf8))
            as? [String: [[String: Any]]]
        let read = try #require(list?["partnerships"]?.first?["name"] as? String)
        #expect(Array(read.utf8) == Array(name.utf8))
    }

    @Test func `arguments that come back in an error cannot steer the terminal`() async {
        let result = await Play()("\u{1B}[2Jfoo")
        #expect(result.status == 2 && result.isOneLine)
        expectFits(result.err)
    }
}
