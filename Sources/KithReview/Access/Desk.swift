import KithModel
import KithSite

/// The records as one signed-in person may see and write them. A page has no other way to the site,
/// and the site behind it is already limited to what their role includes (`AccessScope`).
///
/// What somebody may not read is answered as if it did not exist: its id, its title and its number in
/// a count tell as much as its words.
struct Desk: Sendable {
    private let site: any Site
    private let keeper: LocalSite
    /// Who.
    let user: UserView

    /// Opens the way for somebody; `site` notes in the audit what they look at and do.
    init(site: any Site, keeper: LocalSite, user: UserView) {
        self.site = site
        self.keeper = keeper
        self.user = user
    }

    /// What they may read: membership goes without saying.
    private var readable: [Compartment] { user.may(.read) ? user.compartments : [] }

    /// Whether they may read a kind of record.
    func mayRead(_ kind: RecordKind) -> Bool { readable.contains(kind.compartment) }

    /// Whether they may write a kind of record.
    func mayWrite(_ kind: RecordKind) -> Bool {
        mayRead(kind) && (user.may(.edit) || kind.entryClass == .comment && user.may(.comment))
    }

    /// Whether they may read a kind by its name.
    func mayRead(kind name: String) -> Bool { Vocabulary.kind(named: name).map(mayRead) ?? false }

    private static let missing = SiteError(
        .notFound, "there is no such record, or it is not for you")

    /// What an address or a form names a record by: its whole id, and behind `@` what else is true of it.
    /// A beginning could mean a record of another.
    private func reference(_ text: String) throws -> String {
        let words = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= 160, let first = words.first, let id = RecordID(text: first) else {
            throw Self.missing
        }
        return ([id.description] + words.dropFirst()).joined(separator: "@")
    }

    /// Looks a record up. Of several with one id it is the only one that they may read, and they choose
    /// where that is more than one.
    private func finding<Found>(
        _ text: String, _ body: (String) async throws -> Found
    ) async throws -> Found {
        let reference = try reference(text)
        guard user.may(.read) else { throw Self.missing }
        do {
            return try await body(reference)
        } catch let error as SiteError where error.code == .ambiguous {
            let all = try await all(named: reference)
            guard let only = all.first else { throw Self.missing }
            guard all.count == 1 else { throw SeveralRecords(records: all) }
            return try await body(only.reference)
        } catch let error as SiteError where [.notFound, .refused].contains(error.code) {
            throw Self.missing
        }
    }

    /// All records of one id that they may read.
    private func all(named reference: String) async throws -> [RecordView] {
        var found: [RecordView] = []
        for partnership in try await site.partnerships() {
            for compartment in Compartment.granted {
                let place = "\(reference)@\(compartment.name)@\(partnership.id)"
                do {
                    found.append(try await site.record(place, kind: nil))
                } catch let error as SiteError where error.code == .ambiguous {
                    for kind in Vocabulary.kinds {
                        if let one = try? await site.record(place, kind: kind.name) {
                            found.append(one)
                        }
                    }
                } catch is SiteError {
                    continue
                }
            }
        }
        return found
    }

    // MARK: Reading

    /// A record with all that belongs to it and that they may read.
    func family(_ text: String) async throws -> RecordTree {
        try await finding(text) {
            try await site.tree(TreeQuery($0, includesArchived: true, includesOthers: false))
        }
    }

    /// A resident with what a sheet shows, for print.
    func tree(_ text: String, for purpose: CareSheet.Purpose) async throws -> RecordTree {
        let resident = try await record(text)
        // The site leaves out what they may not read. It alone knows for whom they broke the glass: what is
        // left out by their role would be printed as not recorded.
        return try await site.tree(
            TreeQuery(
                resident.reference, kind: "resident", kinds: CareSheet.kinds(for: purpose),
                newest: 3))
    }

    /// One record.
    func record(_ text: String) async throws -> RecordView {
        try await finding(text) { try await site.record($0, kind: nil) }
    }

