import KithControl
import KithModel
import KithSite

/// A contact at one site whose telephone number changes again and again, through the site's daemon.
struct Phonebook: Sendable {
    /// The daemon.
    let site: ControlClient
    /// The contact.
    let record: String

    private static let author = Author(user: "bench", name: "Dana Bench", role: "nurse")

    /// Makes the contact in a partnership; the daemon of the home must run.
    init(_ home: String, of homes: Neighbours) async throws {
        guard
            let site = try ControlClient(
                home: homes.programs.path(home), version: LocalSite.programVersion)
        else { throw BenchProblem("kithd does not answer in its home") }
        self.site = site
        let edit = RecordEdit(
            target: .new(
                kind: "contact", partnership: homes.partnership.description, parent: nil),
            values: [.init("name", "Dr Rao"), .init("role", "GP")])
        guard let made = try await site.save([edit], by: Self.author).first else {
            throw BenchProblem("no record was made")
        }
        record = made.id.description
    }

    /// Changes the number; gives the seconds that it took.
    @discardableResult func save(_ number: Int) async throws -> Double {
        let edit = RecordEdit(
            target: .existing(record),
            values: [.init("phone", "01642 555 0\(100 + number % 900)")])
        let start = ContinuousClock.now
        _ = try await site.save([edit], by: Self.author)
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
