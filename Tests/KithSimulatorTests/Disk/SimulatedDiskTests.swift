import GRDB
import KithProtocol
import KithStore
import Testing

@testable import KithSimulator

/// SQLite itself on a disk that fails: what the simulation builds on.
@Suite struct SimulatedDiskTests {
    private static let card = SiteCard.all[0]
    /// Notes that are written, one transaction each.
    private static let notes = 6

    private func open(_ disk: SimulatedDisk, isCareless: Bool = false) throws -> Store {
        let store = try Store(
            serialAt: disk.path, keys: Self.card.keys, cryptography: SystemCryptography())
        if isCareless {
            try store.readBlocking { try $0.database.execute(sql: "PRAGMA synchronous = NORMAL") }
        }
        return store
    }

    private func note(_ number: Int) -> String { "note \(number)" }

    /// Writes notes until one fails; gives how many were acknowledged.
    private func write(to store: Store) -> Int {
        for number in 0..<Self.notes {
            do {
                try store.writeBlocking {
                    try $0.setNote(note(number), String(repeating: "x", count: 9_000))
                }
            } catch {
                return number
            }
        }
        return Self.notes
    }

    /// Lets the power go at every call; gives how many acknowledged notes were lost in all.
    private func lost(_ manner: SimulatedDisk.Loss.Manner, isCareless: Bool = false) throws -> Int {
        var lost = 0
        var (call, isHit) = (1, true)
        while isHit {
            let disk = SimulatedDisk()
            let store = try open(disk, isCareless: isCareless)
            disk.losePower(at: call)
            let acknowledged = write(to: store)
            isHit = disk.isStopped
            let left = SimulatedDisk(
                leftOf: disk, SimulatedDisk.Loss(manner: manner, seed: UInt64(call)))
            try? store.close()
            disk.discard()
            let again = try open(left)
            let kept = try again.readBlocking { transaction in
                try (0..<Self.notes).filter { try transaction.note(note($0)) != nil }
            }
            #expect(kept == Array(0..<kept.count), "a later note without an earlier one")
            lost += max(0, acknowledged - kept.count)
            #expect(kept.count <= acknowledged + 1)
            #expect(try again.readBlocking { try $0.problemsOfLog() }.isEmpty)
            try again.close()
            left.discard()
            call += 1
        }
        #expect(call > 40, "there are few calls to lose power at")
        return lost
    }

    @Test(arguments: SimulatedDisk.Loss.Manner.allCases)
    func `whatever call the power goes with, what was committed is there`(
        manner: SimulatedDisk.Loss.Manner
    ) throws {
        #expect(try lost(manner) == 0)
    }

    @Test func `without the sync of each commit, commits are lost`() throws {
        #expect(try lost(.loses, isCareless: true) > 0)
        #expect(try lost(.keeps, isCareless: true) == 0, "the end of a process loses nothing")
    }

    @Test(arguments: SimulatedDisk.Failure.allCases, [false, true])
    func `a call that fails takes its transaction back, and the next one succeeds`(
        failure: SimulatedDisk.Failure, isLasting: Bool
    ) throws {
        var (call, isHit, failures) = (1, true, 0)
        while isHit {
            let disk = SimulatedDisk()
            let store = try open(disk)
            disk.fail(at: call, failure, isLasting: isLasting)
            let acknowledged = write(to: store)
            isHit = disk.mend() > 0
            if acknowledged < Self.notes { failures += 1 }
            #expect(
                try store.readBlocking { try $0.note(note(acknowledged)) } == nil
                    || acknowledged == Self.notes)
            #expect(write(to: store) == Self.notes)
            try store.close()
            disk.discard()
            call += 1
        }
        #expect(failures > 10)
    }
}