    /// What a record is part of; nil when that is not here, or not for them.
    func parent(of record: RecordView) async throws -> RecordView? {
        guard let parent = record.parent else { return nil }
        do {
            return try await self.record("\(parent)@\(record.partnershipID)")
        } catch let several as SeveralRecords {
            let kinds = Vocabulary.kind(named: record.kind)?.parents ?? []
            return several.records.first { kinds.contains($0.kind) }
        } catch let error as SiteError where error.code == .notFound {
            return nil
        }
    }

    /// What names a record in an address: its id, where no other has it that they may read.
    func name(of record: RecordView) async throws -> String {
        do {
            _ = try await self.record(record.id.description)
            return record.id.description
        } catch is SeveralRecords {
            return record.reference
        }
    }

    /// The records of a kind that are not archived.
    func records(_ name: String) async throws -> [RecordView] {
        guard mayRead(kind: name) else { return [] }
        return try await site.records(RecordQuery(kind: name))
    }

    /// The newest records of a journal.
    func records(_ name: String, newest: Int) async throws -> [RecordView] {
        guard mayRead(kind: name) else { return [] }
        return try await site.records(RecordQuery(kind: name, limit: newest))
    }

    /// Every resident, with their plans and stays.
    func overview() async throws -> [ResidentSummary] {
        guard mayRead(kind: "resident") else { return [] }
        return try await site.overview(readable)
    }

    /// What changed since a version in what they may read of a family.
    func changes(_ text: String, since: Int64, moments: Int = 0) async throws -> ChangesView {
        try await finding(text) {
            try await site.changes(
                ChangesQuery(reference: $0, since: since, moments: moments))
        }
    }

    // MARK: Conflicts

    /// The open conflicts that are about what they may read.
    func conflicts(under: String? = nil) async throws -> [ConflictView] {
        guard !readable.isEmpty else { return [] }
        return try await site.conflicts(ConflictQuery(under: try under.map(reference))).filter(
            mayRead)
    }

    /// Whether they may read what a conflict is about; of one about entries, such as a fork, their
    /// compartment says so.
    private func mayRead(_ conflict: ConflictView) -> Bool {
        readable.contains(
            Vocabulary.kind(named: conflict.recordKind)?.compartment ?? conflict.compartment)
    }

    /// The record that a conflict is about, or the first of several.
    func record(of conflict: ConflictView) async throws -> RecordView? {
        guard let id = conflict.record else { return nil }
        return try await record(
            "\(id)@\(conflict.recordKind)@\(conflict.compartment.name)@\(conflict.partnershipID)")
    }

    /// One conflict.
    func conflict(_ id: String) async throws -> ConflictView {
        guard id.utf8.count <= 100 else { throw Self.missing }
        do {
            let found = try await site.conflict(id)
            guard mayRead(found) else { throw Self.missing }
            var shown = found
            // Beside two residents stands what is safety-critical in all that belongs to them.
            for index in shown.details?.sides.indices ?? 0..<0 {
                shown.details?.sides[index].lines.removeAll { !mayRead(kind: $0.kind) }
            }
            return shown
        } catch let error as SiteError
            where [.notFound, .ambiguous, .invalid, .refused].contains(error.code)
        {
            throw SiteError(
                .notFound, "there is no such conflict, or somebody has decided it meanwhile")
        }
    }

    /// Decides a conflict.
    func resolve(_ resolution: Resolution) async throws {
        let conflict = try await conflict(resolution.conflict)
        guard user.may(.resolve), !resolution.isAttested || user.may(.attest) else {
            throw SiteError(.refused, "your role does not include deciding this")
        }
        _ = conflict
        _ = try await site.resolve(resolution, by: user.author)
    }

    /// Says whose a conflict is, until when, and what was found out.
    func work(on work: ConflictWork) async throws {
        _ = try await conflict(work.conflict)
        guard user.may(.comment) else {
            throw SiteError(.refused, "your role does not include this")
        }
        _ = try await site.work(on: work, by: user.author)
    }

