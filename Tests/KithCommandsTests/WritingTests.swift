import KithCommands
import KithModel
import KithSite
import Testing

/// What the writing commands ask of a site, and what they refuse to do unseen.
@Suite struct WritingTests {
    @Test func `init passes the code of the kind and says what comes next`() async {
        let result = await Play()(
            "init", "--home", "/new", "--name", " Elm House ", "--kind", "nursing-home", "--ods",
            "a81001")
        #expect(result.status == 0)
        #expect(result.initialised == ["/new", "Elm House", "careHomeNursing", "A81001"])
        #expect(result.out.contains(Samples.home.description) && result.out.contains("Next:"))
        expectFits(result.out)
    }

    @Test func `an invitation carries what the options say`() async throws {
        let play = Play()
        let result = await play(
            "partnership", "invite", "Elm", "--role", "reviewer", "--compartments",
            "clinical,relations",
            "--address", "elm.example.org:7420", "--address", "[::1]:7420", "--may-attest",
            "--expires-hours", "24")
        #expect(result.status == 0, "\(result)")
        let draft = try #require(play.site.told.invitations.first)
        #expect(draft.role == "reviewer" && draft.compartments == [.relations, .clinical])
        #expect(draft.mayAttest && draft.hours == 24 && draft.addresses.count == 2)
        expectFits(result.out)
    }

    @Test func `sharing lasts to the end of the day that was agreed, in local time`() async throws {
        let play = Play()
        let day = await play("partnership", "invite", "Elm", "--until", "2027-03-31")
        #expect(day.status == 0, "\(day)")
        #expect(
            play.site.told.invitations.first?.sharingEnds
                == Instant(rfc3339: "2027-03-31T23:00:00Z"))
        let moment = "2027-01-02T03:04:05Z"
        #expect(await play("partnership", "admit", "Patel", "--until", moment).status == 0)
        #expect(await play("partnership", "change", "Patel", "--until", "never").status == 0)
        let acts = play.site.told.membershipChanges.map(\.act)
        guard acts.count == 2, case .admit(let draft) = acts[0],
            case .grant(nil, nil, nil, let ends) = acts[1]
        else { return #expect(Bool(false), "\(acts)") }
        #expect(draft.sharingEnds == Instant(rfc3339: moment))
        #expect(ends == .never)
    }

    @Test func `a move says what went where`() async {
        let result = await Play()(
            "resident", "move", "Smith Jane", "--to", "Harbour", "--reason", "new practice")
        #expect(result.status == 0, "\(result)")
        #expect(result.out.contains("to Harbour") && result.out.contains("9 values of 3 records"))
        #expect(result.out.contains("Elm and Patel is archived"))
        expectFits(result.out)
    }

    @Test func `joining takes a code in groups, or from input, and shows what is joined`() async {
        var play = Play()
        var result = await play("partnership", "join", "ABC", "DEF", "--yes")
        #expect(result.status == 0, "\(result)")
        #expect(play.site.told.joined == ["ABC-DEF"])
        #expect(result.out.contains("Patel Practice") && result.out.contains("relations, clinical"))
        expectFits(result.out)
        play = Play(answers: ["ABC-", "DEF"])
        result = await play("partnership", "join", "-", "--yes", "--json")
        #expect(play.site.told.joined == ["ABC--DEF"])
        #expect(result.out.hasPrefix("{") && result.err.contains("Invited by"))
    }

