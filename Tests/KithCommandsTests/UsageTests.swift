import KithSite
import Testing

/// Wrong input: one clear line on standard error, the right status, nothing changed.
@Suite struct UsageTests {
    @Test(arguments: [
        ([], "kith --help"), (["foo"], "unknown command 'foo'"),
        (["residant", "list"], "did you mean resident"),
        (["resident"], "needs one of: add, list, show, edit"),
        (["partnership", "destroy"], "unknown command 'partnership destroy'"),
        (["--frobnicate"], "unknown option '--frobnicate'"),
        (["resident", "list", "--frobnicate"], "nknown option '--frobnicate'"),
        (["status", "extra"], "nexpected argument 'extra'"),
        (["resident", "show"], "issing expected argument"),
        (["partnership", "create", "X"], "--purpose"),
        (["partnership", "invite", "X", "--role", "king"], "king"),
        (["partnership", "invite", "X", "--compartments", "clinical,kitchen"], "kitchen"),
        (["partnership", "invite", "X", "--address", "nowhere"], "HOST:PORT"),
        (["partnership", "invite", "X", "--expires-hours", "0"], "1 to 8760"),
        (["partnership", "invite", "X", "--expires-hours", "soon"], "soon"),
        (["partnership", "invite", "X", "--until", "2027-02-30"], "is not a day"),
        (["partnership", "admit", "X", "--until", "never"], "is not a day"),
        (["partnership", "change", "X"], "--until"), (["resident", "move", "Smith Jane"], "--to"),
        (["partnership", "join", "ABC"], "--yes"), (["partnership", "join", "-"], "--yes"),
        (["partnership", "join", "", "--yes"], "code is empty"),
        (["peer", "add", "Patel"], "--address"),
        (["peer", "set", "Patel"], "nothing to set"),
        (["peer", "set", "Patel", "--enable", "--disable"], "exclude each other"),
        (["peer", "set", "Patel", "--address", "h:99999"], "HOST:PORT"),
        (["init", "--name", "X", "--kind", "castle"], "care-home"),
        (["init", "--name", " ", "--kind", "care-home"], "--name is empty"),
        (["init", "--name", "X", "--kind", "care-home", "--ods", "!"], "ODS"),
        (["resident", "add"], "FIELD=VALUE"), (["resident", "add", "Smith"], "FIELD=VALUE"),
        (["resident", "add", "shoeSize=4"], "no field 'shoeSize'"),
        (["resident", "add", "phone=1", "phone=2"], "given twice"),
        (["resident", "add", "familyName=X", "--for", "Y"], "leave out --for"),
        (["plan", "add", "title=X"], "--for RESIDENT"),
        (["goal", "add", "text=X", "--for", "Penicillin"], "is no joint plan or resident"),
        (["cpr-decision", "add", "decision=for", "--for", "Smith Jane"], "decision.value"),
        (["resident", "edit", "Smith Jane"], "nothing to change"),
        (
            ["resident", "edit", "Smith Jane", "phone=1", "--performer-role", "GP"],
            "--performer NAME"
        ),
        (["resident", "edit", "Smith Jane", "phone=1", "--as", "a\u{7}b"], "control"),
        (["conflict", "list", "--severity", "grave"], "grave"),
        (["conflict", "resolve", "X.y", "--pick", "1", "--reason", "r"], "--seen VERSION"),
        (["conflict", "resolve", "X.y", "--pick", "1", "--seen", "5"], "--reason TEXT"),
        (["conflict", "resolve", "X.y", "--seen", "5", "--reason", "r"], "--pick N"),
        (
            ["conflict", "resolve", "X.y", "--pick", "1", "--value", "a=b", "--seen", "5"],
            "exclude"
        ),
        (["conflict", "resolve", "X.y", "--pick", "1", "--seen", "5", "--reason", " "], "empty"),
        (["import", "fhir"], "issing expected argument"),
        (["record", "set", "Smith Jane", "phone=1", "--seen", "new"], "new"),
        (["resident", "list", "--home"], "--home"), (["--home"], "--home needs a folder"),
    ])
    func `wrong use is one line and status 2`(arguments: [String], words: String) async {
        let play = Play()
        let result = await play.run(arguments)
        #expect(result.status == 2, "\(result)")
        #expect(result.isOneLine, "\(result.err)")
        #expect(result.err.contains(words), "\(result.err)")
        #expect(result.out.isEmpty)
        let told = play.site.told
        #expect(told.saved.isEmpty && told.resolutions.isEmpty && told.joined.isEmpty)
        #expect(told.invitations.isEmpty && told.peerChanges.isEmpty && told.drafts.isEmpty)
        #expect(result.initialised.isEmpty)
    }

