import KithModel
import KithProtocol
import KithStore

// What an edit builds upon must stand: nobody goes on writing in what was put away.
extension EditPlanner {
    /// The edit with the ids of the new records of this save that it names.
    func naming(_ edit: RecordEdit) -> (edit: RecordEdit, isNaming: Bool) {
        func id(_ text: String) -> String? {
            guard text.hasPrefix("#"), let number = Int(text.dropFirst()),
                records.indices.contains(number - 1)
            else { return nil }
            return records[number - 1].description
        }
        guard case .new(let name, let partnership, let parent) = edit.target else {
            return (edit, false)
        }
        var named = edit
        var isNaming = false
        if let parent, let made = id(parent) {
            named.target = .new(kind: name, partnership: partnership, parent: made)
            isNaming = true
        }
        for (index, value) in edit.values.enumerated() {
            // Other fields may well say "#1", such as that of a room.
            guard case .reference? = Vocabulary.kind(named: name)?.field(named: value.field)?.type,
                let made = id(value.text)
            else { continue }
            named.values[index].text = made
            isNaming = true
        }
        return (named, isNaming)
    }

    /// Refuses an edit of a record that was archived, unless it brings the record back.
    func checkIsLive(_ record: StoredRecord, _ kind: RecordKind, for edit: RecordEdit) throws {
        guard Self.isArchived(record), !edit.values.contains(where: { $0.field == "archived" })
        else { return }
        throw SiteError(
            .refused,
            "that \(kind.label.lowercased()) was archived\(by(record)); bring it back first with 'archive \(record.id.short) --restore' if it is to be changed"
        )
    }

    /// Refuses a new part of what was archived or erased.
    func checkTakesParts(_ parent: StoredRecord) throws {
        let label = Vocabulary.kind(parent.kind)?.label.lowercased() ?? "record"
        if Self.isArchived(parent) {
            throw SiteError(
                .refused,
                "the \(label) \(parent.id.short) was archived\(by(parent)); bring it back first with 'archive \(parent.id.short) --restore', or choose another"
            )
        }
        if Self.isErased(parent) {
            throw SiteError(
                .refused,
                "the \(label) \(parent.id.short) was erased; add it anew, or choose another")
        }
    }

    /// Refuses references to what is in another partnership, archived or erased.
    func checkReferences(
        _ values: [(FieldDefinition, FieldValue)], in partnership: PartnershipID
    ) throws {
        for (field, value) in values {
            guard case .reference(let target) = value else { continue }
            let found = try transaction.records(RecordSelection(ids: [target]))
            guard let record = found.first(where: { $0.partnership == partnership }) else {
                throw SiteError(
                    .refused,
                    "\(field.name) names a record of another partnership, which this one's members may not read; add it to this partnership first"
                )
            }
            if field.name != "parent" { try checkTakesParts(record) }
        }
    }

    private func by(_ record: StoredRecord) -> String {
        let said = record.operations.first { $0.field == Self.archivedField }?.act.committer
        guard let said else { return "" }
        return " by \(ShownText(line: said.name.isEmpty ? said.user : said.name).text)"
    }

    private static let archivedField: UInt32 = 1

    /// With a conflict about it, a record is not archived.
    private static func isArchived(_ record: StoredRecord) -> Bool {
        let said = record.operations.filter { $0.field == archivedField }
        return !said.isEmpty && said.allSatisfy { $0.value == FieldValue.boolean(true).encoded() }
    }

    private static func isErased(_ record: StoredRecord) -> Bool {
        !record.operations.isEmpty && record.operations.allSatisfy { $0.value == nil }
    }
}
