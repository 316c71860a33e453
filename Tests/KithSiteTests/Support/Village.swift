import Foundation
import KithModel
import KithSite
import Testing

/// Sites of this process that meet over real mutual TLS on loopback, each in a home of its own.
///
/// What they say to each other is heard (`Wiretap`).
final class Village: Sendable {
    private let folder: URL
    let wiretap = Wiretap()

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-village-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// A new site, open and listening.
    func site(
        _ name: String, kind: String = "care-home",
        clock: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) async throws -> Neighbour {
        let home = folder.appendingPathComponent(name).path
        _ = try await LocalSite.initialise(home: home, name: name, kind: kind, ods: nil)
        return try await Neighbour.open(name, home: home, clock: clock, wiretap: wiretap)
    }

    /// Expects words to be readable at one site, and at another in no file, line or message: with its
    /// own keys in hand. Nothing of what was said holds them in the clear.
    func expectSecret(
        _ words: String, from outsider: Neighbour, knownTo entitled: Neighbour
    ) async throws -> Wiretap.Finding {
        let known = try await entitled.hear(words)
        #expect(try entitled.hasInFiles(words) && known.isReadable, "the search can see: \(known)")
        let heard = try await outsider.hear(words)
        #expect(heard.messages > 0 && !heard.isReadable, "\(heard)")
        #expect(!known.isInClear && !heard.isInClear)
        #expect(try !outsider.hasInFiles(words))
        #expect(!wiretap.isLogged(words))
        return heard
    }

    /// A folder of this village, not made yet.
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// One site of a village.
final class Neighbour: Sendable {
    let name: String
    let home: String
    let site: LocalSite
    let address: String
    let wiretap: Wiretap
    private let serving: Task<Void, any Error>

    private init(
        _ name: String, home: String, site: LocalSite, address: String, wiretap: Wiretap,
        serving: Task<Void, any Error>
    ) {
        self.name = name
        self.home = home
        self.site = site
        self.address = address
        self.wiretap = wiretap
        self.serving = serving
    }

    /// Opens a home and listens.
    static func open(
        _ name: String, home: String,
        clock: @escaping @Sendable () -> Instant = { Instant(Date()) }, wiretap: Wiretap = Wiretap()
    ) async throws -> Neighbour {
        let site = try await LocalSite.open(
            home: home, isDaemon: true, logger: wiretap.logger(name), clock: clock)
        let handler = wiretap.answering(for: site, try await site.profile().site)
        let (addresses, continuation) = AsyncStream<String>.makeStream()
        let serving = Task {
            defer { continuation.finish() }
            try await site.servePeers(on: "127.0.0.1:0", answeredBy: handler) {
                continuation.yield($0)
            }
        }
        let address = try #require(await addresses.first { _ in true })
        return Neighbour(
            name, home: home, site: site, address: address, wiretap: wiretap, serving: serving)
    }

    /// Closes the doors and the database.
    func close() async {
        serving.cancel()
        _ = await serving.result
        await site.close()
    }

    /// Founds a partnership.
    func found(_ partnership: String) async throws {
        _ = try await site.createPartnership(
            PartnershipDraft(name: partnership, purpose: "Joint care plans"))
    }

    /// Invites another site, which joins; both know each other's present address afterwards.
    func admit(
        _ other: Neighbour, to partnership: String, role: String = "contributor",
        compartments: [Compartment]? = nil, mayAttest: Bool = false, until: Instant? = nil
    ) async throws {
        let invitation = try await site.invite(
            InvitationDraft(
                partnership: partnership, role: role, compartments: compartments,
                mayAttest: mayAttest, sharingEnds: until, addresses: [address]))
        let report = try await other.site.join(try #require(invitation.code)) { _ in }
        #expect(report.sync.problem == nil)
        try await meet(other)
    }

    /// Tells both sites where the other listens now, where they know each other.
    func meet(_ other: Neighbour) async throws {
        for (one, another) in [(self, other), (other, self)] {
            let id = try await another.site.profile().site
            guard try await one.site.peers().contains(where: { $0.site == id }) else { continue }
            _ = try await one.site.setPeer(
                PeerChange(peer: id.description, addresses: [another.address]))
        }
    }

    /// One sync with another site, begun here.
    @discardableResult func sync(with other: Neighbour) async throws -> SyncReport {
        try await meet(other)
        let id = try await other.site.profile().site
        return try #require(try await site.sync([id.description]) { _ in }.first)
    }

    // MARK: Records

    private var nurse: Author {
        Author(user: "nurse", name: "Night Nurse of \(name)", role: "Registered nurse")
    }

    /// Adds a record with the values given as `field=text`.
    @discardableResult func add(
        _ kind: String, to partnership: String, under parent: RecordID? = nil, _ values: String...
    ) async throws -> RecordID {
        let edit = RecordEdit(
            target: .new(kind: kind, partnership: partnership, parent: parent?.description),
            values: Self.assignments(values))
        return try #require(try await site.save([edit], by: nurse).first).id
    }

    /// Changes fields of a record as somebody who sees it as it is now.
    func edit(_ record: RecordID, _ values: String...) async throws {
        let seen = try await site.record(record.description, kind: nil).version
        _ = try await site.save(
            [
                RecordEdit(
                    target: .existing(record.description), values: Self.assignments(values),
                    seen: seen)
            ], by: nurse)
    }

    private static func assignments(_ values: [String]) -> [RecordEdit.Assignment] {
        values.map { value in
            let half = value.split(separator: "=", maxSplits: 1)
            return RecordEdit.Assignment(String(half[0]), String(half[1]))
        }
    }

    /// The words of all candidates of a field, sorted; with a mark where the author was removed.
    func words(_ record: RecordID, _ field: String) async throws -> [String] {
        let view = try await site.record(record.description, kind: nil)
        return try #require(view.field(field)).candidates.map {
            $0.words + ($0.isAuthorRemoved ? " (author removed)" : "")
        }.sorted()
    }

    // MARK: Standing

    /// The names of a partnership's members, sorted.
    func members(of partnership: String) async throws -> [String] {
        try await site.partnership(partnership).members.map(\.name).sorted()
    }

    /// Removes a member, as this site sees it.
    @discardableResult func remove(
        _ other: Neighbour, from partnership: String
    ) async throws -> MembershipReport {
        try await site.changeMembership(
            MembershipChange(partnership: partnership, member: other.name, act: .remove))
    }

    /// Puts another grant in the place of a member's.
    func change(
        _ other: Neighbour, in partnership: String, role: String? = nil,
        compartments: [Compartment]? = nil, ends: SharingEnd? = nil
    ) async throws {
        _ = try await site.changeMembership(
            MembershipChange(
                partnership: partnership, member: other.name,
                act: .grant(
                    role: role, compartments: compartments, mayAttest: nil, ends: ends)))
    }

    /// State digests by compartment of a shared partnership.
    func digests(of partnership: String) async throws -> [String: String] {
        let report = try await site.verify()
        #expect(report.problems.isEmpty, "\(name): \(report.problems)")
        let found = try #require(report.partnerships.first { $0.name == partnership })
        return Dictionary(
            uniqueKeysWithValues: found.compartments.map { ($0.name.name, $0.stateDigest) })
    }
}
