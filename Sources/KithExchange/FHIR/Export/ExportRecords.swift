import KithModel
import KithSite

/// The live records of one partnership that an export is about, and who is part of what.
struct ExportRecords: Sendable {
    let partnership: PartnershipView
    /// In the order of the vocabulary, then of titles.
    let records: [RecordView]
    /// Whether there are safeguarding records that were left out.
    let hasRestrictedLeft: Bool
    private let byID: [RecordID: RecordView]

    /// Reads what a site holds; archived records are out of use, and stay here.
    init(of site: any Site, _ request: ExportRequest) async throws {
        var residents: [RecordView] = []
        for reference in request.residents {
            residents.append(try await site.record(reference, kind: "resident"))
        }
        partnership = try await Self.partnership(of: site, request, residents)
        if residents.isEmpty {
            residents = try await site.records(
                RecordQuery(kind: "resident", partnership: partnership.id.description))
        }
        var all: [RecordView] = []
        for resident in residents {
            let tree = try await site.tree(
                TreeQuery(resident.id.description, kind: "resident"))
            // Whom people found to be the same person goes along: what is part of them is there.
            all += [tree.record] + tree.samePerson + tree.descendants
        }
        for kind in Vocabulary.kinds where !kind.isUnderResident {
            all += try await site.records(
                RecordQuery(kind: kind.name, partnership: partnership.id.description))
        }
        residents = all.filter { $0.kind == "resident" }
        all = Self.ordered(all)
        let everything = Dictionary(
            all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var kept = Self.chosen(
            from: all, everything, residents: Set(residents.map(\.id)),
            isWhole: request.residents.isEmpty)
        let restricted = kept.filter { $0.compartment == .restricted }
        if !request.includesRestricted { kept.removeAll { $0.compartment == .restricted } }
        hasRestrictedLeft = !request.includesRestricted && !restricted.isEmpty
        records = kept
        byID = Dictionary(kept.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Each record once, in the order of the vocabulary.
    private static func ordered(_ records: [RecordView]) -> [RecordView] {
        let places = Dictionary(
            uniqueKeysWithValues: Vocabulary.kinds.enumerated().map { ($1.name, $0) })
        var seen: Set<RecordID> = []
        return records.filter { seen.insert($0.id).inserted }.enumerated().sorted {
            (places[$0.element.kind] ?? .max, $0.offset) < (
                places[$1.element.kind] ?? .max, $1.offset
            )
        }.map(\.element)
    }

    /// A record of the export.
    subscript(id: RecordID) -> RecordView? { byID[id] }

    /// The resident that a record is about; nil for one about nobody, or several.
    func resident(of record: RecordView) -> RecordView? {
        var current: RecordView? = record
        // A peer may have written a circle.
        for _ in 0..<8 {
            guard let view = current else { return nil }
            if view.kind == "resident" { return view }
            if let named = view.reference("resident") { return self[named] }
            current = view.parent.flatMap { self[$0] }
        }
        return nil
    }

    /// Those that are part of a record, of one kind.
    func children(of record: RecordID, kind: String) -> [RecordView] {
        records.filter { $0.parent == record && $0.kind == kind }
    }

    /// The partnership that a request means: the one it names, else that of the residents, else the
    /// only shared one.
    static func partnership(
        of site: any Site, _ request: ExportRequest, _ residents: [RecordView] = []
    ) async throws -> PartnershipView {
        if let reference = request.partnership {
            let partnership = try await site.partnership(reference)
            if let other = residents.first(where: { $0.partnershipID != partnership.id }) {
                throw SiteError(
                    .invalid,
                    "\(other.short) is not in that partnership but in "
                        + "\(JSONPlace.quoted(other.partnership)); name the one, or the resident there"
                )
            }
            return partnership
        }
        let named = Set(residents.map(\.partnershipID))
        guard named.count <= 1 else {
            throw SiteError(
                .ambiguous,
                "these residents are in different partnerships, whose members may not see each "
                    + "other's; export one partnership at a time")
        }
        if let only = named.first { return try await site.partnership(only.description) }
        let all = try await site.partnerships()
        let shared = all.filter { !$0.isPrivate }
        guard let only = shared.count == 1 ? shared.first : all.count == 1 ? all.first : nil else {
            throw SiteError(
                .ambiguous,
                "there are \(shared.count) shared partnerships; name one with --partnership NAME")
        }
        return only
    }

    /// What belongs to the residents, and what that refers to.
    private static func chosen(
        from all: [RecordView], _ byID: [RecordID: RecordView], residents: Set<RecordID>,
        isWhole: Bool
    ) -> [RecordView] {
        func isAbout(_ record: RecordView) -> Bool {
            var current: RecordView? = record
            for _ in 0..<8 {
                guard let view = current else { return false }
                if residents.contains(view.id) { return true }
                if view.kind == "resident" { return false }
                if let named = view.reference("resident") { return residents.contains(named) }
                current = view.parent.flatMap { byID[$0] }
            }
            return false
        }
        var kept = Set(all.filter { isAbout($0) || (isWhole && isOfAll($0, byID)) }.map(\.id))
        var pending = Array(kept)
        // What they refer to comes along, but no other resident and nothing of one.
        while let next = pending.popLast() {
            guard let record = byID[next] else { continue }
            for target in record.references + [record.parent].compactMap(\.self)
            where !kept.contains(target) {
                guard let view = byID[target], isOfAll(view, byID) else { continue }
                kept.insert(target)
                pending.append(target)
            }
        }
        return all.filter { kept.contains($0.id) }
    }

    /// Whether a record is about no resident.
    private static func isOfAll(_ record: RecordView, _ byID: [RecordID: RecordView]) -> Bool {
        var current: RecordView? = record
        for _ in 0..<8 {
            guard let view = current else { return true }
            if view.kind == "resident" || view.reference("resident") != nil { return false }
            guard let parent = view.parent else { return true }
            guard let above = byID[parent] else { return false }
            current = above
        }
        return false
    }
}

extension RecordView {
    /// The record that a field points at, by the value that is shown.
    func reference(_ name: String) -> RecordID? {
        guard case .reference(let target)? = field(name)?.candidates.first?.value else {
            return nil
        }
        return target
    }

    /// The records that its fields point at.
    var references: [RecordID] {
        fields.filter { $0.name != "parent" }.flatMap(\.candidates).compactMap {
            if case .reference(let target)? = $0.value { return target }
            return nil
        }
    }
}

extension RecordKind {
    /// Whether its records are part of a resident, at any depth.
    fileprivate var isUnderResident: Bool {
        name == "resident"
            || parents.contains {
                $0 == "resident" || Vocabulary.kind(named: $0)?.isUnderResident == true
            }
    }
}
