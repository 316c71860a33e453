import Foundation
import KithModel
import KithProtocol
import KithStore

/// Finds the one conflict that somebody typed the id of.
struct ConflictSearch {
    let transaction: StoreTransaction
    let entry: FieldEntry

    /// A typed id: what stands before the point, behind it, and behind each `@` (`ConflictNames`).
    struct Typed {
        let id: String
        let prefix: String
        let tail: String
        private let qualifiers: [String]

        init(_ id: String) throws {
            let parts = id.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].count >= 4, RecordID.bounds(ofPrefix: parts[0]) != nil
            else {
                throw SiteError(
                    .invalid,
                    "a conflict's id looks like 7XK2M9QF.severity; see 'kith conflict list'")
            }
            self.id = ShownText(line: String(id.prefix(80))).text
            let words = parts[1].split(separator: "@", omittingEmptySubsequences: false).map(
                String.init)
            (prefix, tail) = (parts[0], words[0])
            qualifiers = Array(words.dropFirst())
        }

        /// The beginning that every id has that is told from this one by more characters.
        var short: String {
            RecordID.bounds(ofPrefix: prefix).map {
                let whole = prefix.filter { $0.isLetter || $0.isNumber }.count
                return String($0.lowerBound.description.prefix(min(8, whole)))
            } ?? prefix
        }

        /// Whether all that stands behind `@` is true of a conflict.
        func fits(_ key: ConflictKey, recordKind: UInt32?) -> Bool {
            qualifiers.allSatisfy { ConflictNames.fits($0, key, recordKind: recordKind) }
        }

        /// The kind that the tail names, and how the id of a second record begins; nil for a field's name.
        var other: (kind: ConflictKind, detail: String)? {
            let tail = tail.lowercased()
            for kind in ConflictKind.allCases where !kind.isOfField {
                if tail == kind.word { return (kind, "") }
                if tail.hasPrefix(kind.word + "-") {
                    return (kind, String(tail.dropFirst(kind.word.count + 1)))
                }
            }
            return nil
        }

        func isBeginning(of record: RecordID) -> Bool {
            RecordID.bounds(ofPrefix: prefix)?.contains(record) ?? false
        }
    }

    /// The open conflict of an id, archived records included.
    func find(_ id: String) throws -> ConflictLister.Listed {
        let typed = try Typed(id)
        let lister = try ConflictLister(transaction, entry: entry)
        let matches = try
            (typed.other.map { try between($0, typed, lister) } ?? field(typed, lister))
            .filter { typed.fits($0.found.key, recordKind: $0.found.recordKind) }
        guard let match = matches.first else { throw try settled(typed) }
        guard matches.count == 1 else { throw Self.ambiguous(matches.map(\.view.id)) }
        return match
    }

    /// Conflicts of a field, by what is typed before the point.
    private func field(
        _ typed: Typed, _ lister: ConflictLister
    ) throws -> [ConflictLister.Listed] {
        let query = ConflictQuery(kinds: [.field, .authorRemoved], includesArchived: true)
        let rows = Set(try transaction.records(RecordSelection(prefix: typed.short)).map(\.row))
        // Of ever so many that a member made to begin alike nothing is asked one by one.
        let listed =
            try rows.count > 8
            ? lister.list(query) : rows.flatMap { try lister.list(query, ofRecord: $0) }
        let alike = listed.filter { item in
            item.found.row.map(rows.contains) ?? false
                && item.found.fieldName?.lowercased() == typed.tail.lowercased()
        }
        let names = ConflictNames(alike.map(\.found))
        return alike.filter { typed.isBeginning(of: $0.found.key.typedPrefix) }.map {
            var listed = $0
            listed.view.id = names[listed.found]
            return listed
        }
    }

    /// Conflicts of another kind.
    private func between(
        _ other: (kind: ConflictKind, detail: String), _ typed: Typed, _ lister: ConflictLister
    ) throws -> [ConflictLister.Listed] {
        let all = try lister.list(ConflictQuery(kinds: [other.kind], includesArchived: true))
        let matches = all.filter { item in
            let key = item.found.key
            return typed.isBeginning(of: key.typedPrefix)
                && (other.detail.isEmpty || Self.isDetail(other.detail, of: key))
        }
        guard matches.isEmpty, other.kind == .duplicateResident else { return matches }
        // The other of the two may stand first.
        return all.filter { item in
            item.found.key.other.flatMap { RecordID(text: $0.detail) }.map(typed.isBeginning)
                ?? false
                && item.found.key.anchor.map {
                    RecordID.bounds(ofPrefix: other.detail)?.contains($0) ?? false
                } ?? false
        }
    }

    /// That several begin as was typed, and how each is told from the others.
    static func ambiguous(_ ids: [String]) -> SiteError {
        let shown = ids.sorted().prefix(4).map { "'\($0)'" }
        let more = ids.count > shown.count ? " or others of 'kith conflict list'" : ""
        return SiteError(
            .ambiguous,
            "\(ids.count) conflicts' ids begin so; give one of \(shown.joined(separator: ", "))\(more)"
        )
    }

    /// The same without details; nil when nothing is open there.
    func open(_ id: String) throws -> ConflictView? {
        do {
            return try find(id).view
        } catch let error as SiteError where error.code == .notFound {
            return nil
        }
    }

    private static func isDetail(_ typed: String, of key: ConflictKey) -> Bool {
        guard let detail = key.other?.detail else { return false }
        if let record = RecordID(text: detail) {
            return RecordID.bounds(ofPrefix: typed)?.contains(record) ?? false
        }
        return detail.lowercased().hasPrefix(typed)
    }

    /// That nothing is open there, and what became of it.
    func settled(_ typed: Typed) throws -> SiteError {
        var how = ""
        let resolved = try ConflictUndoing(transaction: transaction, entry: entry).decision(typed)
        if let act = resolved?.act {
            let who = act.performer ?? act.committer
            how =
                "\(ShownText(line: who.name).text) decided it at \(act.recorded.formatted(in: entry.zone)), which 'kith conflict undo \(typed.id)' takes back: "
        } else {
            how = "it may have been resolved: "
        }
        return SiteError(
            .notFound,
            "there is no open conflict '\(typed.id)'; \(how)see 'kith record history \(ShownText(line: typed.prefix).text)'"
        )
    }
}
