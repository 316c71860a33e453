import KithModel
import KithStore

// What of the records somebody reads and writes whose role does not include every compartment.
extension ScopedSite {
    /// Why somebody may read something.
    private enum Ground {
        /// Their role includes it.
        case role
        /// A break-glass act that holds now, by its number in the audit.
        case glass(Int64)
    }

    /// Why they may read a compartment of what a record is part of; nil: they may not.
    private func ground(
        for compartment: Compartment, around record: RecordID?
    ) async throws -> Ground? {
        if scope.includes(compartment) { return .role }
        guard let record else { return nil }
        let acts = try await site.standingBreakGlass(
            of: audited.actor, through: audited.channel)
        guard !acts.isEmpty else { return nil }
        let root = try await translating { try await site.store.read { try $0.root(of: record) } }
        return acts.first {
            $0.breakGlass?.compartment == compartment && $0.breakGlass?.resident == root
        }.map { .glass($0.number) }
    }

    /// The site as it is read on a ground: what is read under a broken glass is noted with it.
    private func reading(on ground: Ground) -> AuditedSite {
        guard case .glass(let act) = ground else { return audited }
        var reading = audited
        reading.act = act
        return reading
    }

    private static let missing = "is not shared with your role; in an emergency, break the glass"

    /// Looks a record up without noting it, and without telling what the role does not include.
    private func find(_ reference: String, kind: String?) async throws -> (RecordView, Ground) {
        let compartment = kind.flatMap { Vocabulary.kind(named: $0) }?.compartment
        // What is not to be read is found by its id alone: a title, even in an error, would tell.
        if let compartment, !scope.includes(compartment),
            RecordID(text: RecordReference(reference).prefix) == nil
        {
            throw SiteError(.refused, "\(compartment.name) \(Self.missing)")
        }
        let found: RecordView
        do {
            found = try await site.record(reference, kind: kind)
        } catch let error as SiteError where error.code == .ambiguous {
            throw SiteError(.ambiguous, "that may mean several records; give more of the id")
        }
        guard let ground = try await ground(for: found.compartment, around: found.id) else {
            throw SiteError(.refused, "that record \(Self.missing)")
        }
        return (found, ground)
    }

    /// Those of some conflicts that are about what the role includes.
    func readable(_ conflicts: [ConflictView]) async throws -> [ConflictView] {
        conflicts.filter { conflict in
            // What is about no record, as a fork, is about entries of a compartment.
            scope.includes(
                Vocabulary.kind(named: conflict.recordKind)?.compartment ?? conflict.compartment)
        }.map { conflict in
            var conflict = conflict
            if !scope.includes(.personal) { conflict.resident = nil }
            // Beside two residents stands what is safety-critical in all that belongs to them.
            for index in conflict.details?.sides.indices ?? 0..<0 {
                conflict.details?.sides[index].lines.removeAll { line in
                    !(Vocabulary.kind(named: line.kind).map { scope.includes($0.compartment) }
                        ?? false)
                }
            }
            return named(conflict)
        }
    }

    /// Those of some records that they may read.
    private func readable(_ views: [RecordView]) async throws -> [RecordView] {
        let acts = try await site.standingBreakGlass(of: audited.actor, through: audited.channel)
        guard !acts.isEmpty else {
            return try await seen(views.filter { scope.includes($0.compartment) })
        }
        var mine: [RecordView] = []
        for view in views where try await ground(for: view.compartment, around: view.id) != nil {
            mine.append(view)
        }
        return try await seen(mine)
    }

    /// The same records, which they may read, without the titles of what they are part of or name where
    /// that is not to be read.
    private func seen(_ views: [RecordView]) async throws -> [RecordView] {
        var known = Dictionary(
            views.map { ($0.id, true) }, uniquingKeysWith: { first, _ in first })
        var seen = views
        for index in seen.indices where seen[index].parentTitle != nil {
            guard let parent = seen[index].parent else { continue }
            if known[parent] == nil {
                let above = try await site.record(
                    "\(parent)@\(seen[index].partnershipID)", kind: nil)
                known[parent] = try await ground(for: above.compartment, around: parent) != nil
            }
            if known[parent] == false { seen[index].parentTitle = nil }
        }
        return seen.map(named)
    }

    // MARK: Reading

    func tree(_ query: TreeQuery) async throws -> RecordTree {
        let (root, ground) = try await find(query.reference, kind: query.kind)
        var wanted = query
        wanted.reference = root.reference
        let mine = try await readableCompartments(of: root.reference)
        wanted.kinds = Vocabulary.kinds.filter { mine.contains($0.compartment) }.map(\.name)
            .filter { query.kinds?.contains($0) ?? true }
        var tree = try await site.tree(wanted)
        tree.record = try await seen([tree.record])[0]
        tree.samePerson = try await readable(tree.samePerson)
        tree.descendants = try await readable(tree.descendants)
        tree.mentions = try await readable(tree.mentions)
        tree.more = tree.more.filter { name, _ in
            Vocabulary.kind(named: name).map { scope.includes($0.compartment) } ?? false
        }
        tree.compartments = mine
        let acts = try await site.standingBreakGlass(of: audited.actor, through: audited.channel)
        let act = acts.first { $0.breakGlass?.resident == root.id }?.number
        let below = tree.descendants.count + tree.mentions.count
        try await reading(on: act.map(Ground.glass) ?? ground).note(
            .read, "looked at the \(root.kind) \(root.short) with \(below) under it",
            record: root.id)
        return tree
    }

