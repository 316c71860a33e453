import Foundation
import KithModel
import KithSite

/// Turns what a site knows into what templates show, by the rules of D9 and D10.
struct RecordNodes {
    /// Where times are shown.
    let zone: TimeZone
    /// What may be done from the page.
    let desk: Desk
    /// The titles of records of the page, by which those are called that its values name.
    let titles: [RecordID: String]
    /// Whether the page is about one of several records of one id, so that its links tell it apart.
    private let isApart: Bool
    private let memory = Memory()

    private var entry: FieldEntry { FieldEntry(zone: zone) }

    /// What is asked again and again while one page is made.
    private final class Memory {
        var kinds: [ObjectIdentifier: Facts] = [:]
        var moments: [Instant: String] = [:]
    }

    /// What the page's reader may do with records of a kind, and what they are called by.
    private struct Facts {
        let mayEdit: Bool
        let mayComment: Bool
        let mayPropose: Bool
        /// The first field of their titles that names another record.
        let naming: FieldDefinition?
    }

    init(_ visit: Visit, _ desk: Desk, titles: [RecordID: String] = [:]) {
        zone = visit.review.zone
        self.desk = desk
        self.titles = titles
        isApart = visit.parameter("id").contains("@")
    }

    /// What names a record in a link of this page.
    func name(of view: RecordView) -> String {
        isApart ? view.reference : view.id.description
    }

    /// A record with its fields that say something; `level` is that of its heading.
    func record(_ view: RecordView, level: Int = 4, titled: Bool = true) -> Node {
        let kind = Vocabulary.kind(named: view.kind)
        let rights = view.isNoLongerUpdated ? nil : kind.map(facts)
        let common = common(view)
        let fields = fields(of: view, kind, titled: titled, common: common.entry)
        let id = view.id.description
        let name = isApart ? view.reference : id
        let comments = view.isArchived ? nil : rights
        return [
            "id": id, "title": titled ? title(view) : false as Any,
            "heading": "h\(level)", "kind": kind?.label ?? view.kind, "fields": fields,
            "hasFields": !fields.isEmpty, "isArchived": view.isArchived,
            "isNoLongerUpdated": view.isNoLongerUpdated, "said": said(common),
            "edit": rights?.mayEdit == true ? "/records/\(name)/edit" : false as Any,
            "comment": comments?.mayComment == true
                ? "/records/new?kind=comment&parent=\(name)" : false as Any,
            "proposal": comments?.mayPropose == true
                ? "/records/new?kind=proposal&parent=\(name)" : false as Any,
            "history": "/records/\(name)",
            "isUnknown": kind == nil,
        ]
    }

    private func fields(
        of view: RecordView, _ kind: RecordKind?, titled: Bool, common: EntryHash
    ) -> [Node] {
        let definitions = kind?.fields ?? []
        var nodes: [Node] = []
        for place in view.fields.indices {
            // Nearly all fields are empty, and say so only where that could harm.
            guard
                !view.fields[place].candidates.isEmpty
                    || view.fields[place].policy == .safetyCritical
            else { continue }
            let field = view.fields[place]
            let isInPlace = place < definitions.count && definitions[place].name == field.name
            let definition = isInPlace ? definitions[place] : kind?.field(named: field.name)
            guard isShown(field, definition), !(titled && isTitle(field, of: kind)) else {
                continue
            }
            nodes.append(self.field(field, definition, record: view, common: common))
        }
        return nodes
    }

    private func facts(_ kind: RecordKind) -> Facts {
        if let known = memory.kinds[ObjectIdentifier(kind)] { return known }
        func may(_ name: String) -> Bool {
            guard let word = Vocabulary.kind(named: name) else { return false }
            return desk.mayWrite(word) && word.parents.contains(kind.name)
        }
        let facts = Facts(
            mayEdit: desk.mayWrite(kind) && !kind.isAppendOnly, mayComment: may("comment"),
            mayPropose: may("proposal"),
            naming: kind.title.compactMap { kind.field(named: $0) }.first { field in
                if case .reference = field.type { true } else { false }
            })
        memory.kinds[ObjectIdentifier(kind)] = facts
        return facts
    }

    private func words(_ instant: Instant) -> String {
        if let known = memory.moments[instant] { return known }
        let words = instant.formatted(in: zone)
        memory.moments[instant] = words
        return words
    }

