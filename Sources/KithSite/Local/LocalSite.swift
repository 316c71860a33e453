import Foundation
package import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTransport
import KithTrust
package import Logging
import Synchronization

/// A site in this process: it holds the home's lock, the keys and the database.
package final class LocalSite: Site {
    /// The version of the programs.
    package static let programVersion = "0.1.0"

    let home: Home
    let lock: HomeLock
    let store: Store
    let root: RootCertificate
    let name: String
    let kind: String
    let ods: String?
    let directory: LiveDirectory
    let busyPeers = Mutex<Set<String>>([])
    let listening = Mutex<String?>(nil)
    let server = Mutex<PeerServer?>(nil)
    let phone = Mutex(PhoneState())
    let guesses = Mutex(GuessLimits())
    let auditQueue = AuditQueue()
    let conflictMemo = ConflictMemo()
    package let passwords: PasswordQueue
    private let highWater = Mutex<OwnPosition?>(nil)
    let tallies = SessionTallies()
    let lineMeter: Mutex<LineMeter>
    let logger: Logger
    let isDaemon: Bool
    /// What time it is: the one clock of the site, which its certificates, invitations, agreements and
    /// notes all go by. Nothing that it says decides what an entry means (P2).
    let clock: @Sendable () -> Instant
    private let tls: Mutex<TLSIdentity>

    var keys: SiteKeys { store.keys }
    var cryptography: any Cryptography { SystemCryptography() }
    var entry: FieldEntry { FieldEntry(zone: .current) }

    private init(
        home: Home, lock: HomeLock, store: Store, root: RootCertificate, name: String,
        kind: String, ods: String?, logger: Logger, isDaemon: Bool, passwordLog2N: UInt8,
        clock: @escaping @Sendable () -> Instant
    ) throws {
        self.home = home
        self.lock = lock
        self.store = store
        self.root = root
        self.name = name
        self.kind = kind
        self.ods = ods
        self.logger = logger
        self.isDaemon = isDaemon
        self.clock = clock
        let nights = NightlySchedule(
            minuteOfDay: 0, windowMinutes: 1440, jitterMinutes: 0, zone: .current, seed: 0)
        lineMeter = Mutex(LineMeter(LineUse(SyncLimits(), nights: nights), clock: clock))
        passwords = PasswordQueue(log2N: passwordLog2N)
        directory = LiveDirectory(clock: clock)
        tls = Mutex(
            try LeafIssuer(key: store.keys.identity, root: root).issue(now: clock()))
    }

    /// Makes a site: a home, keys, a database, and a private partnership of its own.
    package static func initialise(
        home path: String, name: String, kind: String, ods: String?
    ) async throws -> SiteView {
        guard let kind = CodeSet.all["organisationKind"]?.concept(for: kind) else {
            let words = CodeSet.all["organisationKind"]?.concepts.map(\.word) ?? []
            throw SiteError(
                .invalid, "a site's kind is one of: \(words.joined(separator: ", "))")
        }
        let name = name.precomposedStringWithCanonicalMapping
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...200).contains(name.count), ShownText(line: name).text == name else {
            throw SiteError(.invalid, "a site's name is one line of 1 to 200 characters")
        }
        let code = try ods.map { text in
            guard let code = ODSCode(text) else {
                throw SiteError(
                    .invalid, "an ODS code has three to ten letters and digits, for example A81001")
            }
            return code.description
        }
        let keys = SiteKeys(identity: SiteKey(), sealing: SealingKey())
        return try await make(
            home: path, keys: keys, name: name, kind: kind.code, ods: code ?? "",
            now: Instant(Date()))
    }

    /// Makes the home of a site, new or recovered; `more` is written with its first entries.
    static func make(
        home path: String, keys: SiteKeys, name: String, kind: String, ods: String, now: Instant,
        _ more: @escaping @Sendable (StoreTransaction) throws -> Void = { _ in }
    ) async throws -> SiteView {
        let home = Home(path: path)
        try home.create(with: keys, now: now)
        guard let lock = try home.lock() else {
            throw SiteError(.home, "another process is using \(home.path); try again")
        }
        return try await translating {
            let store = try Store(
                path: home.database, keys: keys, cryptography: SystemCryptography())
            defer { try? store.close() }
            let root = try keys.identity.rootCertificate(now: now)
            let profile = SiteProfile(
                root: root, sealingKey: Data(keys.sealing.publicKey), name: name, kind: kind,
                ods: ods, addresses: [])
            try await store.write { transaction in
                try transaction.setNote("site.name", name)
                try transaction.setNote("site.kind", kind)
                try transaction.setNote("site.ods", ods)
                try more(transaction)
                _ = try transaction.found(
                    name: "\(name) (private)", purpose: "This site's own records",
                    profile: profile, isPrivate: true, now: now)
            }
            try home.setHighWater(try await store.read { try $0.ownPosition() })
            withExtendedLifetime(lock) {}
            return SiteView(
                site: keys.site, name: name, kind: kind, ods: ods.isEmpty ? nil : ods,
                version: programVersion, home: home.path)
        }
    }

    /// Opens a site; throws when another process has it open. Tests hash passwords at a lower cost.
    package static func open(
        home path: String, isDaemon: Bool = false, logger: Logger = Logger(label: "kith"),
        passwordLog2N: UInt8 = PasswordHash.standardLog2N,
        clock: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) async throws -> LocalSite {
        let home = Home(path: path)
        try home.check()
        guard let lock = try home.lock() else {
            throw SiteError(
                .home,
                "another process is using \(home.path); wait for it to end, or start kithd and use that"
            )
        }
        return try await translating {
            let (keys, root) = try home.keys()
            guard home.hasDatabase || home.highWater() == nil else {
                throw SiteError(
                    .home,
                    "the database of \(home.path) is missing; restore a backup with 'kith restore FILE'"
                )
            }
            let store = try Store(
                path: home.database, keys: keys, cryptography: SystemCryptography())
            let notes = try await store.read { transaction in
                (
                    try transaction.note("site.name"), try transaction.note("site.kind"),
                    try transaction.note("site.ods")
                )
            }
            guard let name = notes.0 else {
                throw SiteError(
                    .home,
                    "the making of the site in \(home.path) was interrupted; remove the folder and run 'kith init' again"
                )
            }
            let site = try LocalSite(
                home: home, lock: lock, store: store, root: root, name: name,
                kind: notes.1 ?? "other", ods: notes.2.flatMap { $0.isEmpty ? nil : $0 },
                logger: logger, isDaemon: isDaemon, passwordLog2N: passwordLog2N, clock: clock)
            try await site.checkForRollback()
            try await site.refreshDirectory()
            return site
        }
    }

    /// Closes the database and lets go of the home.
    package func close() async {
        try? store.close()
        lock.release()
    }

    /// Begins a new incarnation when the database is not the one that this home last had (D22).
    ///
    /// Writes nothing otherwise: what is here must be readable on a full disk.
    private func checkForRollback() async throws {
        let (known, place) = (home.highWater(), home.place)
        let reason = try await store.read {
            try $0.rollbackReason(noted: known?.position, isInPlace: known?.place == place)
        }
        guard let reason else {
            // A note that is only behind is brought up before anything is told to a peer.
            return highWater.withLock { $0 = known?.position }
        }
        try await store.write { [clock] in try $0.beginIncarnation(reason, now: clock()) }
        try await noteHighWater()
        if isDaemon {
            logger.warning(
                "this site goes on in new feeds: its old ones may have been rolled back",
                metadata: ["rollback.reason": "\(reason.words)"])
        }
    }

    /// Notes how far this site's own feeds are before any of it is sent.
    func noteHighWater() async throws {
        try setHighWater(try await store.read { try $0.ownPosition() })
    }

    private func setHighWater(_ position: OwnPosition) throws {
        try highWater.withLock { noted in
            guard noted != position else { return }
            try home.setHighWater(position)
            noted = position
        }
    }

    /// What this site says of itself to others.
    func ownProfile() async throws -> SiteProfile { profile(at: try await ownAddresses()) }

    /// The same with addresses that are not kept yet.
    func profile(at addresses: [String]) -> SiteProfile {
        SiteProfile(
            root: root, sealingKey: Data(keys.sealing.publicKey), name: name, kind: kind,
            ods: ods ?? "", addresses: addresses)
    }

    /// The TLS identity of new connections; issued at start, renewed by `renewCertificate`.
    var tlsIdentity: TLSIdentity { tls.withLock { $0 } }

    /// Issues a new TLS leaf when the present one is near its end; open connections go on.
    package func renewCertificate(ifNeededAt now: Instant) throws {
        guard tlsIdentity.leaf.needsRenewal(at: now) else { return }
        let fresh = try LeafIssuer(key: keys.identity, root: root).issue(now: now)
        tls.withLock { $0 = fresh }
    }

    /// Takes the pins and the standing invitations and letterboxes into memory, where the transport asks for them.
    func refreshDirectory() async throws {
        let now = clock()
        let (peers, ends) = try await store.read { transaction in
            (
                try transaction.peers(),
                try transaction.standingInvitations(at: now).map(\.expires)
                    + transaction.standingLetterboxes(at: now).map(\.expires)
            )
        }
        let change = directory.update(
            pins: Dictionary(
                peers.map { ($0.site, $0.root) }, uniquingKeysWith: { first, _ in first }),
            former: Set(peers.filter(\.isFormer).map(\.site)),
            invitationsStandUntil: ends.max())
        guard let change else { return }
        server.withLock { $0 }?.pinsChanged(closing: change.ended)
    }

    package func profile() async throws -> SiteView {
        SiteView(
            site: keys.site, name: name, kind: kind, ods: ods, version: Self.programVersion,
            home: home.path, addresses: try await translating { try await saidAddresses() })
    }
}

/// Runs something and puts what the lower modules throw into words for people.
func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as SiteError {
        throw error
    } catch let error as StoreError {
        throw SiteError(error.code == .newer ? .version : .store, error.description)
    } catch let error as TransportError {
        throw SiteError(.network, error.description)
    } catch let error as FieldProblem {
        throw SiteError(.invalid, error.description)
    } catch let error as TrustError {
        throw SiteError(.home, error.description)
    } catch let error as CancellationError {
        throw error
    } catch {
        throw SiteError(
            .store, "something unexpected failed; run 'kith doctor' (\(type(of: error)))")
    }
}
