import KithModel
import KithTrust
import Testing

struct MembershipTests {
    private let graph = ActGraph()
    private let founding: EntryHash

    init() {
        founding = graph.act(by: "elm", on: "elm", .found)
    }

    @Test func `a founder is a steward of everything`() throws {
        #expect(try graph.membership().grant("elm") == .founder)
        #expect(try graph.membership().grant("stranger") == nil)
    }

    @Test func `admissions of one site are joined, whoever wrote first`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        graph.act(
            by: "elm", on: "trust",
            .admit(Grant(role: .reviewer, compartments: [.clinical], mayAttest: true)))
        graph.act(
            by: "gp", on: "trust",
            .admit(Grant(role: .contributor, compartments: [.relations], mayAttest: false)),
            knowing: [gp])
        for reversed in [false, true] {
            #expect(
                try graph.membership(reversed: reversed).grant("trust")
                    == Grant(
                        role: .contributor, compartments: [.clinical, .relations], mayAttest: true))
        }
    }

    @Test func `an act by somebody who is not a steward takes no effect`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        graph.act(by: "home", on: "friend", .contributor, knowing: [home])
        graph.act(by: "home", on: "elm", .removal, knowing: [home])
        graph.act(
            by: "home", on: "home",
            .change(.founder, covers: [.membership, .clinical]), knowing: [home])
        let membership = try graph.membership()
        #expect(try membership.grant("friend") == nil)
        #expect(try membership.grant("elm") == .founder)
        #expect(try membership.grant("home") == .contributing)
        #expect(membership.isInEffect == [true, true, false, false, false])
    }

    @Test func `what a removed member wrote up to the cut counts, and nothing after it`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let before = graph.entry(by: "home", knowing: [home])
        let unseen = graph.entry(by: "home")
        let removal = graph.act(by: "elm", on: "home", .removal, knowing: [before], cut: 1)
        let after = graph.entry(by: "home", knowing: [removal])
        let membership = try graph.membership()
        #expect(try membership.grant("home") == nil)
        #expect(try membership.grant("home", at: graph.point(before)) == .contributing)
        #expect(try membership.grant("home", at: graph.point(unseen)) == nil)
        #expect(try membership.grant("home", at: graph.point(after)) == nil)
        #expect(try membership.removal(of: ActGraph.site("home"))?.entry == removal)
    }

    @Test func `of concurrent removals the highest cut counts`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let home = graph.act(by: "elm", on: "home", .contributor)
        let first = graph.entry(by: "home", knowing: [home])
        let second = graph.entry(by: "home")
        let third = graph.entry(by: "home")
        graph.act(by: "elm", on: "home", .removal, knowing: [first], cut: 1)
        graph.act(by: "gp", on: "home", .removal, knowing: [gp, home, second], cut: 2)
        let membership = try graph.membership()
        #expect(try membership.grant("home", at: graph.point(second)) == .contributing)
        #expect(try membership.grant("home", at: graph.point(third)) == nil)
    }

    @Test func `a later removal does not bring back what an earlier one cut off`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let before = graph.entry(by: "home", knowing: [home])
        let unseen = graph.entry(by: "home")
        graph.act(by: "elm", on: "home", .removal, knowing: [before], cut: 1)
        graph.act(by: "elm", on: "home", .removal, knowing: [unseen], cut: 2)
        #expect(try graph.membership().grant("home", at: graph.point(unseen)) == nil)
    }

    @Test func `a member that is admitted again counts from there`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let removal = graph.act(by: "elm", on: "home", .removal, cut: 0)
        let between = graph.entry(by: "home", knowing: [home, removal])
        let again = graph.act(by: "elm", on: "home", .admit(.commenting))
        let after = graph.entry(by: "home", knowing: [again])
        let membership = try graph.membership()
        #expect(try membership.grant("home") == .commenting)
        #expect(try membership.grant("home", at: graph.point(between)) == nil)
        #expect(try membership.grant("home", at: graph.point(after)) == .commenting)
    }

    @Test func `of two stewards who remove each other the senior stays`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let trust = graph.act(by: "elm", on: "trust", .steward)
        graph.act(by: "trust", on: "gp", .removal, knowing: [gp, trust])
        graph.act(by: "gp", on: "trust", .removal, knowing: [gp, trust])
        for reversed in [false, true] {
            let membership = try graph.membership(reversed: reversed)
            #expect(try membership.grant("gp")?.role == .steward)
            #expect(try membership.grant("trust") == nil)
        }
    }

    @Test func `one junior does not remove a senior, a majority of the others does`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let trust = graph.act(by: "elm", on: "trust", .steward)
        let council = graph.act(by: "elm", on: "council", .steward)
        graph.act(by: "gp", on: "elm", .removal, knowing: [gp, trust, council])
        #expect(try graph.membership().grant("elm") == .founder)
        graph.act(by: "council", on: "elm", .removal, knowing: [gp, trust, council])
        #expect(try graph.membership().grant("elm") == nil)
        #expect(try graph.membership().grant("gp")?.role == .steward)
    }

    @Test func `a senior that removes a voter first stays`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let trust = graph.act(by: "elm", on: "trust", .steward)
        graph.act(by: "elm", on: "gp", .removal, cut: 0)
        graph.act(by: "gp", on: "elm", .removal, knowing: [gp, trust])
        graph.act(by: "trust", on: "elm", .removal, knowing: [gp, trust])
        let membership = try graph.membership()
        #expect(try membership.grant("elm") == .founder)
        #expect(try membership.grant("gp") == nil)
        #expect(try membership.grant("trust")?.role == .steward)
    }

    @Test func `a majority takes back what the senior did beyond its cut`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let trust = graph.act(by: "elm", on: "trust", .steward)
        let council = graph.act(by: "elm", on: "council", .steward)
        graph.act(by: "gp", on: "elm", .removal, knowing: [gp, trust, council], cut: 4)
        graph.act(by: "trust", on: "elm", .removal, knowing: [gp, trust, council], cut: 4)
        graph.act(by: "elm", on: "council", .removal, cut: 0)
        graph.act(by: "elm", on: "friend", .contributor)
        let membership = try graph.membership()
        #expect(try membership.grant("elm") == nil)
        #expect(try membership.grant("council")?.role == .steward)
        #expect(try membership.grant("friend") == nil)
    }

    @Test func `of a removal and an admission apart the senior's stands`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let home = graph.act(by: "elm", on: "home", .contributor)
        graph.act(by: "elm", on: "home", .admit(.commenting))
        graph.act(by: "gp", on: "home", .removal, knowing: [gp, home])
        #expect(try graph.membership().grant("home") == .commenting)

        let other = graph.act(by: "elm", on: "ward", .contributor)
        graph.act(by: "gp", on: "ward", .admit(.commenting), knowing: [other])
        graph.act(by: "elm", on: "ward", .removal)
        #expect(try graph.membership().grant("ward") == nil)
    }

    @Test func `who was let in by a removed steward after its cut is no member`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        graph.act(by: "gp", on: "early", .contributor, knowing: [gp])
        graph.act(by: "gp", on: "late", .contributor)
        graph.act(by: "elm", on: "gp", .removal, cut: 1)
        let membership = try graph.membership()
        #expect(try membership.grant("early") == .contributing)
        #expect(try membership.grant("late") == nil)
    }

    @Test func `a member that grants itself more while it is being removed gains nothing`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        graph.act(by: "elm", on: "gp", .removal, cut: 0)
        graph.act(by: "gp", on: "gp", .admit(.founder), knowing: [gp])
        graph.act(by: "gp", on: "gp", .change(.founder, covers: [.membership]))
        #expect(try graph.membership().grant("gp") == nil)
    }

    @Test func `a change puts its grant in the place of earlier ones`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let before = graph.entry(by: "home", knowing: [home])
        let change = graph.act(
            by: "elm", on: "home", .change(.commenting, covers: [.membership, .clinical]),
            knowing: [before])
        let unaware = graph.entry(by: "home")
        let aware = graph.entry(by: "home", knowing: [change])
        let membership = try graph.membership()
        #expect(try membership.grant("home") == .commenting)
        #expect(try membership.grant("home", at: graph.point(before)) == .contributing)
        #expect(try membership.grant("home", at: graph.point(unaware)) == nil)
        #expect(try membership.grant("home", at: graph.point(aware)) == .commenting)
    }

    @Test func `of two changes apart the senior's stands`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        let home = graph.act(by: "elm", on: "home", .contributor)
        graph.act(
            by: "gp", on: "home", .change(.founder, covers: [.membership]), knowing: [gp, home])
        graph.act(by: "elm", on: "home", .change(.commenting, covers: [.membership]))
        for reversed in [false, true] {
            #expect(try graph.membership(reversed: reversed).grant("home") == .commenting)
        }
    }

    @Test func `a junior steward does not change a senior, a steward narrows itself`() throws {
        let gp = graph.act(by: "elm", on: "gp", .steward)
        graph.act(
            by: "gp", on: "elm", .change(.commenting, covers: [.membership]), knowing: [gp])
        #expect(try graph.membership().grant("elm") == .founder)
        graph.act(by: "elm", on: "elm", .change(.commenting, covers: [.membership]))
        #expect(try graph.membership().grant("elm") == .commenting)
    }

    @Test func `a member leaves, whatever a steward grants it meanwhile`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let last = graph.entry(by: "home", knowing: [home])
        graph.act(by: "home", on: "home", .removal)
        graph.act(by: "elm", on: "home", .admit(.founder))
        let membership = try graph.membership()
        #expect(try membership.grant("home") == nil)
        #expect(try membership.grant("home", at: graph.point(last)) == .contributing)
    }

    @Test func `when the last steward is gone, more than half of those who write elect one`() throws
    {
        let homes = ["home", "ward", "gp"].map { graph.act(by: "elm", on: $0, .contributor) }
        let gone = graph.act(by: "elm", on: "elm", .removal)
        graph.act(by: "home", on: "ward", .elect, knowing: homes + [gone])
        #expect(try graph.membership().grant("ward") == .contributing)
        let vote = graph.act(by: "gp", on: "ward", .elect, knowing: homes + [gone])
        #expect(try graph.membership().grant("ward")?.role == .steward)
        graph.act(by: "ward", on: "council", .contributor, knowing: [vote])
        #expect(try graph.membership().grant("council") == .contributing)
    }

    @Test func `a removal counts in no compartment that its author does not hold`() throws {
        let home = graph.act(by: "elm", on: "home", .contributor)
        let unseen = graph.entry(by: "home", knowing: [home])
        let removal = graph.act(
            by: "elm", on: "home", .remove(covers: [.relations]), knowing: [home], cut: 0)
        let after = graph.entry(by: "home", knowing: [removal])
        let membership = try graph.membership()
        // The points of this graph stand in `membership`, which this cut does not cover.
        #expect(try membership.grant("home", at: graph.point(unseen)) == .contributing)
        #expect(try membership.grant("home", at: graph.point(after)) == nil)
    }
}