    func records(_ query: RecordQuery) async throws -> [RecordView] {
        guard let kind = Vocabulary.kind(named: query.kind) else {
            return try await audited.records(query)
        }
        var around: RecordID?
        if let under = query.under { around = try await site.record(under, kind: nil).id }
        guard let ground = try await ground(for: kind.compartment, around: around) else {
            return []
        }
        var found = try await seen(reading(on: ground).records(query))
        if let search = query.search, !scope.includes(.personal) {
            // The titles of residents are searched too: what they find would tell who they are.
            let needle = RecordReader.searchable(search)
            found = found.filter { RecordReader.searchable($0.title).contains(needle) }
        }
        return found
    }

    func record(_ reference: String, kind: String?) async throws -> RecordView {
        let (found, ground) = try await find(reference, kind: kind)
        return try await seen([reading(on: ground).record(found.reference, kind: kind)])[0]
    }

    func history(_ reference: String) async throws -> [HistoryItem] {
        let (found, ground) = try await find(reference, kind: nil)
        return try await reading(on: ground).history(found.reference)
    }

    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        try await readable(try await audited.conflicts(query))
    }

    func conflict(_ id: String) async throws -> ConflictView {
        guard let mine = try await readable([try await site.conflict(id)]).first else {
            throw SiteError(.refused, "that conflict \(Self.missing)")
        }
        return try await readable([try await audited.conflict(mine.id)]).first ?? mine
    }

    func retention() async throws -> [RetentionItem] {
        guard scope.includes(.personal) else { return [] }
        return try await audited.retention()
    }

    func erasures() async throws -> [ErasureView] {
        try await audited.erasures().filter { scope.includes($0.compartment) }
    }

    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        try await audited.overview(compartments.filter(scope.includes)).map { summary in
            var summary = summary
            summary.resident = named(summary.resident)
            summary.stays = summary.stays.map(named)
            summary.plans = summary.plans.map(named)
            return summary
        }
    }

    func changes(_ query: ChangesQuery) async throws -> ChangesView {
        let (root, ground) = try await find(query.reference, kind: nil)
        let mine = try await readableCompartments(of: root.reference)
        var wanted = query
        wanted.reference = root.reference
        wanted.compartments = query.compartments.filter(mine.contains)
        return named(try await reading(on: ground).changes(wanted))
    }

    // MARK: Writing

    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        for edit in edits {
            let compartment: Compartment?
            switch edit.target {
            case .new(let kind, _, _):
                compartment = Vocabulary.kind(named: kind)?.compartment
            case .existing(let reference, let kind, _):
                compartment = try await find(reference, kind: kind).0.compartment
            }
            guard compartment.map(scope.includes) ?? true else {
                throw SiteError(
                    .refused, "your role does not include writing \(compartment?.name ?? "that")")
            }
        }
        return try await audited.save(edits, by: author)
    }

    func resolve(
        _ resolution: Resolution, by author: Author
    ) async throws -> ResolutionOutcome {
        _ = try await conflict(resolution.conflict)
        return try await audited.resolve(resolution, by: author)
    }

    func undoDecision(
        _ undo: ConflictUndo, by author: Author
    ) async throws -> ResolutionOutcome {
        // What it is about is looked up without telling whether there is a decision, or of what class.
        var preview = undo
        (preview.isPreview, preview.isAttested) = (true, true)
        var compartments: [Compartment] = []
        do {
            let outcome = try await site.undoDecision(preview, by: author)
            // Of several records with that id it is one that what is typed behind `@` fits.
            let apart = undo.conflict.split(separator: "@").dropFirst().map { "@\($0)" }.joined()
            guard let id = outcome.record else { throw SiteError(.refused, "") }
            compartments = try await translating {
                try await site.store.read {
                    try RecordReference("\(id)\(apart)").matches(in: $0).map(\.compartment)
                }
            }
        } catch let error as SiteError where [.refused, .ambiguous].contains(error.code) {
            compartments = []
        }
        guard !compartments.isEmpty, compartments.allSatisfy(scope.includes) else {
            throw SiteError(
                .notFound, "no decision stands there, or what it is about \(Self.missing)")
        }
        return try await audited.undoDecision(undo, by: author)
    }

    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        try needsAll("deciding many conflicts at once")
        return try await audited.resolveMany(bulk, by: author)
    }

    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        _ = try await conflict(work.conflict)
        return try await readable([audited.work(on: work, by: author)])[0]
    }

    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        try needsAll("moving a resident")
        return try await audited.moveResident(move, by: author)
    }

    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        try needsAll("an import")
        return try await audited.importRecords(batch, by: author, progress: progress)
    }

    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        try needsAll("an erasure")
        return try await audited.erase(draft, by: author)
    }

    // MARK: Breaking the glass

    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        try await site.breakGlass(
            request, by: audited.actor, through: audited.channel, within: scope)
    }

    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        try await audited.reviewBreakGlass(review)
    }

    func readableCompartments(of record: String) async throws -> [Compartment] {
        let found = try await site.record(record, kind: nil)
        var readable: [Compartment] = []
        for compartment in try await site.partnership(found.partnershipID.description).compartments
        where try await ground(for: compartment, around: found.id) != nil {
            readable.append(compartment)
        }
        return readable
    }
}