    @Test func `a no, or the end of input, joins nothing`() async {
        for answers in [["n"], [""], []] {
            let play = Play(answers: answers, isTerminal: true)
            let result = await play("partnership", "join", "ABC")
            #expect(result.status == 1)
            #expect(
                result.err.contains("Join? [y/N]") && result.err.contains("nothing was changed"))
            #expect(play.site.told.joined.isEmpty)
        }
        let play = Play(answers: ["y"], isTerminal: true)
        #expect(await play("partnership", "join", "ABC").status == 0)
        #expect(play.site.told.joined == ["ABC"])
    }

    @Test func `peers are set with what was given and nothing else`() async throws {
        let play = Play()
        #expect(await play("peer", "add", "Patel", "--address", "a:1").status == 0)
        #expect(await play("peer", "set", "Patel", "--disable").status == 0)
        let changes = play.site.told.peerChanges
        #expect(changes[0].addresses == ["a:1"] && changes[0].isEnabled == true)
        #expect(changes[1].addresses == nil && changes[1].isEnabled == false)
    }

    @Test func `a failed session fails the sync and says why`() async {
        let play = Play(
            site: PlayedSite {
                $0.sessions = [
                    Samples.session(), Samples.session("Torbay", problem: "does not answer"),
                ]
            })
        let result = await play("sync")
        #expect(result.status == 1)
        #expect(result.out.contains("NOT EQUAL"))
        #expect(result.err.hasSuffix("\nkith: Torbay: does not answer\n"))
        #expect(result.err.contains("Syncing with Patel [U+001B][31mPractice: sent 5 of 12"))
        expectFits(result.out)
    }

    @Test func `progress rewrites one line on a terminal and takes it away again`() async {
        let result = await Play(isTerminal: true)("sync")
        #expect(result.err.hasPrefix("\r\u{1B}[K") && result.err.hasSuffix("\r\u{1B}[K"))
        #expect(!result.err.contains("\n"))
    }

    @Test func `add writes the fields, the author and the parent's id`() async throws {
        let play = Play()
        let result = await play(
            "plan", "add", "title=Falls", "agreedWith.agreed=yes", "agreed-with.name=Jane = J",
            "--for", "Smith Jane", "--partnership", "Elm", "--as", "Sam Roe", "--role", "nurse",
            "--performer", "Dr Patel", "--performer-role", "GP", "--event", "2026-11-20",
            "--attest", "--reason", "review")
        #expect(result.status == 0, "\(result)")
        let (edit, author) = try #require(play.site.told.saved.first)
        guard case .new(let kind, let partnership, let parent) = edit.target else {
            Issue.record("not a new record")
            return
        }
        #expect(kind == "plan" && partnership == "Elm" && parent == Samples.resident.description)
        #expect(edit.values.map(\.field) == ["title", "agreedWith.agreed", "agreedWith.name"])
        #expect(edit.values[2].text == "Jane = J")
        #expect(author == Author(user: "jdoe", name: "Sam Roe", role: "nurse"))
        #expect(edit.performer?.name == "Dr Patel" && edit.event == "2026-11-20")
        #expect(edit.isAttested && edit.reason == "review")
    }

    @Test func `the author comes from the environment, else from the login`() async throws {
        var play = Play()
        _ = await play("resident", "add", "familyName=X")
        #expect(
            play.site.told.saved[0].author
                == Author(user: "jdoe", name: "jdoe", role: "administrator"))
        play = Play()
        play.environment["KITH_USER_NAME"] = "Zoë"
        play.environment["KITH_USER_ROLE"] = "carer"
        _ = await play("resident", "add", "familyName=X")
        #expect(play.site.told.saved[0].author == Author(user: "jdoe", name: "Zoë", role: "carer"))
    }

    @Test func `a reference by title becomes an id`() async throws {
        let play = Play()
        let result = await play(
            "interaction", "add", "kind=visit", "when=2026-11-22 10:00", "--resident", "Smith Jane")
        #expect(result.status == 0, "\(result)")
        #expect(play.site.told.saved[0].edit.values.last?.text == Samples.resident.description)
    }

    @Test func `a safety-critical value is not replaced unseen by a script`() async {
        for arguments in [
            ["resident", "edit", "Smith Jane", "dateOfBirth=1931-04-03"],
            ["record", "set", "Smith Jane", "nhsNumber="],
            ["cpr-decision", "edit", "CPR decision", "decision.value=for", "decision.date=2026"],
        ] {
            let play = Play()
            let result = await play.run(arguments)
            #expect(result.status == 2)
            #expect(result.isOneLine && result.err.contains("--seen VERSION"))
            #expect(play.site.told.saved.isEmpty)
        }
    }

    @Test func `with the version that was seen, a script may`() async throws {
        let play = Play()
        let result = await play(
            "resident", "edit", "Smith Jane", "dateOfBirth=1931-04-03", "--seen", "4")
        #expect(result.status == 0)
        #expect(play.site.told.saved.first?.edit.seen == 4)
    }

    @Test func `on a terminal every value is shown before a yes replaces it`() async throws {
        var play = Play(answers: ["y"], isTerminal: true)
        var result = await play("plan", "edit", "Falls prevention", "status=completed")
        #expect(result.status == 0)
        #expect(result.err.contains("Active") && result.err.contains("On hold"))
        #expect(play.site.told.saved.first?.edit.seen == 5)
        play = Play(answers: ["no"], isTerminal: true)
        result = await play("plan", "edit", "Falls prevention", "status=completed")
        #expect(result.status == 1 && play.site.told.saved.isEmpty)
    }

    @Test func `an empty safety-critical field needs no question`() async throws {
        let play = Play()
        let result = await play("resident", "edit", "Smith Jane", "gpPractice=A81001")
        #expect(result.status == 0 && play.site.told.saved.first?.edit.seen == 5)
    }

    @Test func `routine values that are replaced are shown, also written ones too`() async throws {
        let play = Play()
        let result = await play("resident", "edit", "Smith Jane", "phone=1")
        #expect(result.status == 0)
        #expect(
            result.err.contains("01803 555 001")
                && result.err.contains("also written: 01803 555 002"))
        #expect(play.site.told.saved.first?.edit.seen == 5)
    }

    @Test func `edit without fields shows their names on a terminal`() async {
        let play = Play(isTerminal: true)
        let result = await play("resident", "edit", "Smith Jane")
        #expect(result.status == 0 && result.out.contains("dateOfBirth"))
        #expect(play.site.told.saved.isEmpty)
    }

    @Test func `archive is an edit that says so`() async throws {
        let play = Play()
        #expect(await play("resident", "archive", "Smith Jane", "--reason", "moved").status == 0)
        let edit = try #require(play.site.told.saved.first?.edit)
        #expect(
            edit.change == .archive && edit.values[0].field == "archived"
                && edit.values[0].text == "yes")
    }

    @Test func `import saves the good files and fails for the bad`() async throws {
        let record = ImportRecord(
            source: .init(kind: "resident", identity: "fhir:Patient/1"), fields: [])
        let play = Play(readings: [
            FHIRReading(
                file: "a.json", records: [record], mapped: ["Patient": 1], unmapped: ["Device": 2]),
            FHIRReading(file: "b", problem: "b\u{1B}.json:3:1: a key appears twice"),
        ])
        let result = await play("import", "fhir", "a.json", "b.json", "--partnership", "Elm")
        #expect(result.status == 1)
        #expect(result.err.contains("kith: b[U+001B].json:3:1: a key appears twice\n"))
        #expect(result.out.contains("Resident") && result.out.contains("Device"))
        #expect(play.site.told.imported.first?.partnership == "Elm")
        #expect(play.site.told.imported.first?.records.count == 1)
        expectFits(result.out)
        let bad = Play(readings: [FHIRReading(file: "b", problem: "no")])
        #expect(await bad("import", "fhir", "b").out == "Nothing was imported.\n")
        #expect(bad.site.told.imported.isEmpty)
    }
}

