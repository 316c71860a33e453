import Foundation
import KithCommands
import KithModel
import KithSite
import Testing

/// Recovery kits as people make, print and type them.
@Suite final class RecoveryTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "kith-kit-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        return folder + "/" + name
    }

    @Test func `a kit is a page that can be printed, for its owner alone`() async throws {
        let words = try file("words", "four plain words here\nand a second line\n")
        let page = folder + "/kit.txt"
        let play = Play()
        let result = await play("recovery-kit", page, "--passphrase-file", words)
        #expect(result.status == 0 && result.out.isEmpty, "\(result)")
        #expect(play.site.told.passphrases == ["four plain words here"])
        let text = try String(contentsOfFile: page, encoding: .utf8)
        expectFits(text)
        for words in ["Elm House", "Patel Practice", Samples.practice.description, "kith recover"] {
            #expect(text.contains(words), "\(words)")
        }
        #expect(text.contains(" 1: ABCDEF ABCDEF") && text.contains(" 3: ABCDEF"))
        let mode = try FileManager.default.attributesOfItem(atPath: page)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let again = await play("recovery-kit", page, "--passphrase-file", words)
        #expect(again.status == 2 && again.isOneLine && again.err.contains("already"))
        let shown = await play("recovery-kit", "--passphrase-file", words)
        #expect(shown.out == text)
    }

    @Test func `a new passphrase is typed twice`() async throws {
        for (answers, status, words) in [
            (["a long enough one", "a long enough one"], 0, ""),
            (["a long enough one", "another one"], 2, "the two passphrases differ"),
            ([""], 2, "no passphrase was given"), ([], 2, "no passphrase was given"),
        ] as [([String], Int32, String)] {
            let play = Play(answers: answers, isTerminal: true)
            let result = await play("recovery-kit")
            #expect(result.status == status, "\(result)")
            #expect(words.isEmpty || result.err.contains(words))
            #expect(play.site.told.passphrases.count == (status == 0 ? 1 : 0))
        }
        let play = Play()
        let piped = await play("recovery-kit")
        #expect(piped.status == 2 && piped.isOneLine && piped.err.contains("--passphrase-file"))
    }

    @Test func `the page is read as it was printed, or as it was typed`() async throws {
        let words = try file("words", "four plain words here")
        let printed = folder + "/kit.txt"
        _ = await Play()("recovery-kit", printed, "--passphrase-file", words)
        let code = Array(repeating: "ABCDEF", count: 21).joined(separator: " ") + " ABC"
        let typed = try file("typed", code.lowercased() + "\n")
        for (page, expected) in [(printed, code), (typed, code.lowercased())] {
            let result = await Play()(
                "recover", page, "--home", "/new", "--passphrase-file", words)
            #expect(result.recovered.count == 3, "\(result)")
            let read = result.recovered[0].split(separator: " ").joined(separator: " ")
            #expect(read == expected)
            #expect(result.recovered[1...] == ["four plain words here", "/new"])
            // One partner did not answer: a person has to know.
            #expect(result.status == 3 && result.out.contains("! the address does not answer"))
            #expect(result.out.contains("in Elm and Patel"))
            expectFits(result.out)
        }
        let input = await Play(answers: [" 1: ABC", " 2: DEF"])(
            "recover", "-", "--home", "/new", "--passphrase-file", words)
        #expect(input.recovered.first?.split(separator: " ") == ["ABC", "DEF"])
    }

    @Test func `what is no page or passphrase is told before anything is made`() async throws {
        let words = try file("words", "four plain words here")
        let empty = try file("empty", "\n")
        let large = try file("large", String(repeating: "A", count: 70_000))
        let page = try file("page", "ABCDEF")
        for (arguments, text) in [
            (["recover", folder + "/none", "--passphrase-file", words], "is not a file"),
            (["recover", folder, "--passphrase-file", words], "is not a file"),
            (["recover", "/dev/zero", "--passphrase-file", words], "is not a file"),
            (["recover", large, "--passphrase-file", words], "too long"),
            (["recover", page, "--passphrase-file", empty], "passphrase is empty"),
            (["recover", page, "--passphrase-file", "/dev/zero"], "is not a file"),
            (["recover", "-", "--passphrase-file", "-"], "cannot be both"),
            (["recover", page], "--passphrase-file"),
            (["recovery-kit", folder + "/x/y", "--passphrase-file", words], "another folder"),
            (["backup", folder + "/b", "--passphrase-file", words], "only for --with-identity"),
        ] {
            let play = Play()
            let result = await play.run(arguments)
            #expect(result.status == 2 && result.isOneLine, "\(arguments) \(result)")
            #expect(result.err.contains(text), "\(result.err)")
            #expect(result.recovered.isEmpty)
        }
    }

    @Test func `a backup with the identity writes the kit beside it, and nothing if it is there`()
        async throws
    {
        let words = try file("words", "four plain words here")
        let backup = folder + "/elm.backup"
        let play = Play()
        let result = await play(
            "backup", backup, "--with-identity", "--passphrase-file", words)
        #expect(result.status == 0, "\(result)")
        let kit = try String(contentsOfFile: backup + ".kit", encoding: .utf8)
        #expect(kit.contains(" 1: ABCDEF"))
        let again = await play(
            "backup", backup, "--with-identity", "--passphrase-file", words)
        #expect(again.status == 2 && again.err.contains(".kit already"))
        #expect(play.site.told.passphrases.count == 1)
        // Without it, no key is asked for.
        #expect(await play("backup", folder + "/other").status == 0)
        #expect(play.site.told.passphrases.count == 1)
    }

    @Test func `init makes a kit when told where`() async throws {
        let words = try file("words", "four plain words here")
        let kit = folder + "/kit.txt"
        let play = Play()
        let result = await play(
            "init", "--home", "/srv/elm", "--name", "Elm", "--kind", "care-home",
            "--recovery-kit", kit, "--passphrase-file", words)
        #expect(result.status == 0 && result.out.contains(kit), "\(result)")
        #expect(try String(contentsOfFile: kit, encoding: .utf8).contains(" 1: ABCDEF"))
        let again = await play(
            "init", "--home", "/srv/elm", "--name", "Elm", "--kind", "care-home",
            "--recovery-kit", kit, "--passphrase-file", words)
        #expect(again.status == 2 && again.initialised.isEmpty && again.isOneLine)
    }
}