    @Test func `without a home both ways to name one are said`() async {
        var play = Play()
        play.environment = [:]
        let result = await play("status")
        #expect(result.status == 2)
        #expect(result.isOneLine)
        #expect(result.err.contains("--home DIR") && result.err.contains("KITH_HOME"))
    }

    @Test func `the home may stand before or after the command, and beats the environment`() async {
        var play = Play()
        play.environment = ["KITH_HOME": "/nowhere"]
        for arguments in [
            ["--home", "/srv/elm", "partnership", "list"],
            ["partnership", "--home=/srv/elm", "list"],
            ["partnership", "list", "--home", "/srv/elm"],
        ] {
            let result = await play.run(arguments)
            #expect(result.status == 0, "\(arguments) \(result)")
        }
        let foreign = await play("partnership", "list")
        #expect(foreign.status == 1)
        #expect(foreign.err == "kith: /nowhere is not a site; 'kith init' makes one\n")
    }

    @Test func `what a site refuses keeps its words and gets its status`() async {
        for (code, status) in [
            (SiteError.Code.notFound, 1), (.home, 1), (.store, 1), (.network, 1), (.version, 1),
            (.ambiguous, 2), (.invalid, 2), (.refused, 2), (.needsPerson, 3),
        ] {
            let play = Play(
                site: PlayedSite { $0.failure = SiteError(code, "no\u{1B}[2J; do\nthis") })
            for arguments in [["status"], ["sync", "--json"], ["resident", "list", "--json"]] {
                let result = await play.run(arguments)
                #expect(result.status == Int32(status))
                #expect(result.err.hasSuffix("kith: no[U+001B][2J; do this\n"))
                #expect(result.out.isEmpty)
            }
        }
    }

    @Test func `an error of no known type shows neither its content nor a trace`() async {
        enum Odd: Error { case secretOf(String) }
        let play = Play(site: PlayedSite { $0.failure = Odd.secretOf("Mrs Smith") })
        let result = await play("status")
        #expect(result.status == 1)
        #expect(result.isOneLine)
        #expect(!result.err.contains("Smith") && !result.err.contains("secretOf"))
    }

    @Test(arguments: [
        ["--help"], ["-h"], ["help"], ["help", "resident"], ["resident", "--help"],
        ["resident", "add", "--help"], ["resident", "list", "--help"], ["plan", "edit", "--help"],
        ["cpr-decision", "add", "--help"], ["contingency", "archive", "--help"],
        ["allergy", "--help"], ["interaction", "--help"], ["organisation", "--help"],
        ["resident", "move", "--help"], ["partnership", "admit", "--help"],
        ["partnership", "change", "--help"], ["partnership", "invite", "--help"],
        ["partnership", "join", "--help"],
        ["partnership", "create", "--help"], ["partnership", "show", "--help"],
        ["peer", "add", "--help"], ["peer", "set", "--help"], ["sync", "--help"],
        ["status", "--help"], ["init", "--help"], ["record", "set", "--help"],
        ["record", "get", "--help"], ["record", "history", "--help"],
        ["conflict", "resolve", "--help"], ["conflict", "list", "--help"],
        ["conflict", "show", "--help"], ["import", "fhir", "--help"], ["verify", "--help"],
        ["rebuild", "--help"], ["doctor", "--help"], ["user", "--help"], ["user", "add", "--help"],
        ["user", "roles", "--help"], ["user", "certificate", "--help"],
        ["user", "reset", "--help"],
    ])
    func `help fits 80 columns`(arguments: [String]) async {
        var play = Play()
        play.environment = [:]
        let result = await play.run(arguments)
        #expect(result.status == 0)
        #expect(result.err.isEmpty)
        #expect(result.out.contains("USAGE") || result.out.contains("OVERVIEW"))
        expectFits(result.out)
    }

    @Test func `the version is the program's`() async {
        #expect(await Play()("--version").out == "kith 9.9.9\n")
        #expect(await Play()("resident", "list", "--version").out == "kith 9.9.9\n")
    }
}
