import Foundation
import KithModel
import KithSite
import Synchronization
import Testing

@testable import KithControl

@Suite struct ControlRoundTripTests {
    private typealias Exercise = @Sendable (any Site) async throws -> String

    private static let samples = Samples()
    private static let author = samples.author

    /// Every method once, with something in every argument; each gives its result as JSON.
    private static let exercises: [(name: String, run: Exercise)] = [
        ("profile", { json(try await $0.profile()) }),
        ("status", { json(try await $0.status()) }),
        ("doctor", { json(try await $0.doctor()) }),
        (
            "createPartnership",
            { json(try await $0.createPartnership(PartnershipDraft(name: "a", purpose: "b"))) }
        ),
        ("partnerships", { json(try await $0.partnerships()) }),
        ("partnership", { json(try await $0.partnership("Rose \"x\" /\\")) }),
        (
            "invite",
            {
                let draft = InvitationDraft(
                    partnership: "p", role: "reviewer", compartments: [.clinical],
                    mayAttest: true, addresses: ["h:1"], hours: 2)
                return json(try await $0.invite(draft))
            }
        ),
        ("revokeInvitation", { json(try await $0.revokeInvitation("ab")) }),
        (
            "changeMembership",
            {
                let change = MembershipChange(
                    partnership: "p", member: "m",
                    act: .grant(role: "reviewer", compartments: [.clinical], mayAttest: false))
                return json(try await $0.changeMembership(change))
            }
        ),
        ("previewInvitation", { json(try await $0.previewInvitation("code")) }),
        ("join", { json(try await $0.join("code", progress: { _ in })) }),
        (
            "breakGlass",
            {
                json(
                    try await $0.breakGlass(
                        BreakGlassRequest(compartment: .restricted, resident: "r", reason: "why")))
            }
        ),
        (
            "reviewBreakGlass",
            {
                json(try await $0.reviewBreakGlass(BreakGlassReview(act: 3, finding: "right")))
            }
        ),
        ("readableCompartments", { json(try await $0.readableCompartments(of: "r")) }),
        ("leaveJoinRequest", { json(try await $0.leaveJoinRequest("code")) }),
        ("withdrawJoinRequest", { json(try await $0.withdrawJoinRequest("id")) }),
        ("waitingJoins", { json(try await $0.waitingJoins()) }),
        ("setAddresses", { json(try await $0.setAddresses(["a:1", "b:2"])) }),
        ("offers", { json(try await $0.offers()) }),
        ("acceptOffer", { json(try await $0.acceptOffer("o", progress: { _ in })) }),
        (
            "pair",
            { json(try await $0.pair(PairingRequest(address: "h:1", isAnotherTry: true))) }
        ),
        (
            "decidePairing",
            { json(try await $0.decidePairing(PairingDecision(id: "c", isSame: true))) }
        ),
        ("removePeer", { json(try await $0.removePeer("r")) }),
        ("peers", { json(try await $0.peers()) }),
        (
            "setPeer",
            {
                let change = PeerChange(peer: "p", addresses: ["h:1"], isEnabled: false)
                return json(try await $0.setPeer(change))
            }
        ),
        ("sync", { json(try await $0.sync(["a", "b"], progress: { _ in })) }),
        ("users", { json(try await $0.users()) }),
        (
            "changeUser",
            {
                let change = UserChange(
                    login: "l",
                    act: .add(
                        name: "n", title: nil, roles: [.careStaff], compartments: [.clinical]))
                return json(try await $0.changeUser(change))
            }
        ),
        (
            "records",
            {
                let query = RecordQuery(
                    kind: "plan", partnership: "p", under: "u", search: "s",
                    includesArchived: true)
                return json(try await $0.records(query))
            }
        ),
        ("record", { json(try await $0.record("r", kind: "plan")) }),
        (
            "tree",
            { json(try await $0.tree(TreeQuery("r", kind: "plan", kinds: ["goal"], newest: 5))) }
        ),
        (
            "save",
            {
                let edits = [
                    RecordEdit(
                        target: .new(kind: "plan", partnership: nil, parent: "x"),
                        values: [.init("a", "b"), .init("c", "")], seen: 4, change: .attest,
                        reason: "r", performer: author, event: "2026", isAttested: true),
                    RecordEdit(target: .existing("y"), values: []),
                ]
                return json(try await $0.save(edits, by: author))
            }
        ),
        (
            "moveResident",
            {
                json(
                    try await $0.moveResident(
                        ResidentMove(resident: "r", partnership: "q", reason: "why"), by: author))
            }
        ),
        ("overview", { json(try await $0.overview([.clinical, .relations])) }),
        (
            "changes",
            { json(try await $0.changes(ChangesQuery(reference: "r", since: 4, moments: 2))) }
        ),
        ("history", { json(try await $0.history("r")) }),
        ("due", { json(try await $0.due(DueQuery(within: 3, resident: "r"))) }),
        (
            "conflicts",
            {
                let query = ConflictQuery(
                    severity: .routine, kinds: [.fork, .noneKnown], partnership: "p", under: "u",
                    field: "f", owner: "o", isUnowned: true,
                    openedBefore: Instant(milliseconds: 1), dueBefore: PartialDate("2026"),
                    includesArchived: true)
                return json(try await $0.conflicts(query))
            }
        ),
        ("conflict", { json(try await $0.conflict("A.b")) }),
        (
            "resolve",
            {
                let resolution = Resolution(
                    conflict: "A.b", choice: .value([.init("a", "b")]), seen: 3, reason: "r",
                    isAttested: true, performer: author)
                return json(try await $0.resolve(resolution, by: author))
            }
        ),
        (
            "undoDecision",
            {
                let undo = ConflictUndo(
                    conflict: "A.b", reason: "r", isAttested: true, performer: author,
                    isPreview: true)
                return json(try await $0.undoDecision(undo, by: author))
            }
        ),
        (
            "resolveMany",
            {
                let bulk = BulkResolution(
                    fields: ["f"], preferredSite: "s", openedBefore: Instant(milliseconds: 1),
                    partnership: "p", under: "u", seen: 3, limit: 4, reason: "r", isPreview: false)
                return json(try await $0.resolveMany(bulk, by: author))
            }
        ),
        (
            "work",
            {
                let work = ConflictWork(conflict: "A.b", owner: "o", due: "2026", note: "n")
                return json(try await $0.work(on: work, by: author))
            }
        ),
        (
            "importRecords",
            {
                json(
                    try await $0.importRecords(
                        samples.batch(bytes: 1), by: author, progress: { _ in }))
            }
        ),
        (
            "erase",
            {
                json(
                    try await $0.erase(
                        ErasureDraft(
                            record: "r", version: 3, reason: "why", isPreview: false),
                        by: author))
            }
        ),
        (
            "audit",
            {
                let query = AuditQuery(
                    since: Instant(milliseconds: 1), until: Instant(milliseconds: 2), user: "u",
                    action: .write, record: "r", limit: 3)
                return json(try await $0.audit(query))
            }
        ),
        (
            "setQuota",
            { json(try await $0.setQuota(QuotaChange(partnership: "p", bytes: 5))) }
        ),
        (
            "setRetention",
            { json(try await $0.setRetention(RetentionChange(partnership: "p", years: 9))) }
        ),
        ("retention", { json(try await $0.retention()) }),
        ("erasures", { json(try await $0.erasures()) }),
        ("backUp", { json(try await $0.backUp(to: "/a b")) }),
        ("recoveryKit", { json(try await $0.recoveryKit(passphrase: "a b")) }),
        ("verify", { json(try await $0.verify()) }),
        ("rebuild", { json(try await $0.rebuild(checkOnly: true)) }),
    ]

