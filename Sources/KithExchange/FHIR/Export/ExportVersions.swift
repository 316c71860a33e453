import KithModel
import KithSite

/// One record as it is exported: once, or once for each of the values that stand.
struct ExportContent: Sendable {
    /// One of the resources that a record becomes.
    struct Version: Sendable {
        let content: Place
        /// The values, by field.
        let values: [String: FieldValue]
        /// Which value of several it has, by field.
        let chosen: [String: (number: Int, of: Int)]

        /// Its id among resources.
        var id: String { content.number == 1 ? content.id : "\(content.id)-\(content.number)" }
    }

    /// Names a version.
    struct Place: Sendable, Hashable {
        let record: RecordID
        let id: String
        /// From 1.
        let number: Int
    }

    let view: RecordView
    let kind: RecordKind
    let source: ImportRecord.Source
    let versions: [Version]
    /// The values of undecided fields of what is never split: who somebody is.
    let apart: [String: [FieldValue?]]
    /// Why safety-critical fields have no value.
    let absences: [String: Absence]

    /// Those that other resources point at are never split: a second Patient would be a second person.
    private static let whole: Set<String> = ["resident", "organisation", "contact"]

    /// Takes what stands in a record.
    init?(_ view: RecordView) {
        guard let kind = Vocabulary.kind(named: view.kind) else { return nil }
        self.view = view
        self.kind = kind
        source = view.exportSource
        var decided: [String: FieldValue] = [:]
        var open: [(name: String, values: [FieldValue?])] = []
        var absences: [String: Absence] = [:]
        for field in view.fields where field.name != "parent" && field.name != "source" {
            let values = field.candidates.map { $0.value.map(\.shownSafely) }
            if field.isConflict, field.policy == .safetyCritical {
                open.append((field.name, values))
            } else if let value = values.first ?? nil, value != .cleared {
                decided[field.name] = value
            } else if field.policy == .safetyCritical, field.name != "archived" {
                absences[field.name] =
                    field.absence ?? field.candidates.first?.absence ?? .notRecorded
            }
        }
        self.absences = absences
        let id = view.id.resourceID
        guard !Self.whole.contains(kind.name), !open.isEmpty else {
            apart = Dictionary(open.map { ($0.name, $0.values) }, uniquingKeysWith: { $1 })
            versions = [
                Version(
                    content: Place(record: view.id, id: id, number: 1), values: decided,
                    chosen: [:])
            ]
            return
        }
        apart = [:]
        versions = (1...(open.map(\.values.count).max() ?? 1)).map { number in
            var values = decided
            var chosen: [String: (number: Int, of: Int)] = [:]
            for field in open {
                let index = number <= field.values.count ? number - 1 : 0
                chosen[field.name] = (index + 1, field.values.count)
                if let value = field.values[index], value != .cleared { values[field.name] = value }
            }
            return Version(
                content: Place(record: view.id, id: id, number: number), values: values,
                chosen: chosen)
        }
    }

    /// The fields that nobody has decided.
    var undecided: [FieldView] {
        view.fields.filter { $0.isConflict && $0.policy == .safetyCritical }
    }
}

extension ExportContent.Version {
    func text(_ name: String) -> String? {
        guard case .text(let text)? = values[name] else { return nil }
        return text
    }

    func code(_ name: String) -> Code? {
        guard case .code(let code)? = values[name] else { return nil }
        return code
    }

    func date(_ name: String) -> PartialDate? {
        guard case .date(let date)? = values[name] else { return nil }
        return date
    }

    func instant(_ name: String) -> Instant? {
        guard case .instant(let instant)? = values[name] else { return nil }
        return instant
    }

    func flag(_ name: String) -> Bool? {
        guard case .boolean(let flag)? = values[name] else { return nil }
        return flag
    }

    func reference(_ name: String) -> RecordID? {
        guard case .reference(let record)? = values[name] else { return nil }
        return record
    }
}

extension RecordView {
    /// What names the record at every site: where it came from, else its partnership and id.
    var exportSource: ImportRecord.Source {
        if case .text(let identity)? = field("source")?.candidates.first?.value {
            return ImportRecord.Source(kind: kind, identity: identity)
        }
        return ImportRecord.Source(kind: kind, identity: ImportRecord.Source.own(id, partnershipID))
    }
}

extension RecordID {
    /// The sixteen bytes as a UUID, which is an id that FHIR takes.
    var resourceID: String {
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
        var rest = digits[...]
        return [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }.joined(separator: "-")
    }
}

extension FieldValue {
    /// The value without control characters, which a peer may have written and no format carries.
    var shownSafely: FieldValue {
        switch self {
        case .text(let text): .text(text.withoutControls)
        case .code(let code):
            .code(
                Code(
                    system: code.system.withoutControls, code: code.code.withoutControls,
                    display: code.display.withoutControls))
        case .group(let members):
            .group(members.map { GroupMember($0.number, $0.value.shownSafely) })
        default: self
        }
    }
}

extension String {
    /// Itself, or with control characters as their code points in brackets.
    var withoutControls: String {
        let isSafe = unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control || $0 == "\n" || $0 == "\t"
        }
        return isSafe ? self : ShownText(lines: self).text
    }
}
