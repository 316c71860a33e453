import Foundation
import KithModel
import KithSite
import Testing

/// Accounts of the web page, as an administrator makes and keeps them.
@Suite struct UserTests {
    @Test func `an account is made from what was typed, and its secrets are shown once`() async {
        let play = Play()
        let result = await play(
            "user", "add", "mary.okafor", "--name", " Mary Okafor ", "--roles",
            "care-staff,auditor", "--compartments", "relations,clinical", "--title", "deputy")
        #expect(result.status == 0, "\(result)")
        expectFits(result.out)
        #expect(result.out.contains("abcd-efgh-jkmn-pqrs") && result.out.contains("▀"))
        guard
            case .add(let name, let title, let roles, let compartments)? =
                play.site.told.userChanges.first?.act
        else {
            Issue.record("nothing was added")
            return
        }
        #expect(name == "Mary Okafor" && title == "deputy" && roles == [.careStaff, .auditor])
        #expect(compartments == [.relations, .clinical])
        let json = await play("user", "add", "m", "--name", "M", "--roles", "reviewer", "--json")
        #expect(json.out.contains("\"password\"") && json.out.contains("otpauth://"))
    }

    @Test(arguments: [
        (["user", "add", "m", "--name", "M"], "--roles"),
        (["user", "add", "m", "--name", "M", "--roles", "boss"], "'boss'"),
        (["user", "add", "m", "--roles", "reviewer"], "--name"),
        (["user", "roles", "m"], "nothing is to be set"),
        (["user", "roles", "m", "--compartments", "all"], "'all'"),
        (["user", "certificate", "m"], "--revoke"),
        (["user", "certificate", "m", "/tmp/x", "--revoke"], "--revoke"),
    ])
    func `what cannot be is refused in one line`(arguments: [String], words: String) async {
        let play = Play()
        let result = await play.run(arguments)
        #expect(result.status == 2 && result.isOneLine, "\(result)")
        #expect(result.err.contains(words), "\(result.err)")
        #expect(play.site.told.userChanges.isEmpty)
    }

    @Test func `accounts are listed, disabled, enabled and reset`() async {
        let play = Play()
        let list = await play("user", "list")
        expectFits(list.out)
        #expect(list.out.contains("mary.okafor") && list.out.contains("care-staff"))
        #expect(await play("user", "list", "--json").out.contains("\"users\""))
        for word in ["disable", "enable", "reset"] {
            #expect(await play("user", word, "mary.okafor").status == 0)
        }
        let acts = play.site.told.userChanges.map { "\($0.act)" }
        #expect(acts == ["disable", "enable", "reset"])
    }

    @Test func `a certificate goes into a file for its owner alone`() async throws {
        let folder = NSTemporaryDirectory() + "kith-user-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "four plain words".write(
            toFile: folder + "/words", atomically: true, encoding: .utf8)
        let play = Play()
        let result = await play(
            "user", "certificate", "mary.okafor", folder + "/m.p12", "--passphrase-file",
            folder + "/words")
        #expect(result.status == 0, "\(result)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/m.p12")) == Data("p12".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/m.p12")
        #expect(mode[.posixPermissions] as? Int == 0o600)
    }
}
