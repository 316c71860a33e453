import Testing

@testable import KithDisk

@Suite struct DiskTests {
    /// A disk on which a file was made, and nothing synced.
    private func disk(then events: DiskEvent...) throws -> Disk {
        var disk = try Disk(root: "/d")
        for event in [
            .opened(path: "/d", inode: 1, isNew: false),
            .opened(path: "/d/file", inode: 2, isNew: true),
            .wrote(inode: 2, offset: 0, bytes: Array("first".utf8)),
        ] + events {
            try disk.apply(event)
        }
        return disk
    }

    /// Everything that may be left of it, as texts by name.
    private func outcomes(of disk: Disk) -> Set<[String: String]> {
        Set(
            (0..<400 as Range<UInt64>).map { seed in
                var loss = PowerLoss(seed: seed)
                return loss.image(of: disk).entries.mapValues {
                    String(decoding: $0 ?? [], as: UTF8.self)
                }
            })
    }

    @Test func `what programs see is what they wrote`() throws {
        let disk = try disk(
            then: .wrote(inode: 2, offset: 7, bytes: [65]), .resized(inode: 2, size: 9),
            .linked(from: "/d/file", to: "/d/link"), .renamed(from: "/d/file", to: "/d/name"),
            .madeFolder(path: "/d/folder", inode: 3),
            .opened(path: "/d/folder/inner", inode: 4, isNew: true),
            .removed(path: "/d/folder/inner"))
        let bytes = Array("first\0\0A\0".utf8)
        let expected: [String: [UInt8]?] = ["link": bytes, "name": bytes, "folder": nil]
        #expect(disk.seen.entries == expected)
    }

    @Test func `a name that was not synced may be lost with all that was synced in the file`()
        throws
    {
        #expect(try outcomes(of: disk(then: .synced(inode: 2))) == [[:], ["file": "first"]])
    }

    @Test func `a file that was not synced may be there, empty or in part`() throws {
        let outcomes = try outcomes(of: disk(then: .synced(inode: 1)))
        #expect(outcomes.isSuperset(of: [["file": ""], ["file": "first"], ["file": "fi"]]))
        #expect(outcomes.contains(["file": "\0\0\0\0\0"]))
        #expect(!outcomes.contains([:]))
    }

    @Test func `what was synced with its name is kept, and sectors of what follows may be`() throws
    {
        let old = [UInt8](repeating: 1, count: 1024)
        var disk = try disk(
            then: .wrote(inode: 2, offset: 0, bytes: old), .synced(inode: 2), .synced(inode: 1))
        try disk.apply(.wrote(inode: 2, offset: 256, bytes: .init(repeating: 2, count: 512)))
        var seen: Set<[UInt8]> = []
        for seed in 0..<400 as Range<UInt64> {
            var loss = PowerLoss(seed: seed)
            let content = try #require(loss.image(of: disk).entries["file"] ?? nil)
            #expect(content.count == 1024)
            // One byte of each part that a sector's boundary makes.
            seen.insert([content[0], content[256], content[511], content[512], content[800]])
        }
        #expect(seen.allSatisfy { $0[0] == 1 && $0[4] == 1 })
        #expect(
            seen.isSuperset(of: [
                [1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 2, 1, 1], [1, 1, 1, 2, 1],
                [1, 2, 1, 1, 1],
            ]))
    }

    @Test func `a rename is there or not, never half of it`() throws {
        let disk = try disk(
            then: .synced(inode: 2), .synced(inode: 1), .renamed(from: "/d/file", to: "/d/name"))
        #expect(outcomes(of: disk) == [["file": "first"], ["name": "first"]])
    }

    @Test func `two removals may be lost one without the other`() throws {
        var disk = try Disk(
            root: "/d", keeping: .init(ofFiles: ["log": "old", "database": "old"]))
        try disk.apply(.removed(path: "/d/log"))
        try disk.apply(.removed(path: "/d/database"))
        #expect(outcomes(of: disk).count == 4)
    }

    @Test func `the same seed leaves the same`() throws {
        let disk = try disk(
            then: .wrote(inode: 2, offset: 5, bytes: .init(repeating: 9, count: 900)))
        for seed in 0..<50 as Range<UInt64> {
            var (one, other) = (PowerLoss(seed: seed), PowerLoss(seed: seed))
            #expect(one.image(of: disk) == other.image(of: disk))
        }
    }

    @Test func `a trace that speaks of what it never named is refused`() throws {
        for event in [
            DiskEvent.synced(inode: 9), .wrote(inode: 9, offset: 0, bytes: [1]),
            .renamed(from: "/d/none", to: "/d/file"), .removed(path: "/d/none/file"),
            .opened(path: "/elsewhere", inode: 3, isNew: false),
        ] {
            #expect(throws: TraceProblem.self) { _ = try disk(then: event) }
        }
    }
}

extension DiskImage {
    /// An image of files with their texts.
    init(ofFiles files: [String: String]) {
        self.init()
        for (name, text) in files { entries[name] = Array(text.utf8) }
    }
}
