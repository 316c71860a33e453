import Foundation
import Testing

/// A disk that gives back other bits than it was given.
@Suite struct BitRotTests {
    private static let rounds = 40
    private let workspace: Workspace
    private let home: TestHome

    init() throws {
        workspace = try Workspace()
        home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Plans", "--purpose", "Joint care plans")
        for number in 0..<8 {
            try home.must("resident", "add", "familyName=Whitfield\(number)", "phone=01803 555123")
            try home.must(
                "allergy", "add", "--for", "Whitfield\(number)", "agent=Penicillin",
                "severity=severe")
        }
    }

    private var database: String { home.path + "/kith.sqlite" }

    /// What people see: every record, and what the log is proved to hold. Not when an entry came here:
    /// that stands in one place only, says nothing of anybody's care, and nothing could tell.
    private func seen() throws -> [String] {
        let lists = [
            try home.must("resident", "list", "--json").output,
            try home.must("allergy", "list", "--json").output,
        ].map { list in
            list.split(separator: "\n").filter { !$0.contains("\"received\"") }
                .joined(separator: "\n")
        }
        return lists + [try home.digests()]
    }

    private func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path) {
            files[name] = FileManager.default.contents(atPath: home.path + "/" + name)
        }
        return files
    }

    /// Puts every file of the home back as it was.
    private func reset(to files: [String: Data]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path)
        where files[name] == nil {
            try FileManager.default.removeItem(atPath: home.path + "/" + name)
        }
        for (name, bytes) in files {
            let path = home.path + "/" + name
            // The last program that closed the database may have taken the write-ahead log away.
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: bytes)
            try file.close()
        }
    }

    @Test func `a bit flipped anywhere in the database is told, or changes nothing that is shown`()
        throws
    {
        let whole = try seen()
        let before = try files()
        let bytes = try #require(before["kith.sqlite"])
        let used = bytes.indices.filter { bytes[$0] != 0 }
        var random = SeededRandom(seed: 11)
        var told = 0
        for _ in 0..<Self.rounds {
            let place = try #require(used.randomElement(using: &random))
            let bit = UInt8.random(in: 0..<8, using: &random)
            var rotten = bytes
            rotten[place] ^= 1 << bit
            try reset(to: before.merging(["kith.sqlite": rotten]) { $1 })
            let label = "bit \(bit) of byte \(place)"
            let checks = [
                try home.run("verify", limit: 60), try home.run("rebuild", "--check", limit: 60),
            ]
            for check in checks {
                #expect([0, 1, 3].contains(check.status), "\(label): \(check)")
                if check.status == 1 { expectOneLine(check, status: 1) }
            }
            guard checks.allSatisfy({ $0.status == 0 }) else {
                told += 1
                continue
            }
            #expect(try seen() == whole, "\(label)")
        }
        print("ROTTEN: \(told) of \(Self.rounds) flipped bits were told")
        #expect(told * 4 > Self.rounds, "most flips missed what is used")
    }

    @Test func `a bit flipped in the write-ahead log loses the end alone, and the site goes on`()
        throws
    {
        let daemon = try home.daemon()
        for number in 0..<6 { try home.must("resident", "add", "familyName=Late\(number)") }
        daemon.program.kill()
        _ = daemon.program.finished()
        let before = try files()
        let log = try #require(before["kith.sqlite-wal"])
        try #require(log.count > 4096)
        var random = SeededRandom(seed: 12)
        for _ in 0..<8 {
            let place = Int.random(in: 32..<log.count, using: &random)
            var rotten = log
            rotten[place] ^= 1
            try reset(to: before.merging(["kith.sqlite-wal": rotten]) { $1 })
            try FileManager.default.removeItem(atPath: database + "-shm")
            // Nothing is there in part: what was saved first is there, up to some save.
            let late = try home.families().filter { $0.hasPrefix("Late") }.sorted()
            #expect(late == (0..<6).prefix(late.count).map { "Late\($0)" }, "byte \(place)")
            #expect(try home.log().ok, "byte \(place)")
            try home.must("resident", "add", "familyName=After")
            #expect(try home.run("rebuild", "--check").status == 0, "byte \(place)")
        }
    }
}
