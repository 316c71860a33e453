import KithModel

// What others call a record tells of it too. Where a record that may be read names one that may not, its
// reader learns that it names one, and no more: neither in the value, nor in a title that is made of it.
extension ScopedSite {
    /// Whether a field may name a record of a compartment that the role does not include.
    private func hides(_ field: FieldDefinition?) -> Bool {
        guard case .reference(let kinds)? = field?.type else { return false }
        return kinds.contains { name in
            Vocabulary.kind(named: name).map { !scope.includes($0.compartment) } ?? true
        }
    }

    private func hides(_ name: String?, of kind: String) -> Bool {
        guard let name else { return false }
        return hides(Vocabulary.kind(named: kind)?.field(named: name))
    }

    /// Whether the title of a kind is made of such a field.
    private func hidesTitle(of kind: String) -> Bool {
        Vocabulary.kind(named: kind).map { kind in
            kind.title.contains { hides(kind.field(named: $0)) }
        } ?? false
    }

    private func title(of kind: String) -> String { Vocabulary.kind(named: kind)?.label ?? kind }

    private func words(of value: FieldValue?) -> String {
        if case .reference(let id)? = value { "record \(id.short)" } else { "a record" }
    }

    /// A field without what the records that it names are called.
    func named(_ view: FieldView, of kind: String) -> FieldView {
        guard hides(view.name, of: kind) else { return view }
        var view = view
        for index in view.candidates.indices where view.candidates[index].absence == nil {
            view.candidates[index].words = words(of: view.candidates[index].value)
        }
        return view
    }

    /// A record without what those are called that it names.
    func named(_ view: RecordView) -> RecordView {
        guard let kind = Vocabulary.kind(named: view.kind), kind.fields.contains(where: hides)
        else { return view }
        var view = view
        view.fields = view.fields.map { named($0, of: kind.name) }
        if hidesTitle(of: kind.name) {
            let rest = kind.title.filter { !hides($0, of: kind.name) }.compactMap {
                view.field($0)?.candidates.first { $0.value != .cleared }?.words
            }
            view.title = rest.isEmpty ? "\(kind.label) \(view.short)" : rest.joined(separator: ", ")
        }
        return view
    }

    /// A conflict likewise.
    func named(_ conflict: ConflictView) -> ConflictView {
        var conflict = conflict
        if hidesTitle(of: conflict.recordKind) {
            conflict.title = title(of: conflict.recordKind)
        }
        if hides(conflict.fieldName, of: conflict.recordKind) {
            conflict.values = conflict.values.map { _ in "a record" }
            for index in conflict.details?.knowledge.indices ?? 0..<0 {
                conflict.details?.knowledge[index].replaced = []
            }
            for index in conflict.details?.decisions.indices ?? 0..<0 {
                conflict.details?.decisions[index].words = "a record"
                conflict.details?.decisions[index].replaced = []
            }
        }
        conflict.field = conflict.field.map { named($0, of: conflict.recordKind) }
        if let sides = conflict.details?.sides { conflict.details?.sides = sides.map(named) }
        return conflict
    }

    private func named(_ side: ConflictSide) -> ConflictSide {
        var side = side
        if hidesTitle(of: side.kind) { side.title = title(of: side.kind) }
        for index in side.lines.indices {
            let kind = side.lines[index].kind
            if hidesTitle(of: kind) { side.lines[index].title = nil }
            side.lines[index].field = named(side.lines[index].field, of: kind)
        }
        return side
    }

    /// What changed, likewise.
    func named(_ view: ChangesView) -> ChangesView {
        var view = view
        view.root = named(view.root)
        view.changes = view.changes.map { change in
            var change = change
            if hidesTitle(of: change.kind) { change.title = title(of: change.kind) }
            change.before = named(change.before, of: change.kind)
            change.after = named(change.after, of: change.kind)
            return change
        }
        view.moments = view.moments.map { moment in
            var moment = moment
            if hidesTitle(of: moment.kind) { moment.title = title(of: moment.kind) }
            return moment
        }
        return view
    }
}