/// What `kith erase` asks before it does anything.
@Suite struct EraseTests {
    @Test func `an erasure is previewed, asked for, and then done with its reason`() async {
        let play = Play()
        var result = await play("erase", "WHITFIELD", "--reason", "End of retention")
        #expect(result.status == 2, "no terminal to ask on")
        #expect(play.site.told.erased.isEmpty)
        result = await play(
            "erase", "WHITFIELD", "--reason", "End of retention", "--version", "12", "--yes")
        #expect(result.status == 0, "\(result)")
        #expect(play.site.told.erased.map(\.reason) == ["End of retention"])
        #expect(play.site.told.erased.map(\.version) == [12])
        #expect(result.out.contains("7 statements (2 allergy, 1 resident)"))
        expectFits(result.out)
    }

    @Test(arguments: [
        ["erase"], ["erase", "X"], ["erase", "--list", "X"], ["erase", "--list", "--reason", "y"],
    ])
    func `an incomplete erasure is refused`(arguments: [String]) async {
        let play = Play()
        let result = await play.run(arguments)
        #expect(result.status == 2 && result.isOneLine, "\(result)")
        #expect(play.site.told.erased.isEmpty)
    }

    @Test func `the list says who has complied`() async {
        let play = Play()
        #expect(await play("erase", "--list").out == "Nothing was erased.\n")
    }
}

