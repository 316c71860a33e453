public import KithModel
public import KithSite

/// How the commands come by a site: the one thing that the program has to give them.
///
/// The commands know the `Site` interface and nothing of the store, the daemon or file formats.
/// What an opener throws should be a `SiteError`, whose message is shown as it is.
public protocol SiteOpener: Sendable {
    /// The version that `kith --version` prints, for example `0.1.0`.
    var version: String { get }

    /// The site in a home: over the daemon's socket when it runs, else in this process.
    func open(home: String) async throws -> any Site
    /// Gives back what `open` took; called once, after the command, however it ended.
    func close(_ site: any Site) async
    /// Makes a new site; `kind` is a code (not the word) of the code set `organisationKind`.
    func initialise(
        home: String, name: String, kind: String, ods: String?
    ) async throws
        -> SiteView
    /// Makes a site again in an empty or missing folder from its recovery kit.
    func recover(
        kit: String, passphrase: String, home: String,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> RecoveryReport
    /// Puts a backup in the place of a home's database.
    func restore(backup: String, home: String) async throws -> BackupReport
    /// Reads FHIR files, one reading for each path, in order; a bad file is in its reading.
    func readFHIR(_ paths: [String]) async throws -> [FHIRReading]
    /// Reads files of contacts in vCard or CSV, likewise.
    func readContacts(_ paths: [String]) async throws -> [FHIRReading]
    /// Makes a file of a site's records; `now` is when it says that it was made.
    func export(
        _ order: ExportOrder, from site: any Site, now: Instant
    ) async throws -> ExportedFile
}

extension SiteOpener {
    /// Does nothing: for sites that hold nothing that must be given back.
    public func close(_ site: any Site) async {}
}

/// What one file of another system holds.
public struct FHIRReading: Sendable {
    /// The file as it was named.
    public var file: String
    /// The records in it; empty when there is a problem.
    public var records: [ImportRecord]
    /// Resources that became records, by resource type.
    public var mapped: [String: Int]
    /// Resources that Kith has no record for, by resource type.
    public var unmapped: [String: Int]
    /// Why nothing of the file can be taken over, in one line that begins with the file and the
    /// place in it; nil when it can.
    public var problem: String?

    /// Describes what a file holds.
    public init(
        file: String, records: [ImportRecord] = [], mapped: [String: Int] = [:],
        unmapped: [String: Int] = [:], problem: String? = nil
    ) {
        self.file = file
        self.records = records
        self.mapped = mapped
        self.unmapped = unmapped
        self.problem = problem
    }
}