    @Test func `every method gives over the socket what it gives in the process`() async throws {
        #expect(Set(Self.exercises.map(\.name)) == Set(ControlCommands.byName.keys))
        let direct = FakeSite()
        let served = FakeSite()
        try await withHome { home in
            try await serving(served, in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                for exercise in Self.exercises {
                    let wanted = try await exercise.run(direct)
                    let got = try await exercise.run(client)
                    #expect(got == wanted, "\(exercise.name)")
                }
            }
        }
        #expect(served.calls == direct.calls)
    }

    @Test func `the daemon is told who makes a call`() async throws {
        let served = FakeSite()
        try await withHome { home in
            try await serving(served, in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let nurse = Author(user: "n", name: "Night Nurse", role: "nurse")
                _ = try await client.acting(for: nurse, through: .commandLine).status()
                _ = try await client.status()
                let actors = served.actors.withLock { $0 }
                #expect(actors.first == nurse)
                #expect(actors.last?.user == NSUserName(), "unless said otherwise, the login")
            }
        }
    }

    @Test func `progress arrives whole and in order, before the result`() async throws {
        try await withHome { home in
            try await serving(FakeSite(), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let steps = Mutex<[Int]>([])
                _ = try await client.sync([]) { step in steps.withLock { $0.append(step.sent) } }
                #expect(steps.withLock { $0 } == Array(0..<100))
                let records = Mutex<[Int]>([])
                _ = try await client.importRecords(
                    Self.samples.batch(bytes: 1), by: Self.author
                ) { step in records.withLock { $0.append(step.done) } }
                #expect(records.withLock { $0 } == Array(1...20))
            }
        }
    }

    @Test(arguments: [
        SiteError.Code.notFound, .ambiguous, .invalid, .refused, .home, .store, .network,
        .needsPerson, .version,
    ])
    func `an error arrives with its code, its line and its exit status`(
        code: SiteError.Code
    ) async throws {
        let error = SiteError(code, "what is wrong — and “what” to do")
        try await withHome { home in
            try await serving(FakeSite(recordError: error), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let thrown = await #expect(throws: SiteError.self) {
                    _ = try await client.record("x", kind: nil)
                }
                #expect(thrown?.code == code)
                #expect(thrown?.description == error.description)
                #expect(thrown?.exitStatus == error.exitStatus)
            }
        }
    }

    @Test func `calls at the same time get each their own answer`() async throws {
        try await withHome { home in
            try await serving(FakeSite(), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let right = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<60 {
                        let exercise = Self.exercises[number % Self.exercises.count]
                        group.addTask {
                            let wanted = try await exercise.run(FakeSite())
                            return try await exercise.run(client) == wanted
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(right == 60)
            }
        }
    }

    @Test func `an import of twenty megabytes goes through, and one beyond the limit is refused`()
        async throws
    {
        try await withHome { home in
            try await serving(FakeSite(), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let batch = Self.samples.batch(bytes: 20_000_000)
                let report = try await client.importRecords(
                    batch, by: Self.author, progress: { _ in })
                #expect(report.created["records"] == batch.records.count)
                let huge = [
                    RecordEdit(
                        target: .existing("x"),
                        values: [.init("a", String(repeating: "x", count: 65 * 1024 * 1024))])
                ]
                let error = await #expect(throws: SiteError.self) {
                    _ = try await client.save(huge, by: Self.author)
                }
                #expect(error?.code == .invalid)
            }
        }
    }
}
