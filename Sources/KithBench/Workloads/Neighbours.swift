import Foundation
import KithModel
import KithSite
import KithStore

/// Two homes that share a partnership: Elm, whose daemon the other dials, and Oak.
struct Neighbours {
    static let elm = "Elm House"

    let programs: Programs
    /// The partnership that they share.
    let partnership: PartnershipID
    /// Where Elm's daemon listens whenever it runs.
    let address: String

    /// Makes the homes and pairs them, with the programs, as people do.
    init(_ programs: Programs) throws {
        self.programs = programs
        for (home, name) in [("elm", Self.elm), ("oak", "Oak Practice")] {
            programs.remove(home)
            try programs.kith(home, ["init", "--name", name, "--kind", "other"])
        }
        let elm = try programs.daemon("elm")
        address = elm.address
        struct Made: Decodable { let id: PartnershipID }
        partnership = try programs.json(
            Made.self, "elm", ["partnership", "create", "Bench", "--purpose", "to be measured"]
        ).id
        struct Invited: Decodable { let code: String }
        let code = try programs.json(
            Invited.self, "elm", ["partnership", "invite", "Bench", "--address", address]
        ).code
        try programs.kith("oak", ["partnership", "join", code, "--yes"])
        try programs.kith("oak", ["sync"])
        // The nightly sync is not to come between.
        try programs.kith("oak", ["peer", "set", Self.elm, "--disable"])
        try elm.stop()
    }

    /// Opens a home whose daemon does not run.
    func open<Result: Sendable>(
        _ home: String, _ body: (LocalSite) async throws -> Result
    ) async throws -> Result {
        try await programs.open(home, body)
    }
}

extension Programs {
    /// Opens a home whose daemon does not run; accounts that are made in it cost little to sign in to.
    func open<Result: Sendable>(
        _ home: String, _ body: (LocalSite) async throws -> Result
    ) async throws -> Result {
        let site = try await LocalSite.open(home: path(home), passwordLog2N: 10)
        do {
            let result = try await body(site)
            await site.close()
            return result
        } catch {
            await site.close()
            throw error
        }
    }

    /// Makes an account of somebody who reads and writes all that is clinical.
    func account(_ login: String, at site: LocalSite) async throws -> Account {
        let report = try await site.changeUser(
            UserChange(
                login: login,
                act: .add(
                    name: "Reader \(login)", title: nil, roles: [.clinician, .reviewer],
                    compartments: nil)))
        guard let password = report.password, let secret = report.codeSecret else {
            throw BenchProblem("no password was made for \(login)")
        }
        return Account(login: login, password: password, base32: secret)
    }
}

extension Neighbours {
    /// A partnership of both other than the first.
    func other(at site: LocalSite) async throws -> PartnershipID {
        let other = try await site.bulk { transaction in
            try transaction.partnerships().last { !$0.isPrivate && $0.id != partnership }?.id
        }
        guard let other else { throw BenchProblem("the homes share one partnership only") }
        return other
    }

    /// Starts Elm's daemon where Oak knows it to be.
    func startElm() throws -> Daemon { try programs.daemon("elm", listen: address) }

    /// What one `kith sync` of Oak's said.
    struct Session: Decodable {
        let isEqual: Bool
        let sent: Int
        let received: Int
        let bytesSent: Int
        let bytesReceived: Int
        let roundTrips: Int
        let milliseconds: Int

        var moved: Int { sent + received }
    }

    /// Oak syncs with Elm, which must run; whichever way does not end equal is a problem.
    func sync() throws -> Session {
        struct Sessions: Decodable { let sessions: [Session] }
        let sessions = try programs.json(Sessions.self, "oak", ["sync", Self.elm]).sessions
        guard let session = sessions.first, session.isEqual else {
            throw BenchProblem("the two homes did not become equal")
        }
        return session
    }
}