/// Who the site is told is at the keyboard, and how the audit is printed.
@Suite struct AuditPageTests {
    @Test func `every command says who makes it`() async {
        let play = Play()
        _ = await play("status")
        #expect(play.site.told.actors.count == 1)
        #expect(play.site.told.actors.first?.user.isEmpty == false)
    }

    @Test func `the audit is asked with its filters and fits the terminal`() async throws {
        let item = AuditItem(
            number: 7, time: Samples.now,
            actor: Author(user: "nora", name: "=Nora, \"Night\"", role: "nurse"),
            channel: .commandLine, action: .read,
            what: String(repeating: "looked at a long thing ", count: 8))
        let play = Play(site: PlayedSite { $0.audit = [item] })
        let result = await play(
            "audit", "list", "--user", "nora", "--action", "read", "--since", "2026-11-01",
            "--limit", "5")
        #expect(result.status == 0, "\(result)")
        expectFits(result.out)
        let query = try #require(play.site.told.auditQueries.first)
        #expect(query.user == "nora" && query.action == .read && query.limit == 5)
        #expect(query.since != nil && query.until == nil)

        let csv = await play("audit", "list", "--csv").out
        #expect(csv.hasPrefix("number,time,login,"))
        #expect(csv.contains("\"'=Nora, \"\"Night\"\"\""), "no formula in a spreadsheet: \(csv)")
    }

    @Test(arguments: [
        ["--since", "2026-13-01"], ["--since", "2026"], ["--action", "look"], ["--csv", "--json"],
    ])
    func `a filter that means nothing is refused`(arguments: [String]) async {
        let play = Play()
        let result = await play.run(["audit", "list"] + arguments)
        #expect(result.status == 2 && result.isOneLine, "\(result)")
        #expect(play.site.told.auditQueries.isEmpty)
    }
}

/// Sizes as people write them.
@Suite struct QuotaCommandTests {
    @Test(arguments: [("500MB", 500_000_000), ("2gb", 2_000_000_000), ("1 kB", 1000)])
    func `a size is read`(text: String, bytes: Int64) async {
        let play = Play()
        let result = await play("partnership", "quota", "Elm", text)
        #expect(result.status == 0, "\(result)")
        #expect(play.site.told.quotas.map(\.bytes) == [bytes])
        expectFits(result.out)
    }

    @Test func `none takes the limit away`() async {
        let play = Play()
        #expect(await play("partnership", "quota", "Elm", "none").status == 0)
        #expect(play.site.told.quotas.map(\.bytes) == [nil])
    }

    @Test(arguments: ["5", "MB", "-1MB", "0MB", "9999999999999TB", "5XB"])
    func `what is no size is refused`(text: String) async {
        let play = Play()
        let result = await play.run(["partnership", "quota", "Elm", "--", text])
        #expect(result.status == 2 && result.isOneLine, "\(result)")
        #expect(play.site.told.quotas.isEmpty)
    }
}
