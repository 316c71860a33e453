import KithModel
import KithSite

/// A record and what is directly part of it.
struct RecordFamily: Encodable {
    /// The record.
    let record: RecordView
    /// What is part of it, by the plural of the kind, in the order of the vocabulary.
    let children: [(kind: RecordKind, records: [RecordView])]

    private enum Key: String, CodingKey { case children }

    init(record: RecordView, children: [(kind: RecordKind, records: [RecordView])] = []) {
        self.record = record
        self.children = children
    }

    /// The record with its children, those of every kind that can be part of it.
    static func gather(_ record: RecordView, on site: any Site) async throws -> RecordFamily {
        var children: [(kind: RecordKind, records: [RecordView])] = []
        for kind in Vocabulary.kinds where kind.parents.contains(record.kind) {
            let records = try await site.records(
                RecordQuery(kind: kind.name, under: record.id.description))
            // A listing goes to any depth; a child of a child belongs to the child.
            children.append((kind, records.filter { $0.parent == record.id }))
        }
        return RecordFamily(record: record, children: children)
    }

    /// The children of a kind.
    func children(_ kind: String) -> [RecordView] {
        children.first { $0.kind.name == kind }?.records ?? []
    }

    /// The record's own keys, and `children` where its kind can have some.
    func encode(to encoder: any Encoder) throws {
        try record.encode(to: encoder)
        guard !children.isEmpty else { return }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(
            Dictionary(uniqueKeysWithValues: children.map { ($0.kind.plural, $0.records) }),
            forKey: .children)
    }
}
