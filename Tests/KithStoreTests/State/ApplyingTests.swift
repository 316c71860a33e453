import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

@Suite struct ApplyingTests {
    // MARK: ConflictKept

    @Test func `of two concurrent writes both stay until somebody who saw both decides`()
        async throws
    {
        let play = try await TestPartnership()
        let (left, right) = (play.sites[0], play.sites[1])
        let one = try await left.write(Edit("5 mg", of: .test()), play.id)
        let two = try await right.write(Edit("10 mg", of: .test()), play.id)
        try await play.settle()
        for site in play.sites {
            #expect(try await site.candidates() == [one, two].sorted())
            #expect(try await site.store.read { try $0.contestedFields().count } == 1)
        }

        let half = try await left.write(Edit("6 mg", of: .test(), seen: [one]), play.id)
        try await play.settle()
        for site in play.sites { #expect(try await site.candidates() == [two, half].sorted()) }

        let whole = try await right.write(Edit("7 mg", of: .test(), seen: [two, half]), play.id)
        try await play.settle()
        for site in play.sites {
            #expect(try await site.candidates() == [whole])
            #expect(try await site.store.read { try $0.contestedFields().isEmpty })
            try await site.expectReplayEqual()
        }
    }

    @Test func `of any number of concurrent writes each is listed, wherever it came last`()
        async throws
    {
        let play = try await TestPartnership(
            admitting: Array(repeating: TestPartnership.contributor, count: 3))
        for (number, site) in play.sites.enumerated() {
            _ = try await site.write(Edit("\(number) mg", of: .test()), play.id)
        }
        try await play.settle()
        for site in play.sites {
            #expect(try await site.store.read { try $0.contestedValues().count } == 4)
            try await site.expectReplayEqual()
        }
    }

    @Test func `two concurrent decisions between the same candidates are again a conflict`()
        async throws
    {
        let play = try await TestPartnership()
        let one = try await play.sites[0].write(Edit("a", of: .test()), play.id)
        let two = try await play.sites[1].write(Edit("b", of: .test()), play.id)
        try await play.settle()
        var resolutions: [OperationID] = []
        for site in play.sites {
            resolutions.append(
                try await site.write(Edit("c", of: .test(), seen: [one, two]), play.id))
        }
        try await play.settle()
        for site in play.sites { #expect(try await site.candidates() == resolutions.sorted()) }
    }

    // MARK: Which edges count (D8)

    /// A site, a value on it, and a liar that has been told of it or not.
    private func lie(
        class entryClass: EntryClass = .record, target targetClass: EntryClass = .record,
        isKnown: Bool = true, in compartment: Compartment = .clinical,
        _ change: (inout Edit) -> Void = { _ in }
    ) async throws -> (target: OperationID, isSuperseded: Bool) {
        let grant = Grant(
            role: .contributor, compartments: Set(Compartment.granted), mayAttest: true)
        let play = try await TestPartnership(admitting: [grant])
        let target = try await play.founder.write(
            Edit("true", of: .test()), play.id, class: targetClass)
        let liar = try await Forger(play.sites[1], play.id, compartment: compartment)
        var edit = Edit("false", of: .test(), seen: [target])
        change(&edit)
        var knows = try await play.founder.frontier(play.id, .membership)
        if isKnown, compartment == .clinical { knows += try await play.founder.frontier(play.id) }
        let entry = try liar.entry([edit], knows: knows, class: entryClass)
        let result = try await play.founder.ingest([entry], play.id)
        try #require(result.refusal == nil)
        #expect(try await play.founder.waiting().isEmpty)
        try await play.founder.expectReplayEqual()
        return (target, try await !play.founder.candidates().contains(target))
    }

    @Test func `an edge into the causal past counts`() async throws {
        #expect(try await lie().isSuperseded)
    }

    @Test func `an edge to what the author had not seen does not count`() async throws {
        #expect(try await !lie(isKnown: false).isSuperseded)
    }

    @Test func `an edge to another record, field, kind or compartment does not count`()
        async throws
    {
        #expect(try await !lie { $0.record = .test(2) }.isSuperseded)
        #expect(try await !lie { $0.field = 11 }.isSuperseded)
        #expect(try await !lie { $0.kind = 21 }.isSuperseded)
        #expect(try await !lie(in: .relations).isSuperseded)
    }

    @Test func `an edge to a number that the target does not have is no harm`() async throws {
        let (_, isSuperseded) = try await lie { edit in
            edit.seen = [1, 4_096, .max].map { OperationID(entry: edit.seen[0].entry, index: $0) }
        }
        #expect(!isSuperseded)
    }

    @Test func `an operation supersedes its own class and lower ones, never a higher`() async throws
    {
        let classes: [EntryClass] = [.comment, .record, .decision]
        for target in classes {
            for source in classes {
                let lie = try await lie(class: source, target: target)
                #expect(lie.isSuperseded == (source >= target), "\(source.name) on \(target.name)")
            }
        }
    }

    @Test func `an edge into another partnership does not count`() async throws {
        let play = try await TestPartnership()
        let target = try await play.founder.write(Edit("true", of: .test()), play.id)
        let other = try await play.founder.store.write { [founder = play.founder] in
            try $0.found(
                name: "Oak", purpose: "care", profile: founder.profile, isPrivate: false,
                now: TestSite.now)
        }
        let source = try await play.founder.write(
            Edit("elsewhere", of: .test(), seen: [target]), other)
        #expect(try await play.founder.candidates() == [target, source].sorted())
    }

    @Test func `an edge to an entry that is not here does not count, then or later`() async throws {
        let play = try await TestPartnership()
        let knows = try await play.founder.frontier(play.id, .membership)
        let liar = try await Forger(play.sites[1], play.id)
        var accomplice = liar
        accomplice.incarnation = 8
        let target = try accomplice.entry([Edit("a", of: .test())], knows: knows)
        let source = try liar.entry(
            [Edit("b", of: .test(), seen: [target.operation()])], knows: knows)
        #expect(try await play.founder.ingest([source, target], play.id).stored == 2)
        #expect(try await play.founder.candidates().count == 2)
        try await play.founder.expectReplayEqual()
    }

    // MARK: Poisoned parts (D39)

    /// A skeleton of one operation whose event is of a kind that no version knows.
    private func unknownEvent() -> Data {
        // Field 7 (event) holding a value whose only field is number 15, an empty message.
        Edit("x", of: .test()).skeleton.encoded() + [0x3A, 0x02, 0x7A, 0x00]
    }

    @Test func `what opens but cannot be read is listed, and stops neither the rest nor the start`()
        async throws
    {
        let play = try await TestPartnership()
        let founder = play.founder
        let liar = try await Forger(play.sites[1], play.id)
        let good = Edit("good", of: .test())
        let body = PartBody(values: [good.value], reason: "").encoded()
        var crowded = good.skeleton
        crowded.operations = Array(repeating: crowded.operations[0], count: Limits.operations + 1)
        var greedy = good.skeleton
        greedy.operations[0].supersedes = Array(
            repeating: OperationID(entry: EntryHash(header: Data()), index: 0),
            count: Limits.supersedes + 1)
        let poisons = [
            Forger.Plain(
                skeleton: good.skeleton.encoded(),
                body: PartBody(values: [good.value, good.value], reason: "").encoded()),
            Forger.Plain(
                skeleton: good.skeleton.encoded(), body: PartBody(values: [], reason: "").encoded()),
            Forger.Plain(skeleton: good.skeleton.encoded(), body: Data([0xFF, 0xFF])),
            Forger.Plain(skeleton: good.skeleton.encoded(), body: nil),
            Forger.Plain(skeleton: Data([0xFF]), body: body),
            Forger.Plain(skeleton: Data(), body: body),
            Forger.Plain(
                skeleton: crowded.encoded(),
                body: PartBody(
                    values: Array(repeating: good.value, count: Limits.operations + 1), reason: ""
                ).encoded()),
            Forger.Plain(skeleton: greedy.encoded(), body: body),
        ]
        let knows = try await founder.frontier(play.id, .membership)
        let first = try liar.sign(
            liar.header(knows: knows),
            poisons + [
                Forger.Plain(skeleton: good.skeleton.encoded(), body: body),
                Forger.Plain(skeleton: unknownEvent(), body: body),
            ])
        let second = try liar.entry([good], after: first, knows: [])
        #expect(try await founder.ingest([first, second], play.id).stored == 2)
        #expect(try await founder.waiting() == ["malformed": poisons.count, "version": 1])
        let expected = [first.operation(poisons.count), second.operation()].sorted()
        #expect(try await founder.candidates() == expected)
        try await founder.expectReplayEqual()

        let reopened = try await founder.copy()
        #expect(try await reopened.candidates() == expected)
        #expect(try await reopened.digests(play.id) == founder.digests(play.id))
    }

    @Test func `a part may hold as many operations as the limit says, all on one field`()
        async throws
    {
        let play = try await TestPartnership()
        let liar = try await Forger(play.sites[1], play.id)
        var skeleton = Edit("x", of: .test(), field: FieldNumber.parent).skeleton
        skeleton.operations = Array(repeating: skeleton.operations[0], count: Limits.operations)
        let values = (0..<Limits.operations).map {
            FieldValue.reference(.test(UInt8($0 % 256)))
        }
        let entry = try liar.sign(
            liar.header(knows: try await play.founder.frontier(play.id, .membership)),
            [
                Forger.Plain(
                    skeleton: skeleton.encoded(),
                    body: PartBody(values: values, reason: "").encoded())
            ])
        #expect(try await play.founder.ingest([entry], play.id).stored == 1)
        #expect(
            try await play.founder.candidates(field: FieldNumber.parent).count == Limits.operations)
        // Of equal depth and author, the last of the entry has the greatest rank.
        let parents = try await play.founder.store.read {
            try $0.records(RecordSelection()).map(\.parent)
        }
        #expect(parents == [.test(255)])
    }

    @Test func `a sealed part that was moved to another place in the log does not open`()
        async throws
    {
        let play = try await TestPartnership()
        let liar = try await Forger(play.sites[1], play.id)
        let first = try liar.entry(
            [Edit("a", of: .test())], knows: try await play.founder.frontier(play.id, .membership))
        let moved = try liar.sign(liar.header(after: first, knows: []), sealed: first.parts)
        #expect(try await play.founder.ingest([first, moved], play.id).stored == 2)
        #expect(try await play.founder.candidates() == [first.operation()])
        #expect(try await play.founder.waiting() == ["malformed": 1])
    }

    @Test func `a value of a kind that this version does not know is a candidate as it came`()
        async throws
    {
        let play = try await TestPartnership()
        let liar = try await Forger(play.sites[1], play.id)
        let unknown = Data([0x7A, 0x00])
        var body = PartBody(values: [], reason: "")
        body.values = [unknown]
        let entry = try liar.sign(
            liar.header(knows: try await play.founder.frontier(play.id, .membership)),
            [
                Forger.Plain(
                    skeleton: Edit("", of: .test()).skeleton.encoded(), body: body.encoded())
            ])
        #expect(try await play.founder.ingest([entry], play.id).stored == 1)
        let values = try await play.founder.store.read {
            try $0.records(RecordSelection()).flatMap(\.operations).map(\.value)
        }
        #expect(values == [unknown])
        try await play.settle()
        #expect(try await play.sites[1].digests(play.id) == play.founder.digests(play.id))
    }

    @Test func `what an older program could not read is applied when the log is replayed`()
        async throws
    {
        let play = try await TestPartnership()
        try await play.founder.write(Edit("a", of: .test()), play.id)
        let expected = try await play.founder.digests(play.id)
        try await play.founder.execute(
            """
            INSERT INTO unread SELECT id >> 10, 0, 'version', NULL FROM act;
            DELETE FROM operation; DELETE FROM act; DELETE FROM record;
            """)
        #expect(try await play.founder.digests(play.id) != expected)
        _ = try await play.founder.store.replay(keeping: true)
        #expect(try await play.founder.digests(play.id) == expected)
        #expect(try await play.founder.waiting().isEmpty)
    }
}
