import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// Decides many routine conflicts alike, all or none: wherever one site said one thing, that stands.
struct BulkResolver {
    let transaction: StoreTransaction
    let entry: FieldEntry
    let author: Author
    let site: SiteID
    let now: Instant

    private struct Choice {
        let listed: ConflictLister.Listed
        let value: ContestedValue
    }

    /// Decides them, or says what would come of that.
    func resolve(
        _ bulk: BulkResolution, partnership: PartnershipID?, under: RecordID?
    ) throws -> BulkReport {
        let reason = try ConflictResolver.reason(bulk.reason)
        let version = try transaction.version()
        let seen = bulk.seen ?? version
        guard (0...version).contains(seen), bulk.isPreview || bulk.seen != nil else {
            throw SiteError(
                .invalid, "give the version that the dry run printed with --seen VERSION")
        }
        let preferred = try preferredSite(bulk.preferredSite)
        let matches = try matches(bulk, partnership: partnership, under: under)
        try check(matches, bulk)
        var choices: [Choice] = []
        var skipped: [String] = []
        for listed in matches {
            let said = listed.found.values.filter { $0.readAt <= seen }
            let theirs = said.filter { $0.live.isEffective && $0.author == preferred }
            guard let first = theirs.first, let value = first.live.value,
                Set(theirs.map(\.live.value)).count == 1,
                Set(said.map(\.live.value)).count > 1,
                (try? FieldValue(decoding: value)) != nil
            else {
                skipped.append(listed.view.id)
                continue
            }
            choices.append(Choice(listed: listed, value: first))
        }
        guard !choices.isEmpty else {
            throw SiteError(
                .notFound,
                "that decides nothing: of \(matches.count) conflicts that match, the site said one thing in none"
            )
        }
        let items = choices.compactMap { item($0, seen: seen) }
        if !bulk.isPreview { try write(choices, seen: seen, reason: reason) }
        return BulkReport(
            items: items, skipped: skipped, version: version, isWritten: !bulk.isPreview)
    }

    /// The member that somebody means.
    private func preferredSite(_ reference: String) throws -> SiteID {
        let profiles = try transaction.partnerships().flatMap {
            $0.members.map(\.profile) + $0.formerMembers.map(\.profile)
        }
        let wanted = reference.uppercased()
        let found = Set(
            profiles.filter {
                $0.name.lowercased() == reference.lowercased()
                    || (wanted.count >= 4 && $0.site.description.hasPrefix(wanted))
            }.map(\.site))
        guard let site = found.first else {
            throw SiteError(
                .notFound,
                "no member is called '\(ShownText(line: String(reference.prefix(60))).text)'; see 'kith partnership show'"
            )
        }
        guard found.count == 1 else {
            throw SiteError(.ambiguous, "several members are called so; give the site's id")
        }
        return site
    }

    private func matches(
        _ bulk: BulkResolution, partnership: PartnershipID?, under: RecordID?
    ) throws -> [ConflictLister.Listed] {
        let query = ConflictQuery(
            kinds: [.field, .authorRemoved], openedBefore: bulk.openedBefore)
        return try ConflictLister(transaction, entry: entry).list(
            query, in: partnership, under: under
        ).filter { listed in
            guard let field = listed.view.fieldName else { return false }
            return bulk.fields.contains(field)
                || bulk.fields.contains("\(listed.view.recordKind).\(field)")
        }
    }

    private func check(_ matches: [ConflictLister.Listed], _ bulk: BulkResolution) throws {
        guard !bulk.fields.isEmpty else {
            throw SiteError(.invalid, "say which fields with --field; never all at once")
        }
        guard !matches.isEmpty else {
            throw SiteError(
                .notFound, "no open conflict matches; see 'kith conflict list --severity routine'")
        }
        if let critical = matches.first(where: { $0.view.severity == .safetyCritical }) {
            throw SiteError(
                .refused,
                "\(critical.view.id) and perhaps more of it is safety-critical: each of those is decided by itself, and nothing was changed"
            )
        }
        guard matches.count <= bulk.limit else {
            throw SiteError(
                .refused,
                "\(matches.count) conflicts match, more than \(bulk.limit): narrow it down, or allow more with --at-most"
            )
        }
    }

    private func field(
        _ listed: ConflictLister.Listed
    ) -> (kind: RecordKind, field: FieldDefinition)? {
        guard let kind = Vocabulary.kind(named: listed.view.recordKind),
            let field = listed.found.key.field.flatMap(kind.field)
        else { return nil }
        return (kind, field)
    }

    private func item(_ choice: Choice, seen: Int64) -> BulkReport.Item? {
        guard let field = field(choice.listed)?.field, let record = choice.listed.view.record,
            let bytes = choice.value.live.value, let value = try? FieldValue(decoding: bytes)
        else { return nil }
        let stands = entry.words(for: value, of: field)
        return BulkReport.Item(
            conflict: choice.listed.view.id, about: ConflictResolver.about(choice.listed.view),
            stands: stands, replaces: choice.listed.view.values.filter { $0 != stands },
            record: record)
    }

    private func write(_ choices: [Choice], seen: Int64, reason: String) throws {
        var planner = EditPlanner(
            transaction: transaction, entry: entry, author: author, site: site)
        for choice in choices {
            guard let (kind, field) = field(choice.listed), let row = choice.listed.found.row,
                let record = choice.listed.view.record, let bytes = choice.value.live.value
            else { continue }
            try planner.plan(
                DraftPart(
                    skeleton: Skeleton(
                        record: record, kind: kind.number,
                        operations: [
                            KithProtocol.Operation(
                                field: field.number,
                                supersedes: try transaction.candidates(
                                    ofField: field.number, record: row, asOf: seen))
                        ], change: .resolve, committer: author.person, performer: nil, event: nil,
                        group: Data()), values: [try FieldValue(decoding: bytes)], reason: reason),
                class: .record, in: kind.compartment,
                of: choice.listed.found.key.partnership)
        }
        try planner.commit(now: now)
    }
}