    /// What taking a decision back would do, and whether it is a clinical decision.
    func previewUndo(_ id: String) async throws -> (outcome: ResolutionOutcome, isClinical: Bool) {
        guard id.utf8.count <= 100, user.may(.resolve), !readable.isEmpty else {
            throw Self.nothingDecided
        }
        func preview(isAttested: Bool) async throws -> ResolutionOutcome {
            try await site.undoDecision(
                ConflictUndo(
                    conflict: id, reason: "preview", isAttested: isAttested, isPreview: true),
                by: user.author)
        }
        do {
            // As a clinical decision would be taken back: whether it is one shows without.
            let outcome = try await preview(isAttested: true)
            do {
                return (try await preview(isAttested: false), false)
            } catch let error as SiteError where error.code == .refused {
                return (outcome, true)
            }
        } catch let error as SiteError
            where [.notFound, .ambiguous, .invalid, .refused].contains(error.code)
        {
            throw Self.nothingDecided
        }
    }

    private static let nothingDecided = SiteError(
        .notFound, "no decision stands there that can be taken back")

    /// Takes a decision back.
    func undo(_ undo: ConflictUndo) async throws {
        guard user.may(.resolve), !undo.isAttested || user.may(.attest) else {
            throw SiteError(.refused, "your role does not include taking this back")
        }
        _ = try await site.undoDecision(undo, by: user.author)
    }

    // MARK: Writing

    /// Saves edits as one act, when they may write every kind among them.
    func save(_ edits: [RecordEdit]) async throws -> [RecordView] {
        var edits = edits
        for (index, edit) in edits.enumerated() {
            let name: String
            switch edit.target {
            case .new(let kind, let partnership, let parent):
                name = kind
                // A parent that this save makes is one that they may write.
                if let parent, !(1...edits.count).map(RecordEdit.made(by:)).contains(parent) {
                    edits[index].target = .new(
                        kind: kind, partnership: partnership,
                        parent: try await record(parent).reference)
                }
            case .existing(let reference, _, _):
                let record = try await record(reference)
                name = record.kind
                edits[index].target = .existing(record.reference)
            }
            guard let kind = Vocabulary.kind(named: name), mayWrite(kind),
                !edit.isAttested || user.may(.attest)
            else { throw SiteError(.refused, "your role does not include writing this") }
        }
        return try await site.save(edits, by: user.author)
    }

    // MARK: Emergencies

    /// Reads for an hour, of one resident, a compartment that their role does not include.
    func breakGlass(_ text: String, _ compartment: Compartment, reason: String) async throws {
        let resident = try await record(text)
        _ = try await site.breakGlass(
            BreakGlassRequest(
                compartment: compartment, resident: resident.id.description, reason: reason))
    }

    /// Who broke the glass, and what was found about it, the newest first.
    func brokenGlasses(limit: Int) async throws -> [AuditItem] {
        guard mayReviewGlass else { throw Self.missing }
        return try await site.audit(AuditQuery(isBreakGlass: true, limit: limit))
    }

    /// How many break-glass acts nobody has reviewed.
    func glassToReview() async throws -> Int { try await keeper.unreviewedBreakGlass() }

    /// Whether they look into what others did in emergencies.
    var mayReviewGlass: Bool { user.may(.readAudit) || user.may(.administer) }

    /// Says what was found about an act of somebody else.
    func reviewGlass(_ act: Int64, finding: String) async throws {
        guard mayReviewGlass else { throw Self.missing }
        _ = try await site.reviewBreakGlass(BreakGlassReview(act: act, finding: finding))
    }

    // MARK: How things stand

    /// The partners and how current each is; without what was in an error of the network.
    func peers() async throws -> [PeerView] { try await site.peers() }

    /// The partnerships.
    func partnerships() async throws -> [PartnershipView] { try await site.partnerships() }

    /// Who did what.
    func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        guard user.may(.readAudit) else { throw Self.missing }
        return try await site.audit(query)
    }

    /// The accounts.
    func users() async throws -> [UserView] {
        guard user.may(.administer) else { throw Self.missing }
        return try await site.users()
    }

    // MARK: What they have read

    /// Up to where they have read, by resident.
    func marks() async throws -> [RecordID: ReadingMark] {
        try await keeper.readingMarks(login: user.login)
    }

    /// Notes that they have read a resident's records up to a version.
    func mark(_ text: String, version: Int64) async throws {
        let record = try await record(text)
        try await keeper.markRead(record.id, version: version, login: user.login)
    }
}
