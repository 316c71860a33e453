import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@Suite struct VerdictTests {
    private static let author = try? SiteSample(seed: 1)
    private static let other = try? SiteSample(seed: 2)
    private let nonce = Data(repeating: 5, count: 16)

    private func samples() throws -> (author: SiteSample, other: SiteSample) {
        (try #require(Self.author), try #require(Self.other))
    }

    /// One row: an act, and the roles that may do it, holding the compartment that it names or not.
    private struct Row {
        let name: String
        let act: MembershipAct
        let holding: Set<Role>
        let notHolding: Set<Role>
        var otherwise = Membership.Verdict.notEntitled
    }

    private func table() throws -> [Row] {
        let (author, other) = try samples()
        let grant = Grant(role: .reviewer, compartments: [.clinical], mayAttest: false)
        let all = Set(Role.allCases)
        let cut = Cut(covers: [.membership], ends: [])
        return [
            Row(
                name: "admit", act: .admit(other.profile, grant, invitation: Data()),
                holding: [.steward], notHolding: [.steward]),
            Row(
                name: "mint", act: .mint(.clinical, commitment: Data(count: 32), sealed: []),
                holding: [.contributor, .steward], notHolding: []),
            Row(
                name: "hand over", act: .handOver([]), holding: [.contributor, .steward],
                notHolding: [.contributor, .steward]),
            Row(
                name: "change another", act: .change(other.id, grant, cut), holding: [.steward],
                notHolding: [.steward]),
            Row(
                name: "change itself", act: .change(author.id, grant, cut), holding: all,
                notHolding: all),
            Row(
                name: "remove another", act: .remove(other.id, cut), holding: [.steward],
                notHolding: [.steward]),
            Row(name: "leave", act: .remove(author.id, cut), holding: all, notHolding: all),
            Row(
                name: "elect", act: .elect(other.id), holding: [.contributor, .steward],
                notHolding: [.contributor, .steward]),
            Row(
                name: "describe itself", act: .describe(author.profile), holding: all,
                notHolding: all),
            Row(
                name: "describe another", act: .describe(other.profile), holding: [],
                notHolding: [], otherwise: .notSelf),
        ]
    }

    @Test func `every act meets every role`() throws {
        let (author, _) = try samples()
        let partnership = PartnershipID(founder: author.id, nonce: Array(nonce))
        for row in try table() {
            for role in Role.allCases {
                for isHolding in [true, false] {
                    for mayAttest in [true, false] {
                        let grant = Grant(
                            role: role, compartments: isHolding ? [.clinical] : [.personal],
                            mayAttest: mayAttest)
                        let allowed = isHolding ? row.holding : row.notHolding
                        let verdict = Membership.verdict(
                            on: row.act, by: author.id, sequence: 3, in: partnership, grant: grant)
                        #expect(
                            verdict == (allowed.contains(role) ? .allowed : row.otherwise),
                            "\(row.name) by a \(role), holding: \(isHolding)")
                    }
                }
            }
            let stranger = Membership.verdict(
                on: row.act, by: author.id, sequence: 3, in: partnership, grant: nil)
            #expect(stranger == .notMember, "\(row.name) by a stranger")
        }
    }

    @Test func `only the site that the id is derived from founds, and only with its first entry`()
        throws
    {
        let (author, other) = try samples()
        let partnership = PartnershipID(founder: author.id, nonce: Array(nonce))
        func verdict(
            nonce: Data? = nil, founder: SiteSample? = nil, by site: SiteID? = nil,
            sequence: UInt64 = 1, grant: Grant? = nil
        ) -> Membership.Verdict {
            Membership.verdict(
                on: .found(
                    nonce: nonce ?? self.nonce, name: "", purpose: "",
                    founder: (founder ?? author).profile),
                by: site ?? author.id, sequence: sequence, in: partnership, grant: grant)
        }
        #expect(verdict() == .allowed)
        #expect(verdict(nonce: Data(repeating: 6, count: 16)) == .notFounder)
        #expect(verdict(nonce: nonce + [0]) == .notFounder)
        #expect(verdict(nonce: Data()) == .notFounder)
        #expect(verdict(founder: other) == .notFounder)
        #expect(verdict(founder: other, by: other.id) == .notFounder)
        #expect(verdict(by: other.id) == .notFounder)
        for sequence in [UInt64(0), 2, .max] {
            #expect(verdict(sequence: sequence) == .notFounder)
            #expect(verdict(sequence: sequence, grant: .founder) == .notFounder)
        }
    }

    @Test func `every class meets every role in every compartment`() {
        /// The lowest role that may write a class; decisions need the right to attest besides.
        let lowest: [EntryClass: Role] = [
            .comment: .reviewer, .record: .contributor, .decision: .reviewer, .erasure: .steward,
        ]
        for grant in GrantTests.all {
            for compartment in Compartment.allCases {
                for entryClass in EntryClass.allCases {
                    let isAllowed: Bool
                    if compartment == .membership || entryClass == .membership {
                        isAllowed = compartment == .membership && entryClass == .membership
                    } else {
                        isAllowed =
                            grant.compartments.contains(compartment)
                            && lowest[entryClass].map { grant.role >= $0 } == true
                            && (entryClass != .decision || grant.mayAttest)
                    }
                    #expect(
                        Membership.verdict(on: entryClass, in: compartment, grant: grant)
                            == (isAllowed ? .allowed : .notEntitled),
                        "\(entryClass) in \(compartment) with \(grant)")
                }
                #expect(
                    Membership.verdict(on: .comment, in: compartment, grant: nil) == .notMember)
            }
        }
    }
}
