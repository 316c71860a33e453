import Foundation
import KithModel
import KithSite
import Testing

/// What the reading commands print, for people and for programs.
@Suite struct ReadingTests {
    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    @Test(arguments: [
        (["resident", "list"], "residents"), (["plan", "list"], "plans"),
        (["contact", "list"], "contacts"), (["cpr-decision", "list"], "cprDecisions"),
        (["personal-contact", "list"], "personalContacts"), (["conflict", "list"], "conflicts"),
        (["partnership", "list"], "partnerships"), (["peer", "list"], "peers"),
        (["record", "history", "X"], "history"), (["doctor"], "findings"), (["sync"], "sessions"),
    ])
    func `a list is an object with one key, the plural`(
        arguments: [String], key: String
    )
        async throws
    {
        let result = await Play().run(arguments + ["--json"])
        #expect(result.status == 0)
        #expect(Array(try object(result.out).keys) == [key])
        let before = await Play().run(["--json"] + arguments)
        #expect(before.out == result.out)
    }

    @Test(arguments: [
        (["status"], "certificateEnds"), (["partnership", "show", "X"], "members"),
        (["partnership", "invite", "X"], "code"), (["verify"], "ok"), (["rebuild"], "isEqual"),
        (["record", "get", "Smith Jane"], "fields"),
        (["resident", "show", "Smith Jane"], "children"),
        (["plan", "show", "Falls prevention"], "children"),
        (["init", "--name", "E", "--kind", "care-home"], "site"),
    ])
    func `a single thing prints itself`(arguments: [String], key: String) async throws {
        let result = await Play().run(arguments + ["--json"])
        #expect(result.status == 0, "\(result)")
        #expect(try object(result.out)[key] != nil)
    }

    @Test func `the JSON of a plan can be read back, with its children by plural`() async throws {
        let result = await Play()("plan", "show", "Falls prevention", "--json")
        #expect(try object(result.out)["version"] as? Int == 5)
        let children = try #require(try object(result.out)["children"] as? [String: Any])
        let kinds = Vocabulary.kinds.filter { $0.parents.contains("plan") }
        #expect(kinds.count >= 9)
        #expect(Set(children.keys) == Set(kinds.map(\.plural)))
        let goals = try #require(children["goals"] as? [[String: Any]])
        #expect(goals.count == 1)
    }

    @Test func `verify prints the report as it is, and fails with 3`() async throws {
        let good = await Play()("verify", "--json")
        let report = try JSONDecoder().decode(VerifyReport.self, from: Data(good.out.utf8))
        #expect(report.ok && report.partnerships[0].compartments[0].entries == 12)
        let play = Play(
            site: PlayedSite {
                $0.verification = VerifyReport(
                    partnerships: [], problems: ["entry 7 has another hash"])
            })
        let bad = await play("verify")
        #expect(bad.status == 3)
        #expect(bad.out.contains("entry 7 has another hash"))
        expectFits(bad.out)
    }

    @Test(arguments: [
        ["status"], ["partnership", "list"], ["partnership", "show", "X"],
        ["partnership", "invite", "X"], ["peer", "list"], ["sync"], ["resident", "list"],
        ["plan", "list"], ["allergy", "list"], ["cpr-decision", "list"], ["goal", "list"],
        ["resident", "show", "Smith Jane"], ["plan", "show", "Falls prevention"],
        ["cpr-decision", "show", "CPR decision"], ["record", "get", "Smith Jane"],
        ["conflict", "list"], ["conflict", "show", Samples.conflict().id], ["verify"], ["rebuild"],
        ["doctor"], ["contact", "list"], ["record", "history", "Smith Jane"],
    ])
    func `what people read fits 80 columns`(arguments: [String]) async {
        let result = await Play().run(arguments)
        #expect(result.status == 0, "\(result)")
        #expect(!result.out.isEmpty)
        expectFits(result.out)
        if ProcessInfo.processInfo.environment["KITH_SHOW"] != nil {
            print("$ kith \(arguments.joined(separator: " "))\n\(result.out)\(result.err)")
        }
    }

    @Test func `the status fits one screen and is loud about safety`() async throws {
        let result = await Play()("status")
        #expect(result.out.split(separator: "\n", omittingEmptySubsequences: false).count <= 25)
        let loud = try #require(result.out.range(of: "!! 2 SAFETY-CRITICAL CONFLICTS"))
        let peers = try #require(result.out.range(of: "Peers"))
        #expect(loud.lowerBound < peers.lowerBound)
        #expect(result.out.contains("2026-11-22 23:12 GMT"))
        #expect(result.out.contains("the address does not"))
        #expect(result.out.contains("sharing with Patel Practice in Elm and Patel ends, 2026-12-0"))
    }

