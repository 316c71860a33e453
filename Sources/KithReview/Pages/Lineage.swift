import KithModel
import KithSite

/// Where records stand: what they are part of, and what they can point to.
enum Lineage {
    /// The record at the top of what one is part of; bounded, since a peer may write a cycle.
    static func top(of record: RecordView?, _ desk: Desk) async throws -> RecordView? {
        guard var current = record else { return nil }
        for _ in 0..<8 {
            guard let next = try await desk.parent(of: current) else { break }
            current = next
        }
        return current
    }

    /// The page on which a record is read.
    static func place(of record: RecordView, _ desk: Desk) async throws -> String {
        guard let top = try await top(of: record, desk) else { return "/" }
        switch top.kind {
        case "resident": return "/residents/\(try await desk.name(of: top))"
        case "contact", "organisation", "interaction": return "/contacts"
        default: return "/records/\(try await desk.name(of: top))"
        }
    }

    /// What the references of a kind can point to, by kind of record: those of the same partnership.
    static func choices(
        for kind: RecordKind, top: RecordView?, _ desk: Desk
    ) async throws -> [String: [RecordView]] {
        var wanted: Set<String> = []
        for field in kind.fields + kind.fields.flatMap(\.members) where field.name != "parent" {
            if case .reference(let kinds) = field.type { wanted.formUnion(kinds) }
        }
        var choices: [String: [RecordView]] = [:]
        guard !wanted.isEmpty else { return choices }
        let family = try await top.asyncMap { try await desk.family($0.reference) }
        for name in wanted {
            guard let kind = Vocabulary.kind(named: name), desk.mayRead(kind) else { continue }
            if !kind.parents.isEmpty, let family {
                choices[name] = family.descendants.filter { $0.kind == name && !$0.isArchived }
            } else {
                choices[name] = try await desk.records(name).filter {
                    top == nil || $0.partnershipID == top?.partnershipID
                }
            }
        }
        return choices
    }
}

extension Optional {
    /// Maps with something that takes its time.
    func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        if let value = self { return try await body(value) }
        return nil
    }
}

extension RecordView {
    /// Whether all that the record said was erased.
    var isErased: Bool {
        let said = fields.flatMap(\.candidates)
        return !said.isEmpty && said.allSatisfy { $0.value == nil && $0.absence == .erased }
    }
}
