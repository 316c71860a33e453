import KithModel
import KithSite

/// A record as `show --json` prints it: its own keys, and `children` with what is directly part of it
/// by the plural of the kind, a list for every kind that can be.
struct TreeJSON: Encodable {
    private enum Key: String, CodingKey {
        case children, samePerson, mentions
    }

    private let tree: RecordTree

    init(_ tree: RecordTree) {
        self.tree = tree
    }

    /// Writes the keys of the record and its children.
    func encode(to encoder: any Encoder) throws {
        try tree.record.encode(to: encoder)
        let kinds = Vocabulary.kinds.filter { $0.parents.contains(tree.record.kind) }
        guard !kinds.isEmpty else { return }
        let roots = [tree.record] + tree.samePerson
        let children = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                let direct = roots.flatMap { tree.children(of: $0.id) }
                return (kind.plural, direct.filter { $0.kind == kind.name })
            })
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(children, forKey: .children)
        guard tree.record.kind == "resident" else { return }
        try container.encode(tree.samePerson, forKey: .samePerson)
        try container.encode(
            Dictionary(grouping: tree.mentions) {
                Vocabulary.kind(named: $0.kind)?.plural ?? $0.kind
            }, forKey: .mentions)
    }
}

/// Who else a resident may be.
enum SuspectedDuplicates {
    /// The open conflicts that take a resident for somebody who has another record, with both sides.
    static func of(_ resident: RecordView, on site: any Site) async throws -> [ConflictView] {
        let open = try await site.conflicts(
            ConflictQuery(kinds: [.duplicateResident], under: resident.id.description))
        var found: [ConflictView] = []
        for conflict in open where conflict.kind == .duplicateResident {
            found.append(try await site.conflict(conflict.id))
        }
        return found
    }
}

/// Whose a plan is.
enum PlanResident {
    /// The resident of a plan with what could harm them; nil where that cannot be read here.
    static func read(of plan: RecordView, on site: any Site) async throws -> RecordTree? {
        guard let parent = plan.parent else { return nil }
        do {
            return try await site.tree(
                TreeQuery(
                    parent.description, kind: "resident", kinds: CareSheet.kinds(for: .safety),
                    newest: ResidentPage.newest))
        } catch let error as SiteError where error.code == .notFound {
            return nil
        }
    }
}