    @Test func `the status warns of certificates, copies, a rollback and a removal`() async throws {
        let (now, home) = (Samples.now, Samples.home)
        let play = Play(
            site: PlayedSite {
                $0.status.certificateEnds = Instant(milliseconds: now.milliseconds + 86_400_000)
                $0.status.peers[0].isCertificateExpired = true
                $0.status.rollback = RollbackView(words: "a backup was restored", time: now)
                $0.status.forks = [
                    ForkView(
                        site: home, name: "Elm House", partnership: "Elm and Patel",
                        compartment: .clinical, sequence: 5)
                ]
                $0.status.partnerships[0].formerMembers = [
                    FormerMemberView(
                        site: home, name: "Elm House", hasLeft: false, removedBy: "Patel Practice",
                        removed: now, isSelf: true)
                ]
            })
        let out = await play("status").out
        for words in [
            "its certificate has expired", "run kithd, which renews it",
            "two copies wrote: Elm House; see 'kith doctor'",
            "Rollback     a backup was restored", "in new feeds; nothing is lost",
            "!  removed, no longer updated: Elm and Patel",
        ] { #expect(out.contains(words), "\(words): \(out)") }
        expectFits(out)
    }

    @Test func `a plan begins with what could harm the person and shows every candidate`()
        async throws
    {
        let out = await Play()("plan", "show", "Falls prevention").out
        let order = [
            "Smith Jane", "943 476 5919", "ALLERGIES", "Penicillin", "CPR", "PLAN",
            "CONTINGENCY PLANS",
            "GOALS", "ACTIONS",
        ]
        var from = out.startIndex
        for word in order {
            let range = try #require(
                out.range(of: word, range: from..<out.endIndex), "\(word)\n\(out)")
            from = range.upperBound
        }
        #expect(out.contains("!! Status: 2 values, not yet decided:"))
        #expect(out.contains("Active") && out.contains("On hold"))
        #expect(out.contains("Ring 111") && out.contains("Ring 999"))
        #expect(out.contains("Dr Patel (GP), Patel Practice, 2026-11-22 23:12 GMT"))
        #expect(out.contains("Not for cardiopulmonary") && out.contains("2)  For cardiopulmonary"))
    }

    @Test func `a routine field lists what was also written`() async {
        let out = await Play()("resident", "show", "Smith Jane").out
        #expect(out.contains("01803 555 001"))
        #expect(out.contains("also written: 01803 555 002"))
        #expect(out.contains("GP practice (ODS)       (not recorded)"))
    }

    @Test func `no allergies are never claimed, and what is not shared is said to be`() async {
        var site = PlayedSite { $0.records = [Samples.smith] }
        var out = await Play(site: site)("resident", "show", "Smith Jane").out
        #expect(out.contains("ALLERGIES\n(not recorded)") && out.contains("CPR\n(not recorded)"))
        site = PlayedSite {
            $0.records = [Samples.smith]
            $0.partnerships[0].compartments = [.membership, .personal]
        }
        out = await Play(site: site)("resident", "show", "Smith Jane").out
        #expect(out.contains("ALLERGIES\n(not shared with this site)"))
    }

    @Test func `a plan whose resident is not here says why`() async {
        let site = PlayedSite { $0.records = [Samples.falls] }
        let out = await Play(site: site)("plan", "show", "Falls prevention").out
        #expect(out.contains("(awaited from a partner)"))
    }

    @Test func `colour is for terminals, and NO_COLOR is respected`() async {
        var play = Play(isTerminal: true)
        #expect(await play("plan", "show", "Falls prevention").out.contains("\u{1B}[1;31m"))
        play.environment["NO_COLOR"] = "1"
        #expect(await !play("plan", "show", "Falls prevention").out.contains("\u{1B}"))
    }

    @Test func `a history tells who said what and whether it stands`() async {
        let play = Play(
            site: PlayedSite {
                $0.history = [
                    HistoryItem(
                        field: "phone", label: "Telephone", words: "1", isCandidate: false,
                        superseded: 0, provenance: Samples.said(version: 1)),
                    HistoryItem(
                        field: "phone", label: "Telephone", words: "2", isCandidate: true,
                        superseded: 1,
                        provenance: Samples.said("Sam Roe", version: 2, reason: "new number")),
                ]
            })
        let out = await play("record", "history", "Smith Jane").out
        #expect(out.contains("Sam Roe (nurse), Elm House: changed"))
        #expect(out.contains("2 (in place of 1 value) [stands]") && out.contains("1 [replaced]"))
        #expect(out.contains("reason: new number"))
        expectFits(out)
    }

    @Test func `conflicts ask for a person only when told to`() async {
        #expect(await Play()("conflict", "list").status == 0)
        #expect(await Play()("conflict", "list", "--fail-if-any").status == 3)
        let none = Play(site: PlayedSite { $0.conflicts = [] })
        #expect(await none("conflict", "list", "--fail-if-any").status == 0)
    }

    @Test func `a conflict shows everything needed to decide, and the command`() async {
        let result = await Play()("conflict", "show", Samples.conflict(needsAttestation: true).id)
        for words in [
            "1)", "2)", "Dr Patel (GP)", "clinical decision", "hospital letter", "came here",
            "--seen 5", "--attest", "3 days ago",
        ] {
            #expect(result.out.contains(words), "\(words)\n\(result.out)")
        }
        expectFits(result.out)
    }

    @Test func `doctor says how to mend, and fails with 3 for a problem`() async {
        let play = Play(
            site: PlayedSite {
                $0.findings = [
                    Finding(
                        .problem, check: "clock",
                        message: String(repeating: "it is wrong ", count: 12), remedy: "set it"),
                    Finding(.warning, check: "disk", message: "nearly full"),
                ]
            })
        let result = await play("doctor")
        #expect(result.status == 3)
        #expect(result.out.contains("set it") && result.out.contains("!!"))
        expectFits(result.out)
    }

    @Test func `a rebuild that differs needs a person`() async {
        let play = Play(
            site: PlayedSite {
                $0.rebuild = RebuildReport(
                    entries: 3, isEqual: false, differences: ["clinical: 2 candidates"],
                    isReplaced: false)
            })
        let result = await play("rebuild", "--check")
        #expect(result.status == 3)
        #expect(result.out.contains("DIFFERS") && result.out.contains("without --check"))
    }
}
