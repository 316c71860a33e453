import KithModel
import KithSite

/// Finds out what our own reader gets back from the elements of R4, and puts the rest in extensions.
///
/// So nothing depends on how well a mapping was thought out: what is exported is what comes back.
struct FHIRRoundTrip {
    private let composer: FHIRComposer
    private var read: [ImportRecord.Source: [ImportRecord]] = [:]

    /// Composes the resources, reads them, and gives the composer that knows what was missing.
    static func complete(_ composer: FHIRComposer) throws -> FHIRComposer {
        var complete = composer
        complete.extensions = try FHIRRoundTrip(composer).extensions()
        return complete
    }

    private init(_ composer: FHIRComposer) throws {
        self.composer = composer
        let entries = composer.resources().map { JSONNode.object([("resource", $0.node)]) }
        let resources = try FHIRResources(
            .object([
                ("resourceType", .text("Bundle")), ("type", .text("collection")),
                ("entry", .list(entries)),
            ]))
        let mapping = try FHIRMapping(resources)
        for resource in resources.all {
            let made: [ImportRecord]
            do {
                made = try mapping.records(for: resource)
            } catch let fault as FHIRFault {
                throw SiteError(
                    .invalid,
                    "\(resource.name) cannot be written as FHIR (\(fault.message)); correct that "
                        + "record and export again")
            }
            for record in made { read[record.source, default: []].append(record) }
        }
    }

    private func extensions() -> [ExportContent.Place: [JSONNode]] {
        var all: [ExportContent.Place: [JSONNode]] = [:]
        for content in composer.contents {
            let native = read[content.source] ?? []
            for (index, version) in content.versions.enumerated() {
                // The resources of one record come in the order of its versions.
                let record = index < native.count ? native[index] : native.last
                all[version.content] = missing(of: version, in: content, against: record)
            }
        }
        return all
    }

    private func missing(
        of version: ExportContent.Version, in content: ExportContent, against record: ImportRecord?
    ) -> [JSONNode] {
        var items: [JSONNode] = []
        if let parent = parent(of: content, against: record) { items.append(parent) }
        for field in content.kind.fields where field.name != "parent" && field.name != "source" {
            let url = KithFHIR.field(content.kind.name, field.name)
            let back = record?.fields.filter { $0.name == field.name } ?? []
            if let open = content.apart[field.name] {
                items += open.compactMap { value in
                    value.flatMap { extensionItem(url, field, $0) } ?? none(url, .cleared)
                }
            } else if let value = version.values[field.name] {
                if back.count != 1 || !isSame(back[0], value),
                    let item = extensionItem(url, field, value)
                {
                    items.append(item)
                }
            } else if let absence = content.absences[field.name] {
                items.append(none(url, absence))
            } else if !back.isEmpty || version.chosen[field.name] != nil {
                items.append(none(url, .notRecorded))
            }
        }
        return items + alsoWritten(content)
    }

    private func none(_ url: String, _ absence: Absence) -> JSONNode {
        .item(url, of: [.item(KithFHIR.absent, "valueCode", .text(absence.reason))])
    }

    private func isSame(_ field: ImportRecord.Field, _ value: FieldValue) -> Bool {
        guard let target = field.target else { return field.value == value }
        guard case .reference(let id) = value else { return false }
        return composer.content(id)?.source == target
    }

    private func parent(of content: ExportContent, against record: ImportRecord?) -> JSONNode? {
        guard let id = content.view.parent, let parent = composer.content(id),
            record?.parent != parent.source, let reference = composer.reference(id)
        else { return nil }
        return .item(KithFHIR.parent, "valueReference", reference)
    }

    /// Values of routine fields that stand beside the one that is shown.
    private func alsoWritten(_ content: ExportContent) -> [JSONNode] {
        content.view.fields.filter { $0.policy == .routine && $0.isConflict }.flatMap { field in
            field.candidates.dropFirst().map { candidate in
                JSONNode.item(
                    KithFHIR.alsoWritten,
                    of: [
                        .item("field", "valueString", .text(field.name)),
                        .item("value", "valueString", .text(candidate.words.withoutControls)),
                    ])
            }
        }
    }

    private func extensionItem(
        _ url: String, _ field: FieldDefinition, _ value: FieldValue
    ) -> JSONNode? {
        guard case .group(let values) = value else {
            return plain(value).map { .item(url, $0.0, $0.1) }
        }
        let items = values.compactMap { value -> JSONNode? in
            guard let member = field.members.first(where: { $0.number == value.number }) else {
                return nil
            }
            return plain(value.value).map { .item(member.name, $0.0, $0.1) }
        }
        return items.isEmpty ? nil : .item(url, of: items)
    }

    private func plain(_ value: FieldValue) -> (String, JSONNode)? {
        switch value {
        case .text(let text): ("valueString", .text(text))
        case .integer(let number): ("valueInteger", .number(String(number)))
        case .decimal(let number): ("valueDecimal", .number(number.description))
        case .date(let date): ("valueDate", .text(date.description))
        case .instant(let instant): ("valueDateTime", .text(instant.rfc3339))
        case .boolean(let flag): ("valueBoolean", .flag(flag))
        case .code(let code): JSONNode.concept(code).map { ("valueCodeableConcept", $0) }
        case .reference(let id):
            (
                "valueReference",
                composer.reference(id) ?? .object([("display", .text(id.description))])
            )
        case .cleared, .group: nil
        }
    }
}
