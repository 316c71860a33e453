import Foundation
import KithModel
import KithSite
import KithTrust
import Testing

/// A machine is lost, and the site is made again from a printed page, over real TLS.
@Suite(.timeLimit(.minutes(10))) struct RecoveryTests {
    private static let passphrase = "four plain words here"

    @Test func `a lost site gets everything back from its partners and goes on`() async throws {
        let elm = try await OpenSite("Elm House")
        try await elm.serving { address in
            let riverside = try await OpenSite("Riverside Surgery", kind: "gp-practice")
            let torbay = try await OpenSite("Torbay Trust", kind: "acute-trust")
            for site in [riverside, torbay] {
                _ = try await site.site.join(
                    try await elm.invitation(at: address).text, progress: { _ in })
            }
            for (site, name) in [(elm, "Whitfield"), (riverside, "Marsh"), (torbay, "Okafor")] {
                try await site.addResident(name)
            }
            for site in [riverside, torbay, riverside] { try await site.syncAll() }
            let kit = try await riverside.site.recoveryKit(passphrase: Self.passphrase)
            #expect(kit.partners.map(\.name) == ["Elm House", "Torbay Trust"])
            let id = try await riverside.site.profile().site
            riverside.lose()

            let home = OpenSite.newHome()
            let report = try await LocalSite.recover(
                kit: kit.code, passphrase: Self.passphrase, home: home, progress: { _ in })
            #expect(report.site.site == id && report.site.name == "Riverside Surgery")
            #expect(report.sessions.allSatisfy(\.isEqual) && !report.sessions.isEmpty)
            let back = try await OpenSite(at: home)
            #expect(try await back.families() == ["Marsh", "Okafor", "Whitfield"])
            #expect(try await back.sharedDigests() == elm.sharedDigests())
            let status = try await back.site.status()
            #expect(status.forks.isEmpty)
            #expect(status.rollback?.words.contains("recovery kit") == true)

            // It goes on in a new incarnation: nobody sees a fork, and nothing is frozen.
            try await back.addResident("Vine")
            try await back.syncAll()
            try await torbay.syncAll()
            let all = Set(["Marsh", "Okafor", "Vine", "Whitfield"])
            for site in [elm, back, torbay] {
                #expect(try await site.families() == all)
                #expect(try await site.site.status().forks.isEmpty)
                #expect(try await site.sharedDigests() == elm.sharedDigests())
            }
        }
    }

    @Test func `the founder comes back too, and still admits`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        let kit = try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await riverside.site.join(code.text, progress: { _ in })
            try await elm.addResident("Whitfield")
            try await riverside.syncAll()
            // An address of its own, so that no other test has the port in between.
            return try await riverside.serving(on: "127.0.0.40:0") { surgery in
                _ = try await riverside.site.setAddresses([surgery])
                try await riverside.syncAll()
                let kit = try await elm.site.recoveryKit(passphrase: Self.passphrase)
                #expect(kit.partners.first?.addresses == [surgery])
                return kit
            }
        }
        elm.lose()
        // Nobody answers yet: the site is made, says so, and tries again before each sync.
        let home = OpenSite.newHome()
        let report = try await LocalSite.recover(
            kit: kit.code, passphrase: Self.passphrase, home: home, progress: { _ in })
        #expect(report.sessions.isEmpty && report.partners.count == 1)
        #expect(report.partners[0].problem?.contains("Could not connect") == true)
        let back = try await OpenSite(at: home)
        #expect(
            try await back.site.doctor().contains {
                $0.check == "recovery" && $0.message.contains("not reached yet")
            })
        await expectRefusal("no partner of the recovery kit could be reached") {
            try await back.syncAll()
        }
        let port = try #require(kit.partners.first?.addresses.first)
        try await riverside.serving(on: port) { _ in
            try await back.syncAll()
            #expect(try await back.families() == ["Whitfield"])
            #expect(try await back.site.doctor().allSatisfy { $0.check != "recovery" })
            let partnership = try await back.site.partnership("Elm and Riverside")
            #expect(partnership.members.first(where: \.isSelf)?.role == "steward")
            _ = try await back.site.changeMembership(
                MembershipChange(
                    partnership: nil, member: "Riverside",
                    act: .grant(role: "reviewer", compartments: nil, mayAttest: nil)))
            try await back.syncAll()
            let there = try await riverside.site.partnership("Elm and Riverside")
            #expect(there.members.first(where: \.isSelf)?.role == "reviewer")
        }
    }

    @Test func `a kit from before the first partner leads back to it by phone`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        let kit = try await riverside.site.recoveryKit(passphrase: Self.passphrase)
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await riverside.site.join(code.text, progress: { _ in })
            try await riverside.addResident("Marsh")
            try await riverside.syncAll()
            riverside.lose()
            let home = OpenSite.newHome()
            let report = try await LocalSite.recover(
                kit: kit.code, passphrase: Self.passphrase, home: home, progress: { _ in })
            #expect(report.partners.isEmpty && report.sessions.isEmpty)
            let back = try await OpenSite(at: home)
            try await elm.pair(with: back, at: address)
            _ = try await back.site.sync(["Elm"], progress: { _ in })
            #expect(try await back.site.offers().map(\.name) == ["Elm and Riverside"])
            let joined = try await back.site.acceptOffer("Elm", progress: { _ in })
            #expect(joined.sync.isEqual, "\(joined.sync)")
            #expect(try await back.families() == ["Marsh"])
            #expect(try await back.sharedDigests() == elm.sharedDigests())
        }
    }

    @Test func `a machine that was not lost after all writes on, and nobody sees a fork`()
        async throws
    {
        let (elm, old) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await old.site.join(code.text, progress: { _ in })
            try await old.addResident("Marsh")
            try await old.syncAll()
            let kit = try await old.site.recoveryKit(passphrase: Self.passphrase)
            let home = OpenSite.newHome()
            _ = try await LocalSite.recover(
                kit: kit.code, passphrase: Self.passphrase, home: home, progress: { _ in })
            let new = try await OpenSite(at: home)
            try await old.addResident("Okafor")
            try await new.addResident("Vine")
            for site in [old, new, old] { try await site.syncAll() }
            for site in [elm, old, new] {
                #expect(try await site.families() == ["Marsh", "Okafor", "Vine"])
                #expect(try await site.site.status().forks.isEmpty)
                #expect(try await site.sharedDigests() == elm.sharedDigests())
            }
        }
    }

    @Test func `a wrong passphrase, a mistyped page or a home that is there make nothing`()
        async throws
    {
        let elm = try await OpenSite("Elm House")
        let kit = try await elm.site.recoveryKit(passphrase: Self.passphrase)
        let home = OpenSite.newHome()
        func recover(_ code: String, _ passphrase: String, at home: String) async throws {
            _ = try await LocalSite.recover(
                kit: code, passphrase: passphrase, home: home, progress: { _ in })
        }
        await expectRefusal("the passphrase does not open this recovery kit") {
            try await recover(kit.code, "four plain words there", at: home)
        }
        var mistyped = Array(kit.code)
        mistyped[70] = mistyped[70] == "7" ? "8" : "7"
        await expectRefusal("line 2 of the recovery kit is mistyped in its group 3") {
            try await recover(String(mistyped), Self.passphrase, at: home)
        }
        #expect(!FileManager.default.fileExists(atPath: home))
        await expectRefusal("is a site already") {
            try await recover(kit.code, Self.passphrase, at: elm.home)
        }
        await expectRefusal("at least 12 characters") {
            _ = try await elm.site.recoveryKit(passphrase: "too short")
        }
    }

    @Test func `the doctor asks for a kit, and for a new one when partners have changed`()
        async throws
    {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        func finding() async throws -> Finding? {
            try await elm.site.doctor().first { $0.check == "recovery kit" }
        }
        #expect(try await finding()?.level == .warning)
        _ = try await elm.site.recoveryKit(passphrase: Self.passphrase)
        #expect(try await finding()?.level == .ok)
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await riverside.site.join(code.text, progress: { _ in })
        }
        let stale = try await finding()
        #expect(stale?.level == .warning && stale?.message.contains("Riverside") == true)
    }
}