    /// What a record is called. A title that names another record is only as much as its reader may
    /// know of that.
    func title(_ view: RecordView) -> String {
        guard let kind = Vocabulary.kind(named: view.kind), let naming = facts(kind).naming,
            let field = view.field(naming.name)
        else { return shown(view.title) }
        let words = field.candidates.map { self.words($0, of: naming) }
        return words.isEmpty ? kind.label : words.joined(separator: " or ")
    }

    /// Who said most of a record: named once for all that nobody else said.
    private func common(_ view: RecordView) -> ProvenanceView {
        var found: [(said: ProvenanceView, count: Int)] = []
        for place in view.fields.indices
        where view.fields[place].candidates.count == 1
            && view.fields[place].candidates[0].provenance.count == 1
        {
            let said = view.fields[place].candidates[0].provenance[0]
            if let known = found.firstIndex(where: { $0.said.entry == said.entry }) {
                found[known].count += 1
            } else {
                found.append((said, 1))
            }
        }
        let most = found.max { ($0.count, $0.said.version) < ($1.count, $1.said.version) }
        return most?.said ?? view.changed
    }

    /// Whether a field says no more than the heading above it.
    private func isTitle(_ field: FieldView, of kind: RecordKind?) -> Bool {
        kind?.title == [field.name] && !field.isConflict
            && field.candidates.first?.provenance.count == 1
            && field.candidates.first?.isAuthorRemoved == false
            && field.candidates.first?.value != nil
    }

    /// Fields that carry meaning for a reader; what every record has besides is on its own page.
    private func isShown(_ field: FieldView, _ definition: FieldDefinition?) -> Bool {
        if ["archived", "source", "parent"].contains(field.name) { return field.isConflict }
        if !field.candidates.isEmpty { return true }
        // A safety-critical slot that is empty says why (D10).
        return field.policy == .safetyCritical && definition != nil
    }

    /// A field: its value, or all of its values, or why there is none.
    func field(
        _ view: FieldView, _ definition: FieldDefinition?, record: RecordView,
        common: EntryHash? = nil
    ) -> Node {
        let isOpen = view.isConflict && view.policy == .safetyCritical
        if let words = plain(view, of: definition, common: common) {
            return ["label": view.label, "plain": words, "absence": false]
        }
        let shown = isOpen ? view.candidates : Array(view.candidates.prefix(1))
        let also = isOpen ? [] : Array(view.candidates.dropFirst())
        return [
            "label": view.label, "name": view.name, "isOpen": isOpen, "plain": false,
            "count": view.candidates.count,
            "values": shown.map { candidate($0, of: definition, hiding: isOpen ? nil : common) },
            "also": also.map { candidate($0, of: definition, hiding: nil) },
            "hasAlso": !also.isEmpty,
            "absence": view.candidates.isEmpty
                ? (view.absence ?? .notRecorded).words : false as Any,
            "conflict": view.isConflict
                ? "/conflicts/\(Self.conflict(view, of: record))" : false as Any,
            "undo": isDecided(view) && !record.isNoLongerUpdated
                ? "/conflicts/\(Self.conflict(view, of: record))/undo" : false as Any,
        ]
    }

    /// The words of a field that holds one value, of which there is no more to say than who said the whole
    /// record: nearly all fields of a long page.
    private func plain(
        _ view: FieldView, of definition: FieldDefinition?, common: EntryHash?
    ) -> String? {
        guard view.candidates.count == 1, !view.candidates[0].isAuthorRemoved,
            view.candidates[0].provenance.count == 1,
            view.candidates[0].provenance[0].entry == common, !isDecided(view)
        else { return nil }
        switch view.candidates[0].value {
        case nil, .cleared?, .group?: return nil
        default: return words(view.candidates[0], of: definition)
        }
    }

    /// The id of the conflict of a field, told from those of records of the same id elsewhere.
    private static func conflict(_ field: FieldView, of record: RecordView) -> String {
        "\(record.id).\(field.name)@\(record.kind)@\(record.partnershipID.short)"
    }

    /// Whether somebody decided between values of a field, which this reader may take back.
    private func isDecided(_ field: FieldView) -> Bool {
        desk.user.may(.resolve) && field.candidates.count == 1
            && field.candidates[0].provenance.contains { $0.change == .resolve }
    }

