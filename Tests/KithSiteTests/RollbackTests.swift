import Foundation
import GRDB
import KithModel
import KithSite
import Testing

/// Backups restored, homes copied, sites long away: nothing lost, nothing doubled, nobody frozen.
@Suite(.timeLimit(.minutes(10))) struct RollbackTests {
    private let village: Village
    private let clock = VillageClock()
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// A practice that founded a partnership, and two care homes in it, all by one clock.
    private func three() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let practice = try await village.site(
            "Riverside", kind: "gp-practice", clock: clock.read)
        let elm = try await village.site("Elm", clock: clock.read)
        let oak = try await village.site("Oak", clock: clock.read)
        try await practice.found(plans)
        try await practice.admit(elm, to: plans, mayAttest: true)
        try await practice.admit(oak, to: plans)
        try await elm.sync(with: practice)
        return (practice, elm, oak)
    }

    private func open(_ name: String, _ home: String) async throws -> Neighbour {
        try await Neighbour.open(name, home: home, clock: clock.read, wiretap: village.wiretap)
    }

    /// What the doctor says about a matter, and what it says to do.
    private func told(_ check: String, at site: Neighbour) async throws -> String {
        try await site.site.doctor().filter { $0.check == check }
            .map { "\($0.message) \($0.remedy ?? "")" }.joined(separator: " ")
    }

    @Test func `an old backup restored on a live partnership loses nothing and stops nobody`()
        async throws
    {
        var (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await elm.sync(with: practice)
        let backup = village.path("elm.backup")
        _ = try await elm.site.backUp(to: backup)

        // In the thirty days after the backup: written at all three, and shared.
        clock.pass(days: 30)
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=Penicillin", "severity=mild")
        try await elm.edit(resident, "preferredName=Nell")
        try await elm.sync(with: practice)
        try await practice.edit(allergy, "severity=severe")
        try await oak.sync(with: practice)
        try await oak.edit(allergy, "reaction=Rash")
        await elm.close()

        _ = try await LocalSite.restore(backup: backup, home: elm.home)
        elm = try await open("Elm", elm.home)
        // It writes at once, before it has met anybody.
        try await elm.edit(resident, "preferredName=Nora")
        let report = try await elm.sync(with: practice)
        #expect(report.problem == nil && report.isEqual)
        // Nobody is frozen: all three go on writing and hear each other.
        try await elm.add("allergy", to: plans, under: resident, "agent=Latex")
        for site in [oak, elm, oak] { try await site.sync(with: practice) }
        for site in [practice, elm, oak] {
            #expect(try await site.words(allergy, "reaction") == ["Rash"], "\(site.name)")
            let allergies = try await site.site.records(RecordQuery(kind: "allergy"))
            #expect(allergies.map(\.title).sorted() == ["Latex", "Penicillin"], "\(site.name)")
            #expect(try await site.words(allergy, "severity") == ["Severe"], "\(site.name)")
            #expect(
                try await site.words(resident, "preferredName") == ["Nell", "Nora"],
                "\(site.name)")
        }
        let status = try await elm.site.status()
        #expect(status.forks.isEmpty)
        // Its people are told what happened, what was done about it, and what is left to do.
        #expect(status.rollback?.words == "a backup was restored")
        let words = try await told("rollback", at: elm)
        #expect(words.contains("a backup was restored"), "\(words)")
        #expect(words.contains("went on in new feeds, and nothing is lost"), "\(words)")
        #expect(words.contains("sync with every partner"), "\(words)")
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `a copied home that runs twice writes as two, and both are heard`() async throws {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await elm.sync(with: practice)
        await elm.close()
        let copied = village.path("Elm copied")
        try FileManager.default.copyItem(atPath: elm.home, toPath: copied)
        let first = try await open("Elm", elm.home)
        let second = try await open("Elm", copied)
        #expect(try await first.site.status().rollback == nil)
        #expect(try await second.site.status().rollback?.words == "the home was copied or moved")
        try await first.edit(resident, "preferredName=Nell")
        try await second.edit(resident, "preferredName=Nora")
        for copy in [first, second, first] {
            let report = try await copy.sync(with: practice)
            #expect(report.isEqual, "\(report.problem ?? "")")
        }
        for site in [second, oak] { try await site.sync(with: practice) }
        for site in [practice, oak, first, second] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nell", "Nora"],
                "\(site.name)")
        }
        try await village.expectEqual(plans, practice, oak, first, second)
        await village.close(practice, oak, first, second)
    }

    @Test(arguments: [true, false])
    func `a site off for 400 days brings nothing back, and loses nothing that it wrote`(
        isClockRight: Bool
    ) async throws {
        var (practice, elm, oak) = try await three()
        let ash = try await village.site("Ash", clock: clock.read)
        try await practice.admit(ash, to: plans)
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let other = try await elm.add("resident", to: plans, "familyName=Okafor")
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=Latex", "severity=mild")
        for site in [elm, oak, ash] { try await site.sync(with: practice) }

        // Oak is away and writes on what it knew; the others decide, erase, and part with Ash.
        try await oak.edit(resident, "preferredName=Nell")
        try await oak.edit(other, "preferredName=Chi")
        await oak.close()
        clock.pass(days: 400)
        // Those who stayed have had their leaves renewed all along.
        for site in [practice, elm, ash] {
            try site.site.renewCertificate(ifNeededAt: clock.read())
        }
        try await elm.sync(with: practice)
        try await elm.edit(allergy, "severity=severe")
        try await elm.edit(resident, "preferredName=Nora")
        try await elm.sync(with: practice)
        _ = try await practice.site.erase(
            ErasureDraft(
                record: other.description, version: nil, reason: "Court order", isPreview: false),
            by: Author(user: "m", name: "Manager", role: "Records manager"))
        try await practice.remove(ash, from: plans)
        try await elm.sync(with: practice)

        // It comes up by the time that it is, or with the clock that it had; it meets them at once.
        oak =
            isClockRight
            ? try await open("Oak", oak.home)
            : try await Neighbour.open("Oak", home: oak.home, wiretap: village.wiretap)
        let report = try await oak.sync(with: practice)
        #expect(report.isEqual, "\(report.problem ?? "")")
        try await elm.sync(with: practice)
        for site in [practice, elm, oak] {
            #expect(try await site.words(allergy, "severity") == ["Severe"], "\(site.name)")
            #expect(
                try await site.words(resident, "preferredName") == ["Nell", "Nora"],
                "\(site.name)")
            let erased = try await site.site.record(other.description, kind: nil)
            #expect(
                erased.field("familyName")?.candidates.map(\.absence) == [.erased],
                "\(site.name)")
            // What it wrote of the erased resident without knowing is new, and not erased with it.
            #expect(try await site.words(other, "preferredName") == ["Chi"], "\(site.name)")
            #expect(try await !site.members(of: plans).contains("Ash"), "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak, ash)
    }

    @Test func `what two copies say of their site at once is settled alike everywhere`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        try await elm.sync(with: practice)
        await elm.close()
        let copied = village.path("Elm copied")
        try FileManager.default.copyItem(atPath: elm.home, toPath: copied)
        let first = try await open("Elm", elm.home)
        let second = try await open("Elm", copied)
        _ = try await first.site.setAddresses(["elm-one.example.org:7443"])
        _ = try await second.site.setAddresses(["elm-two.example.org:7443"])
        // The one hears the first copy first, the other the second.
        for (site, copies) in [(practice, [first, second]), (oak, [second, first])] {
            for copy in copies { try await site.sync(with: copy) }
        }
        try await practice.sync(with: oak)
        var said: [String?] = []
        for site in [practice, oak] {
            let known = try await site.site.peers().first { $0.name == "Elm" }
            said.append(known?.addresses.last { $0.contains("example.org") })
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        #expect(said[0] != nil && said[0] == said[1], "\(said)")
        await village.close(practice, oak, first, second)
    }

    /// A copy that cannot be told from its original, as a cloned disk would make it.
    @Test func `two copies that fork one feed are proved to a third site at first contact`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await elm.sync(with: practice)
        try await elm.sync(with: oak)
        await elm.close()
        let copied = village.path("Elm cloned")
        try FileManager.default.copyItem(atPath: elm.home, toPath: copied)
        try clone(placeOf: copied)
        let first = try await open("Elm", elm.home)
        let second = try await open("Elm", copied)
        try await first.edit(resident, "preferredName=Nell")
        try await second.edit(resident, "preferredName=Nora")
        try await first.sync(with: practice)
        try await second.sync(with: oak)
        #expect(try await oak.site.status().forks.isEmpty)

        // Both branches meet at Oak, which holds both signatures from then on.
        let report = try await practice.sync(with: oak)
        #expect(report.isEqual, "\(report.problem ?? "")")
        for site in [practice, oak] {
            let forks = try await site.site.status().forks
            #expect(forks.count == 1 && forks.first?.name == "Elm", "\(site.name)")
            let words = try await told("fork", at: site)
            #expect(words.contains("Elm wrote two entries numbered"), "\(words)")
            #expect(words.contains("both are kept and shown"), "\(words)")
            #expect(words.contains("only one copy may run"), "\(words)")
            #expect(
                try await site.words(resident, "preferredName") == ["Nell", "Nora"],
                "\(site.name)")
        }
        // Each copy hears of the other's branch, goes on in a new incarnation, and can write.
        for copy in [first, second, first] {
            let report = try await copy.sync(with: practice)
            #expect(report.isEqual, "\(report.problem ?? "")")
        }
        try await first.edit(resident, "preferredName=Nell")
        try await second.add("allergy", to: plans, under: resident, "agent=Latex")
        for copy in [first, second, first] { try await copy.sync(with: practice) }
        try await oak.sync(with: practice)
        for site in [practice, oak, first] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nell"], "\(site.name)")
            #expect(try await site.site.status().forks.count == 1, "\(site.name)")
        }
        try await village.expectEqual(plans, practice, oak, first)
        await village.close(practice, oak, first, second)
    }

    /// Gives a copy's note the place of the copy, so that it does not know itself for one.
    private func clone(placeOf home: String) throws {
        let file = URL(fileURLWithPath: home + "/high-water.json")
        var note = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let old = try #require(note["place"] as? String)
        let inode = try #require(
            try FileManager.default.attributesOfItem(atPath: home)[.systemFileNumber] as? Int)
        note["place"] = "\(old.split(separator: ":", omittingEmptySubsequences: false)[0]):\(inode)"
        try JSONSerialization.data(withJSONObject: note).write(to: file)
    }

    @Test
    func `a backup that is foreign, cut, damaged or newer is refused, and changes nothing`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let (ours, theirs) = (village.path("elm.backup"), village.path("practice.backup"))
        _ = try await elm.site.backUp(to: ours)
        _ = try await practice.site.backUp(to: theirs)
        await elm.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: ours))
        let (cut, damaged) = (village.path("cut"), village.path("damaged"))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
        var bytes = whole
        for offset in stride(from: 4096 * 3, to: bytes.count, by: 997) { bytes[offset] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: damaged))
        let newer = village.path("newer")
        try whole.write(to: URL(fileURLWithPath: newer))
        let queue = try DatabaseQueue(path: newer)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
        try queue.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: elm.home + "/kith.sqlite"))
        for (file, words) in [
            (theirs, "not of this one"), (cut, "damaged"), (damaged, "damaged"),
            (newer, "newer version of Kith"),
            (elm.home + "/identity.pem", "is not a backup"),
        ] {
            await expectRefusal(words) {
                _ = try await LocalSite.restore(backup: file, home: elm.home)
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: elm.home + "/kith.sqlite")) == before)
        let again = try await open("Elm", elm.home)
        #expect(try await again.words(resident, "familyName") == ["Whitfield"])
        #expect(try await again.site.status().rollback == nil, "nothing was begun anew")
        for site in [again, oak] { #expect(try await site.sync(with: practice).isEqual) }
        try await village.expectEqual(plans, practice, again, oak)
        await village.close(practice, again, oak)
    }
}
