import Foundation
import Testing

/// `kith conflict resolve` in a pseudo-terminal: one key a decision, saved at once.
@Suite struct ConflictWalkTests {
    private let prompt = "Key (? for help) > "

    /// Two sites that disagree about a date of birth, an address and a language.
    private func scene() throws -> (pair: Pair, resident: String) {
        let pair = try Pair(mayAttest: true)
        let resident = try pair.resident(
            "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
            "address=2 Hill Road, Torquay")
        try pair.sync()
        for (home, day, address, language) in [
            (pair.elm, "20", "12 Hill Road, Torquay", "Welsh"),
            (pair.riverside, "21", "2 Hill Road, Paignton", "English"),
        ] {
            try home.must(
                "resident", "edit", resident, "dateOfBirth=1941-11-\(day)", "language=\(language)",
                "address=\(address)")
        }
        try pair.sync()
        return (pair, resident)
    }

    private func editor(_ pair: Pair, _ script: String) throws -> String {
        let file = try pair.workspace.file("editor.sh", "#!/bin/sh\n\(script)\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: file)
        return file
    }

    private func lines(_ text: String) -> [String] {
        text.replacing("\r\n", with: "\n").split(separator: "\n").map {
            String($0).replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
        }
    }

    @Test(arguments: [true, false])
    func `a walk decides, combines, skips, takes back and can be left`(isColoured: Bool) throws {
        let (pair, resident) = try scene()
        let combining = try editor(
            pair, "printf '12 Hill Road,\\nPaignton\\n' > \"$1\"")
        let walk = try Program.startInTerminal(
            ["--home", pair.elm.path, "conflict", "resolve"],
            environment: ["EDITOR": combining].merging(isColoured ? [:] : ["NO_COLOR": "1"]) {
                $1
            })
        defer { walk.kill() }
        // The safety-critical one comes first.
        #expect(walk.prints(prompt))
        #expect(walk.outputText.contains("SAFETY-CRITICAL CONFLICT \(resident).dateOfBirth"))
        walk.type("9")
        #expect(walk.prints("There is no number 9"))
        #expect(walk.prints(prompt, times: 2))
        walk.type("\u{1B}[A")
        #expect(walk.prints("That key does nothing here"))
        #expect(walk.prints(prompt, times: 3))
        walk.type("1")
        #expect(walk.prints("Why?"))
        walk.type("birth certificate\n")
        #expect(walk.prints("Save it?"))
        walk.type("y")
        #expect(walk.prints("Decided: "))
        #expect(try pair.elm.values(resident, "dateOfBirth").count == 1, "saved at once")

        // The address is combined, with the reason that was given before.
        let order = try pair.elm.list("conflicts", "conflict", "list").compactMap {
            $0["fieldName"] as? String
        }
        #expect(Set(order) == ["address", "language"])
        var shown = 3
        for field in order {
            shown += 1
            #expect(walk.prints(prompt, times: shown))
            if field == "language" {
                walk.type("s")
                continue
            }
            walk.type("c")
            #expect(walk.prints("Why?", times: 2))
            walk.type("\n")
            #expect(walk.prints("Save it?", times: 2))
            walk.type("y")
            #expect(walk.prints("Decided: ", times: 2))
        }
        #expect(walk.wait(seconds: 30))
        let finished = walk.finished()
        #expect(finished.status == 3, "one is left: \(finished.output)")
        #expect(finished.output.contains("2 decisions saved; 1 still open."))
        #expect(finished.output.contains("\u{1B}[1m") == isColoured)
        for line in lines(finished.output) { #expect(line.count <= 80, "\(line)") }
        #expect(try pair.elm.values(resident, "address") == ["12 Hill Road,\nPaignton"])
        #expect(try pair.elm.values(resident, "language").count == 2)
        // What a person needs is in words, not in colour or drawing.
        for words in [
            "was", "as it was", "Compared with the text that all of them replaced", "replaced",
            "had not seen  candidate 2", "had not seen  candidate 1", "3 conflicts are open",
            "1 of 3", "This would be saved",
        ] {
            #expect(finished.output.contains(words), "\(words)")
        }
    }

    @Test func `leaving in the middle of anything loses nothing`() throws {
        let (pair, resident) = try scene()
        for keys in [["\u{3}"], ["\u{4}"], ["1", "\u{3}"], ["1", "why\n", "\u{3}"], ["q"]] {
            let walk = try Program.startInTerminal(
                ["--home", pair.elm.path, "conflict", "resolve"])
            defer { walk.kill() }
            #expect(walk.prints(prompt))
            for (number, key) in keys.enumerated() {
                walk.type(key)
                guard number < keys.count - 1 else { break }
                #expect(walk.prints(number == 0 ? "Why?" : "Save it?"))
            }
            #expect(walk.wait(seconds: 120), "\(keys): \(walk.outputText)")
        }
        #expect(try pair.elm.list("conflicts", "conflict", "list").count == 3)
        // The last decision of a walk is taken back with one key.
        let walk = try Program.startInTerminal(["--home", pair.elm.path, "conflict", "resolve"])
        defer { walk.kill() }
        #expect(walk.prints(prompt))
        walk.type("2")
        #expect(walk.prints("Why?"))
        walk.type("a slip\n")
        #expect(walk.prints("Save it?"))
        walk.type("y")
        #expect(walk.prints(prompt, times: 2))
        walk.type("u")
        #expect(walk.prints("taken back?"))
        walk.type("wrong key\n")
        #expect(walk.prints("open again"))
        #expect(walk.prints(prompt, times: 3))
        walk.type("q")
        #expect(walk.wait(seconds: 30))
        #expect(try pair.elm.values(resident, "dateOfBirth").count == 2)
        #expect(walk.finished().output.contains("brought back by"))
    }

    @Test func `an editor that fails or leaves markers changes nothing and loses nothing`() throws {
        let (pair, resident) = try scene()
        let conflict = "\(resident).address"
        let seen = try pair.elm.version(of: resident)
        func combine(_ script: String) throws -> Finished {
            try Program.kith(
                [
                    "--home", pair.elm.path, "conflict", "resolve", conflict, "--combine", "--seen",
                    seen, "--reason", "both are right",
                ], environment: ["EDITOR": try editor(pair, script)])
        }
        for (script, words) in [
            ("echo half of it > \"$1\"; exit 3", "status 3"),
            (
                "echo half of it >> \"$1\"; cp \"$1\" \"$1.x\"; { echo half of it; cat \"$1.x\"; } > \"$1\"",
                "markers are left"
            ),
        ] {
            let finished = try combine(script)
            expectOneLine(finished, status: 2, words)
            let path = try #require(
                finished.errors.split(separator: "what you typed is in ").last
            )
            .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try String(contentsOfFile: path, encoding: .utf8).contains("half of it"))
            try FileManager.default.removeItem(atPath: path)
            #expect(try pair.elm.values(resident, "address").count == 2)
        }
        let empty = try combine(": > \"$1\"")
        #expect(empty.status == 1 && empty.errors.contains("nothing was changed"))
        let missing = try combine("exit 127")
        #expect(missing.status == 2)
        let done = try combine("echo '12 Hill Road, Paignton' > \"$1\"")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try pair.elm.values(resident, "address") == ["12 Hill Road, Paignton"])
    }
}