    /// One value, who said it and when.
    func candidate(
        _ view: CandidateView, of field: FieldDefinition?, hiding common: EntryHash?
    ) -> Node {
        var said = view.provenance
        if let common, said.count == 1, said[0].entry == common { said = [] }
        let parts = parts(view.value, of: field)
        return [
            "number": view.number, "words": words(view, of: field),
            "isAbsent": view.value == nil || view.value == .cleared,
            "parts": parts, "hasParts": !parts.isEmpty, "isAuthorRemoved": view.isAuthorRemoved,
            "said": said.map { ["words": self.said($0)] as Node }, "hasSaid": !said.isEmpty,
        ]
    }

    /// A value in words, with the titles of records that it points to.
    func words(_ view: CandidateView, of field: FieldDefinition?) -> String {
        switch view.value {
        case nil: return view.absence?.words ?? "cannot be shown"
        case .cleared?: return Absence.cleared.words
        case .reference(let id)?:
            // What is not on the page is called as the site says, as far as its reader may know that.
            return titles[id].map(shown)
                ?? (view.words == id.short ? "record \(id.short)" : shown(view.words))
        case .instant(let instant)?: return words(instant)
        default: return shown(view.words)
        }
    }

    private func parts(_ value: FieldValue?, of field: FieldDefinition?) -> [Node] {
        guard case .group(let members)? = value, let field else { return [] }
        return members.map { member in
            let definition = field.members.first { $0.number == member.number }
            return [
                "label": definition?.label ?? "part \(member.number)",
                "words": shown(entry.words(for: member.value, of: definition)),
            ]
        }
    }

    /// Text as it is safe to show: what reorders or hides other text is made visible.
    func shown(_ text: String) -> String { ShownText(lines: text).text }

    /// Who said something, at which site, and when.
    func said(_ provenance: ProvenanceView) -> String {
        let committer = person(provenance.committer)
        let who =
            provenance.performer.map { "\(person($0)), typed by \(committer)" } ?? committer
        var words =
            "\(who), \(line(provenance.siteName)), \(words(provenance.recorded))"
        if provenance.entryClass == .decision { words += ", clinical decision" }
        if let event = provenance.event { words += ", about \(self.event(event))" }
        if let reason = provenance.reason, !reason.isEmpty { words += ": \(line(reason))" }
        if let carried = provenance.carried {
            words += "; carried over from \(line(carried.partnership)) by \(person(carried.by))"
        }
        return words
    }

    private func event(_ text: String) -> String {
        Instant(rfc3339: text).map(words) ?? line(text)
    }

    private func person(_ author: Author) -> String {
        let name = author.name.isEmpty ? author.user : author.name
        let details = [author.role, author.organisation].filter { !$0.isEmpty }
        return line(details.isEmpty ? name : "\(name) (\(details.joined(separator: ", ")))")
    }

    private func line(_ text: String) -> String { ShownText(line: text).text }

    /// The words of a field in one line: every value of a safety-critical one.
    func line(_ name: String, of record: RecordView) -> String {
        guard let field = record.field(name), !field.candidates.isEmpty else {
            return (record.field(name)?.absence ?? .notRecorded).words
        }
        let definition = Vocabulary.kind(named: record.kind)?.field(named: name)
        let values =
            field.policy == .safetyCritical
            ? field.candidates : Array(field.candidates.prefix(1))
        return line(values.map { words($0, of: definition) }.joined(separator: " or "))
    }

    /// Whether a field of a record holds more than one safety-critical value.
    func isOpen(_ name: String, of record: RecordView) -> Bool {
        record.field(name).map { $0.isConflict && $0.policy == .safetyCritical } ?? false
    }

    /// The date in a field, when it holds one alone.
    func date(_ name: String, of record: RecordView) -> PartialDate? {
        guard case .date(let date)? = record.field(name)?.candidates.first?.value else {
            return nil
        }
        return date
    }
}

/// Days, for what is due.
enum Days {
    /// The last day that a date may mean, as a number that grows by day.
    static func number(_ date: PartialDate) -> Int {
        number(date.year, date.month ?? 12, date.day ?? 28)
    }

    static func number(_ components: DateComponents) -> Int {
        number(components.year ?? 0, components.month ?? 1, components.day ?? 1)
    }

    /// Days since 1 March of year 0. Source: Howard Hinnant, "chrono-compatible date algorithms".
    private static func number(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear
    }
}
