import Foundation
import KithModel
import KithSite
import Testing

/// A removed member that goes on writing, with a clock that it set back, over real mutual TLS.
@Suite(.timeLimit(.minutes(20))) struct BackdatingTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// Homes as they were when the practice had removed Oak and Oak had written on: the practice
    /// knows of the removal alone, Beech of the writing alone, Elm and Ash of neither.
    private struct Scene {
        let homes: [String: String]
        let resident: RecordID
        let allergy: RecordID
        let late: RecordID
    }

    private func scene() async throws -> Scene {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let oak = try await village.site("Oak")
        try await practice.found(plans)
        try await practice.admit(oak, to: plans)
        var honest = [practice]
        for name in ["Elm", "Ash", "Beech"] {
            let site = try await village.site(name)
            try await practice.admit(site, to: plans)
            honest.append(site)
        }
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await practice.add(
            "allergy", to: plans, under: resident, "agent=Penicillin", "severity=mild")
        try await oak.sync(with: practice)
        try await oak.edit(resident, "preferredName=Nell")
        for site in [oak] + honest.dropFirst() { try await site.sync(with: practice) }
        try await practice.remove(oak, from: plans)

        // It says that it wrote all this half a year before it was removed.
        await oak.close()
        let liar = try await Neighbour.open(
            "Oak", home: oak.home,
            clock: { Instant(milliseconds: Instant(Date()).milliseconds - 180 * 86_400_000) },
            wiretap: village.wiretap)
        try await liar.edit(allergy, "severity=severe")
        try await liar.edit(resident, "preferredName=Nora", "givenName=Eleanor")
        let late = try await liar.add("allergy", to: plans, under: resident, "agent=Latex")
        let beech = honest[3]
        #expect(try await liar.sync(with: beech).isEqual)
        #expect(try await beech.words(allergy, "severity") == ["Severe"], "it knows no better yet")
        for site in honest + [liar] { await site.close() }
        return Scene(
            homes: Dictionary(uniqueKeysWithValues: honest.map { ($0.name, $0.home) }),
            resident: resident, allergy: allergy, late: late)
    }

    /// The same homes once more, in places of their own.
    private func copies(of scene: Scene, _ name: String) async throws -> [String: Neighbour] {
        var sites: [String: Neighbour] = [:]
        for (site, home) in scene.homes {
            let copy = village.path("\(site) \(name)")
            try FileManager.default.copyItem(atPath: home, toPath: copy)
            sites[site] = try await Neighbour.open(site, home: copy, wiretap: village.wiretap)
        }
        return sites
    }

    /// What everyone has to see in the end.
    private func expectMarked(_ scene: Scene, at site: Neighbour, _ order: String) async throws {
        for (record, field, words) in [
            (scene.resident, "familyName", ["Whitfield"]),
            (scene.resident, "preferredName", ["Nell", "Nora (author removed)"]),
            (scene.resident, "givenName", ["Eleanor (author removed)"]),
            (scene.allergy, "severity", ["Mild", "Severe (author removed)"]),
            (scene.late, "agent", ["Latex (author removed)"]),
        ] {
            let shown = try await site.words(record, field)
            #expect(shown == words, "\(order): \(field) at \(site.name)")
        }
        #expect(try await !site.members(of: plans).contains("Oak"), "\(order): \(site.name)")
    }

    @Test func `backdated entries of a removed member are marked alike in every order of delivery`()
        async throws
    {
        let scene = try await scene()
        let deliveries = [
            ("Riverside", "Elm"), ("Riverside", "Ash"), ("Beech", "Elm"), ("Beech", "Ash"),
        ]
        var outcomes: Set<[String: String]> = []
        for (number, order) in deliveries.permutations.enumerated() {
            let sites = try await copies(of: scene, "\(number)")
            let name = order.map { "\($0.0)-\($0.1)" }.joined(separator: " ")
            func meet(_ one: String, _ another: String) async throws {
                let (one, another) = (try #require(sites[one]), try #require(sites[another]))
                let report = try await one.sync(with: another)
                #expect(report.isEqual, "\(name): \(report.problem ?? "")")
            }
            for (one, another) in order { try await meet(one, another) }
            // Whatever came how, Elm and Ash hold all of it now, and say the same.
            for site in ["Elm", "Ash"] {
                try await expectMarked(scene, at: try #require(sites[site]), name)
            }
            for (one, another) in [("Elm", "Riverside"), ("Ash", "Beech")] {
                try await meet(one, another)
            }
            for site in sites.values {
                try await expectMarked(scene, at: site, name)
                outcomes.insert(try await site.digests(of: plans))
                let check = try await site.site.rebuild(checkOnly: true)
                #expect(check.isEqual, "\(name): \(check.differences)")
            }
            for site in sites.values {
                await site.close()
                try FileManager.default.removeItem(atPath: site.home)
            }
        }
        #expect(outcomes.count == 1, "one state, over all orders and sites")
    }

    @Test func `somebody entitled clears what was marked, and it stays cleared everywhere`()
        async throws
    {
        let scene = try await scene()
        let sites = try await copies(of: scene, "cleared")
        let practice = try #require(sites["Riverside"])
        let (elm, beech) = (try #require(sites["Elm"]), try #require(sites["Beech"]))
        for site in [elm, beech] { try await site.sync(with: practice) }
        try await elm.sync(with: practice)
        // Elm looks at both, and decides that the removed member was right.
        try await elm.edit(scene.allergy, "severity=severe")
        try await elm.edit(scene.late, "agent=Latex")
        for site in [elm, beech] { try await site.sync(with: practice) }
        for site in [practice, elm, beech] {
            #expect(try await site.words(scene.allergy, "severity") == ["Severe"], "\(site.name)")
            #expect(try await site.words(scene.late, "agent") == ["Latex"], "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm, beech)
        for site in sites.values { await site.close() }
    }
}

extension Array {
    /// All orders of the elements.
    fileprivate var permutations: [[Element]] {
        guard count > 1 else { return [self] }
        return indices.flatMap { index in
            var rest = self
            let first = rest.remove(at: index)
            return rest.permutations.map { [first] + $0 }
        }
    }
}
