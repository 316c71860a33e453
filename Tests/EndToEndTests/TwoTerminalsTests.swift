import Foundation
import Testing

/// Two people at one site who decide the same conflict at the same time: one decision is saved, the other
/// person is told by whom, and what they typed is kept.
@Suite struct TwoTerminalsTests {
    private let prompt = "Key (? for help) > "
    private let pair: Pair
    private let residents: [String]
    private let folder: String

    /// Two sites that disagree about the languages of six residents.
    init() throws {
        let made = try Pair()
        let names = ["Adeyemi", "Bryn", "Cadell", "Dilys", "Emrys", "Ffion"]
        residents = try names.map { try made.resident($0) }
        try made.sync()
        for (home, language) in [(made.elm, "Welsh"), (made.riverside, "English")] {
            for resident in residents {
                try home.must("resident", "edit", resident, "language=\(language)")
            }
        }
        try made.sync()
        pair = made
        folder = pair.workspace.path + "/kept"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
    }

    private func kept() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
        }
    }

    private func terminal(_ person: String, _ arguments: String...) throws -> Running {
        try Program.startInTerminal(
            ["--home", pair.elm.path, "conflict", "resolve", "--as", person] + arguments,
            environment: ["NO_COLOR": "1", "TMPDIR": folder])
    }

    @Test func `of two scripts that decide at once one does, and the other is told by whom`() throws
    {
        for resident in residents {
            let conflict = "\(resident).language"
            let seen = try pair.elm.version(of: resident)
            let running = try ["Ann", "Bob"].enumerated().map { number, person in
                try Program.start(
                    Program.kith,
                    [
                        "--home", pair.elm.path, "conflict", "resolve", conflict, "--pick",
                        String(number + 1), "--seen", seen, "--reason", "\(person) asked her",
                        "--as", person,
                    ], environment: ["TMPDIR": folder])
            }
            for program in running { program.write(nil) }
            let both = running.map { $0.finished() }
            let (won, lost) = both[0].status == 0 ? (both[0], both[1]) : (both[1], both[0])
            let (winner, loser) = both[0].status == 0 ? ("Ann", "Bob") : ("Bob", "Ann")
            #expect(won.status == 0, "\(won.errors)")
            expectOneLine(
                lost, status: 1, "there is no open conflict '\(conflict)'",
                "\(winner) decided it", "kith conflict undo", "what you typed is in \(folder)")
            #expect(try kept().contains { $0.contains("\(loser) asked her") })
            #expect(try pair.elm.values(resident, "language").count == 1)
        }
        // Nothing that either wrote is lost or doubled: what stands is the winner's word.
        let check = try pair.elm.run("rebuild", "--check")
        #expect(check.status == 0, "\(check.errors)")
        #expect(try pair.elm.list("conflicts", "conflict", "list").isEmpty)
        #expect(try kept().count == residents.count)
    }

    @Test func `of two people who are asked at once the slower is told, and keeps their words`()
        throws
    {
        let resident = residents[0]
        let both = try ["Ann", "Bob"].map { try terminal($0, "\(resident).language") }
        defer { for terminal in both { terminal.kill() } }
        for (terminal, value) in zip(both, ["Welsh at home", "English outside"]) {
            #expect(terminal.prints(prompt), "\(terminal.outputText)")
            terminal.type("v")
            #expect(terminal.prints("Which value?"))
            terminal.type(value + "\n")
            #expect(terminal.prints("Why?"))
            terminal.type("she said \(value)\n")
            #expect(terminal.prints("Save it?"))
        }
        both[0].type("y")
        #expect(both[0].prints("Decided: "))
        #expect(both[0].wait(seconds: 30) && both[0].finished().status == 0)
        both[1].type("y")
        #expect(both[1].wait(seconds: 30), "\(both[1].outputText)")
        let slower = both[1].finished()
        #expect(slower.status == 1)
        // Wrapped to the terminal.
        let told = slower.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(told.contains("Ann decided it"), "\(told)")
        #expect(told.contains("what you typed is in"), "\(told)")
        let texts = try kept()
        #expect(texts.count == 1 && texts[0].contains("language=English outside"))
        #expect(texts[0].contains("she said English outside"))
        #expect(try pair.elm.values(resident, "language") == ["Welsh at home"])
    }

    @Test func `two walks at once decide each conflict once, and both are told what is settled`()
        throws
    {
        let both = try ["Ann", "Bob"].map { try terminal($0) }
        defer { for terminal in both { terminal.kill() } }
        for terminal in both { #expect(terminal.prints(prompt), "\(terminal.outputText)") }
        // Bob has the first one on the screen while Ann decides three.
        for number in 1...3 {
            both[0].type("1")
            if number == 1 {
                #expect(both[0].prints("Why?"))
                both[0].type("Ann asked\n")
            } else {
                #expect(both[0].prints("Why?", times: number))
                both[0].type("\n")
            }
            #expect(both[0].prints("Save it?", times: number))
            both[0].type("y")
            #expect(both[0].prints("Decided: ", times: number))
            #expect(both[0].prints(prompt, times: number + 1))
        }
        both[1].type("2")
        #expect(both[1].prints("Why?"))
        both[1].type("Bob asked\n")
        // Told, and led past what Ann settled to what is open.
        #expect(both[1].prints("Ann decided"), "\(both[1].outputText)")
        #expect(both[1].prints("is settled already.", times: 2))
        #expect(both[1].prints(prompt, times: 2))
        for number in 2...4 {
            both[1].type("2")
            #expect(both[1].prints("Why?", times: number))
            both[1].type("\n")
            #expect(both[1].prints("Save it?", times: number - 1))
            both[1].type("y")
            #expect(both[1].prints("Decided: ", times: number - 1))
        }
        #expect(both[1].wait(seconds: 30))
        #expect(both[1].finished().output.contains("3 decisions saved; nothing is open any more."))
        both[0].type("1")
        #expect(both[0].prints("Why?", times: 4))
        both[0].type("\n")
        #expect(both[0].prints("Bob decided"), "\(both[0].outputText)")
        #expect(both[0].wait(seconds: 30))
        #expect(both[0].finished().output.contains("3 decisions saved; nothing is open any more."))
        let history = try residents.map {
            try #require(pair.elm.json("record", "history", $0)["history"] as? [[String: Any]])
        }
        for items in history {
            let resolved = items.filter {
                ($0["provenance"] as? [String: Any])?["change"] as? String == "resolve"
            }
            #expect(resolved.count == 1)
        }
    }

    @Test func `without a daemon a second terminal is told at once, before anything is typed`()
        throws
    {
        try pair.daemon.stop()
        let first = try terminal("Ann", "\(residents[0]).language")
        defer { first.kill() }
        #expect(first.prints(prompt), "\(first.outputText)")
        let second = try Program.kith(
            [
                "--home", pair.elm.path, "conflict", "resolve", "\(residents[0]).language",
                "--pick",
                "1", "--seen", "1", "--reason", "Bob asked her",
            ], environment: ["TMPDIR": folder])
        expectOneLine(
            second, status: 1, "another process is using", "what you typed is in \(folder)")
        #expect(try kept().contains { $0.contains("Bob asked her") })
        first.type("q")
        #expect(first.wait(seconds: 30))
    }
}
