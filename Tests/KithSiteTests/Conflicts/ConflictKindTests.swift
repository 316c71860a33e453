import Foundation
import KithModel
import KithSite
import Testing

/// Every kind of conflict: made, shown, decided and taken back, over two and three sites and real TLS.
@Suite(.timeLimit(.minutes(5))) struct ConflictKindTests {
    private func clinician(_ view: ConflictView) -> String? {
        view.needsAttestation ? "Dr Rao" : nil
    }

    @Test(arguments: MadeConflict.allCases, [2, 3])
    func `it is shown, decided, and taken back, alike at every site`(
        made: MadeConflict, count: Int
    ) async throws {
        let parish = try await Parish(count)
        try await made.make(in: parish)
        try await parish.expectSameEverywhere()
        let seen = try await parish.elm.conflict(made.kind)
        #expect(!seen.isReopened && seen.details?.decisions.isEmpty == true)
        let sides = (seen.field?.candidates.count ?? 0) + (seen.details?.sides.count ?? 0)
        #expect(sides >= (made == .authorRemoved || made == .setAside || made == .fork ? 1 : 2))

        let outcome = try await parish.practice.decide(
            try await parish.practice.conflict(made.kind), made.oneWay(seen))
        #expect(!outcome.isOpen && outcome.rest == nil, "\(outcome)")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        for site in parish.sites {
            #expect(
                try await site.site.conflicts(ConflictQuery(kinds: [made.kind])).isEmpty,
                "\(site.name)")
        }
        // Decided already: it says by whom.
        await expectRefusal("Manager of Riverside") {
            _ = try await parish.elm.decide(seen, made.otherWay(seen))
        }

        let undone = try await parish.elm.undo(seen.id)
        #expect(undone.isOpen, "\(undone)")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        let again = try await parish.practice.conflict(made.kind)
        #expect(again.id == seen.id && again.isReopened && again.severity == seen.severity)
        #expect(again.values.sorted() == seen.values.sorted())
        #expect(again.details?.decisions.contains { $0.stands } == false)
        await parish.close()
    }

    @Test(arguments: MadeConflict.decidable, [2, 3])
    func `two people who decide it at once, differently, open it again and are told`(
        made: MadeConflict, count: Int
    ) async throws {
        let parish = try await Parish(count)
        try await made.make(in: parish)
        let (practice, elm) = (parish.practice, parish.elm)
        let seen = try await elm.conflict(made.kind)
        try await practice.decide(try await practice.conflict(made.kind), made.oneWay(seen))
        try await elm.decide(seen, made.otherWay(seen))
        try await parish.settle()
        try await parish.expectSameEverywhere()
        for site in parish.sites {
            let open = try await site.site.conflicts(ConflictQuery())
            #expect(open.count == 1 && open[0].isReopened, "\(site.name): \(open)")
            let view = try await site.site.conflict(open[0].id)
            let standing = view.details?.decisions.filter(\.stands) ?? []
            #expect(
                Set(standing.map(\.provenance.committer.name))
                    == ["Manager of Riverside", "Manager of Elm"], "\(site.name): \(standing)")
        }
        // One more decision, which saw both, settles it for everybody.
        let third = parish.sites[count - 1]
        let open = try await third.site.conflicts(ConflictQuery())
        let last = try await third.site.conflict(open[0].id)
        try await third.decide(
            last, last.kind.isOfField ? .pick(1) : made.oneWay(last))
        try await parish.settle()
        try await parish.expectSameEverywhere()
        #expect(try await elm.site.conflicts(ConflictQuery()).isEmpty)
        await parish.close()
    }

    @Test(arguments: MadeConflict.allCases, [2, 3])
    func `people who decide it at once alike have decided it`(
        made: MadeConflict, count: Int
    ) async throws {
        let parish = try await Parish(count)
        try await made.make(in: parish)
        for site in parish.sites {
            let view = try await site.conflict(made.kind)
            // Numbers are those of each view, and the same where the views are.
            try await site.decide(view, made.oneWay(view))
        }
        try await parish.settle()
        try await parish.expectSameEverywhere()
        #expect(try await parish.elm.site.conflicts(ConflictQuery()).isEmpty)
        await parish.close()
    }

    @Test(arguments: MadeConflict.allCases, [2, 3])
    func `people who take a decision back at once leave it open once`(
        made: MadeConflict, count: Int
    ) async throws {
        let parish = try await Parish(count)
        try await made.make(in: parish)
        let seen = try await parish.elm.conflict(made.kind)
        try await parish.elm.decide(seen, made.oneWay(seen))
        try await parish.settle()
        for site in parish.sites { try await site.undo(seen.id) }
        try await parish.settle()
        try await parish.expectSameEverywhere()
        let again = try await parish.practice.conflict(made.kind)
        #expect(again.values.sorted() == seen.values.sorted())
        await parish.close()
    }

    @Test(arguments: MadeConflict.decidable, [2, 3])
    func `the other way of deciding it is taken back as well`(
        made: MadeConflict, count: Int
    ) async throws {
        let parish = try await Parish(count)
        try await made.make(in: parish)
        let seen = try await parish.elm.conflict(made.kind)
        let outcome = try await parish.elm.decide(seen, made.otherWay(seen))
        #expect(!outcome.isOpen, "\(outcome)")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        #expect(try await parish.practice.site.conflicts(ConflictQuery()).isEmpty)
        let undone = try await parish.practice.undo(seen.id)
        #expect(undone.isOpen, "\(undone)")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        for site in parish.sites {
            let again = try await site.conflict(made.kind)
            #expect(again.id == seen.id && again.isReopened, "\(site.name)")
            #expect(again.values.sorted() == seen.values.sorted(), "\(site.name)")
        }
        await parish.close()
    }
}
