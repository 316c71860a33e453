import Foundation
import Testing

@Suite(.serialized) struct MainJobTests {
    @Test func `real plans are imported, shared, and provably the same at both sites`() throws {
        let made = try Workspace()
        let files = try Bundles.real(atMost: .max, in: made)
        let pair = try Pair(importing: files)
        #expect(try pair.elm.digests() == pair.riverside.digests())
        for (command, plural) in [("resident", "residents"), ("plan", "plans")] {
            let ours = try pair.elm.list(plural, command, "list").compactMap { $0["id"] as? String }
            let theirs = try pair.riverside.list(plural, command, "list")
                .compactMap { $0["id"] as? String }
            #expect(ours.count >= files.count)
            #expect(ours == theirs)
        }
        let before = try pair.elm.digests()
        let again = try Program.kith(
            ["--home", pair.elm.path, "import", "fhir"] + files, limit: 300)
        #expect(again.status == 0)
        #expect(try pair.elm.digests() == before, "importing again changes nothing")
    }

    @Test func `different fields merge, and one routine field shows one value and the other`()
        throws
    {
        let pair = try Pair()
        let resident = try pair.resident("Whitfield")
        try pair.sync()
        try pair.elm.must("resident", "edit", resident, "preferredName=Peggy")
        try pair.riverside.must("resident", "edit", resident, "phone=01632 960001")
        try pair.elm.must("resident", "edit", resident, "language=Welsh")
        try pair.riverside.must("resident", "edit", resident, "language=English")
        try pair.sync()
        for home in [pair.elm, pair.riverside] {
            #expect(try home.values(resident, "preferredName") == ["Peggy"])
            #expect(try home.values(resident, "phone") == ["01632 960001"])
            #expect(try Set(home.values(resident, "language")) == ["Welsh", "English"])
            let conflicts = try home.list("conflicts", "conflict", "list")
            #expect(conflicts.count == 1, "only the language is written twice")
            #expect(conflicts.first?["severity"] as? String == "routine")
        }
        #expect(
            try pair.elm.values(resident, "language")
                == pair.riverside.values(resident, "language"),
            "both sites show the same one first")
        #expect(try pair.elm.digests() == pair.riverside.digests())
    }

    @Test func `a safety-critical field shows both values until someone decides`() throws {
        let pair = try Pair()
        let resident = try pair.resident("Adeyemi", "dateOfBirth=1941-11-19")
        try pair.sync()
        try pair.elm.must(
            "resident", "edit", resident, "dateOfBirth=1941-11-20", "--seen",
            pair.elm.version(of: resident))
        try pair.riverside.must(
            "resident", "edit", resident, "dateOfBirth=1941-11-09", "--seen",
            pair.riverside.version(of: resident))
        try pair.sync()
        for home in [pair.elm, pair.riverside] {
            #expect(
                try Set(home.values(resident, "dateOfBirth")) == ["1941-11-20", "1941-11-09"])
            let shown = try home.must("resident", "show", resident).output
            #expect(shown.contains("1941-11-20") && shown.contains("1941-11-09"))
            #expect(try home.run("conflict", "list", "--fail-if-any").status == 3)
        }
        let conflict = try pair.riverside.json("conflict", "show", "\(resident).dateOfBirth")
        let seen = try #require(conflict["version"] as? Int)
        try pair.riverside.must(
            "conflict", "resolve", "\(resident).dateOfBirth", "--value", "dateOfBirth=1941-11-19",
            "--seen", String(seen), "--reason", "Birth certificate", "--as", "Dr Rao", "--role",
            "GP")
        try pair.sync()
        for home in [pair.elm, pair.riverside] {
            let candidates = try home.candidates(resident, "dateOfBirth")
            #expect(candidates.compactMap { $0["words"] as? String } == ["1941-11-19"])
            let said = (candidates.first?["provenance"] as? [[String: Any]])?.first
            #expect(said?["reason"] as? String == "Birth certificate")
            #expect((said?["committer"] as? [String: Any])?["name"] as? String == "Dr Rao")
            #expect(try home.list("conflicts", "conflict", "list").isEmpty)
        }
        #expect(try pair.elm.digests() == pair.riverside.digests())
    }

    @Test func `two sites' CPR decisions meet in one record, and only a decision settles them`()
        throws
    {
        let pair = try Pair(mayAttest: true)
        let resident = try pair.resident("Whitfield")
        try pair.sync()
        try pair.elm.must(
            "cpr-decision", "add", "--resident", resident, "decision.value=for",
            "decision.date=2026-11-20")
        try pair.riverside.must(
            "cpr-decision", "add", "--resident", resident, "decision.value=not-for",
            "decision.date=2026-11-21")
        try pair.sync()
        let ids = try [pair.elm, pair.riverside].map {
            try $0.list("cprDecisions", "cpr-decision", "list").compactMap { $0["id"] as? String }
        }
        #expect(ids[0].count == 1 && ids[0] == ids[1])
        let id = try #require(ids[0].first)
        #expect(try pair.elm.candidates(id, "decision").count == 2)
        let conflict = "\(id.prefix(8)).decision"
        let seen = try #require(pair.elm.json("conflict", "show", conflict)["version"] as? Int)
        let plain = try pair.elm.run(
            "conflict", "resolve", conflict, "--pick", "1", "--seen", String(seen), "--reason", "x")
        #expect(plain.status == 2)
        #expect(plain.errors.contains("--attest"))
        let there = try #require(
            pair.riverside.json("conflict", "show", conflict)["version"] as? Int)
        try pair.riverside.must(
            "conflict", "resolve", conflict, "--pick", "1", "--seen", String(there), "--reason",
            "Talked with her and her son", "--attest", "--performer", "Dr Rao",
            "--performer-role", "GP")
        try pair.sync()
        for home in [pair.elm, pair.riverside] {
            #expect(try home.candidates(id, "decision").count == 1)
        }
        #expect(try pair.elm.digests() == pair.riverside.digests())
    }

    @Test func `a site that may not attest is told who may`() throws {
        let pair = try Pair()
        let resident = try pair.resident("Whitfield")
        try pair.sync()
        for (home, value) in [(pair.elm, "for"), (pair.riverside, "not-for")] {
            try home.must(
                "cpr-decision", "add", "--resident", resident, "decision.value=\(value)",
                "decision.date=2026-11-20")
        }
        try pair.sync()
        let record = try #require(
            pair.riverside.list("cprDecisions", "cpr-decision", "list").first?["short"] as? String)
        let seen = try pair.riverside.version(of: record)
        let refused = try pair.riverside.run(
            "conflict", "resolve", "\(record).decision", "--pick", "1", "--seen", seen, "--reason",
            "x", "--attest", "--performer", "Dr Rao", "--performer-role", "GP")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("Elm House"), "it says who may: \(refused.errors)")
        #expect(try pair.riverside.candidates(record, "decision").count == 2)
    }

    @Test func `what nobody saw, nobody overwrites`() throws {
        let pair = try Pair()
        let resident = try pair.resident("Llyr", "dateOfBirth=1934-07-30", "language=Welsh")
        try pair.sync()
        let old = try pair.elm.version(of: resident)
        try pair.riverside.must("resident", "edit", resident, "language=English")
        try pair.riverside.must(
            "resident", "edit", resident, "dateOfBirth=1934-07-03", "--seen",
            pair.riverside.version(of: resident))
        try pair.sync()
        // The carer had read the record before the sync, and saves now.
        try pair.elm.must(
            "resident", "edit", resident, "dateOfBirth=1934-07-31", "language=Cymraeg", "--seen",
            old)
        #expect(try Set(pair.elm.values(resident, "dateOfBirth")) == ["1934-07-03", "1934-07-31"])
        #expect(try Set(pair.elm.values(resident, "language")) == ["English", "Cymraeg"])
        let refused = try pair.elm.run("resident", "edit", resident, "dateOfBirth=1930-01-01")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("--seen"))
        #expect(try pair.elm.values(resident, "dateOfBirth").count == 2)
    }
}
