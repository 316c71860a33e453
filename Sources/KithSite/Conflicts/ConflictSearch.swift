import Foundation
import KithModel
import KithProtocol
import KithStore

/// Finds the one conflict that somebody typed the id of.
struct ConflictSearch {
    let transaction: StoreTransaction
    let entry: FieldEntry

    /// A typed id: what stands before the point, and behind it.
    struct Typed {
        let id: String
        let prefix: String
        let tail: String

        init(_ id: String) throws {
            let parts = id.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].count >= 4, RecordID.bounds(ofPrefix: parts[0]) != nil
            else {
                throw SiteError(
                    .invalid,
                    "a conflict's id looks like 7XK2M9QF.severity; see 'kith conflict list'")
            }
            self.id = ShownText(line: String(id.prefix(80))).text
            (prefix, tail) = (parts[0], parts[1])
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
        var query = ConflictQuery(includesArchived: true)
        var matches: [ConflictLister.Listed] = []
        if let other = typed.other {
            query.kinds = [other.kind]
            let all = try lister.list(query)
            matches = all.filter { item in
                let key = item.found.key
                return typed.isBeginning(of: key.typedPrefix)
                    && (other.detail.isEmpty || Self.isDetail(other.detail, of: key))
            }
            if matches.isEmpty, other.kind == .duplicateResident {
                // The other of the two may stand first.
                matches = all.filter { item in
                    item.found.key.other.flatMap { RecordID(text: $0.detail) }.map(
                        typed.isBeginning) ?? false
                        && item.found.key.anchor.map {
                            RecordID.bounds(ofPrefix: other.detail)?.contains($0) ?? false
                        } ?? false
                }
            }
        } else {
            query.kinds = [.field, .authorRemoved]
            for record in try records(typed) {
                matches += try lister.list(query, ofRecord: record.row).filter {
                    $0.view.fieldName?.lowercased() == typed.tail.lowercased()
                }
            }
        }
        guard let match = matches.first else { throw try settled(typed) }
        guard matches.count == 1 else {
            throw SiteError(.ambiguous, "several conflicts' ids begin so; give more of the id")
        }
        return match
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

    /// The records whose ids begin as typed.
    func records(_ typed: Typed) throws -> [StoredRecord] {
        try transaction.records(RecordSelection(prefix: typed.prefix))
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
