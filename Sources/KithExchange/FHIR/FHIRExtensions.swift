import KithModel
import KithSite

/// Our own extensions, on the way in.
extension FHIRMapping {
    /// A record of a kind that only our own profile names: all of it stands in extensions.
    func profiled(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let isPartOfResident =
            Vocabulary.kind(named: source.kind)?.parents.contains("resident") ?? false
        let parent = isPartOfResident ? try subject(of: resource) : nil
        return FHIRDraft(source, parent: parent).record
    }

    /// The record with what the extensions of its element say: they stand over the elements.
    func extended(
        _ record: ImportRecord, by element: FHIRElement, of resource: FHIRResource
    ) throws -> ImportRecord {
        guard let kind = Vocabulary.kind(named: record.source.kind) else { return record }
        var record = record
        if let parent = try element.extensions(KithFHIR.parent).first {
            record.parent = try target(of: parent, in: resource) ?? record.parent
        }
        let contested = try contested(element)
        var said: [String: [ImportRecord.Field]] = [:]
        for item in try element.elements("extension") {
            guard let url = try item.text("url")?.text,
                let name = KithFHIR.fieldName(url, of: kind.name),
                let field = kind.field(named: name), name != "source", name != "parent"
            else { continue }
            if try !item.extensions(KithFHIR.absent).isEmpty {
                let isCleared = contested.contains(name)
                said[name, default: []] += isCleared ? [ImportRecord.Field(name, .cleared)] : []
            } else if let value = try value(of: field, from: item, in: resource) {
                said[name, default: []].append(value)
            }
        }
        record.fields.removeAll { said[$0.name] != nil }
        for field in kind.fields { record.fields += said[field.name] ?? [] }
        return record
    }

    /// The fields of which a resource holds one of several values.
    private func contested(_ element: FHIRElement) throws -> Set<String> {
        var names: Set<String> = []
        for item in try element.extensions(KithFHIR.undecided) {
            for part in try item.extensions("field") {
                if let name = try part.text("valueString")?.text { names.insert(name) }
            }
        }
        return names
    }

    /// The patient that a resource is about; nil where it has none.
    private func subject(of resource: FHIRResource) throws -> ImportRecord.Source? {
        for name in ["subject", "patient", "for"] where resource.element.has(name) {
            return try resident(name, of: resource)
        }
        return nil
    }

    /// The record that a reference of ours names.
    private func target(
        of item: FHIRElement, in resource: FHIRResource
    ) throws -> ImportRecord.Source? {
        guard let reference = try item.element("valueReference") else { return nil }
        if let identifier = try reference.element("identifier"),
            try identifier.text("system")?.is(KithFHIR.records) == true,
            let value = try identifier.text("value")
        {
            let parts = value.text.split(
                separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let kind = Vocabulary.kind(named: String(parts[0])) else {
                return nil
            }
            return ImportRecord.Source(kind: kind.name, identity: String(parts[1]))
        }
        return try resources.resolve(reference, in: resource).flatMap {
            resources.all[$0].source
        }
    }

    /// The field that an extension sets; nil for what only a newer version can read.
    private func value(
        of field: FieldDefinition, from item: FHIRElement, in resource: FHIRResource
    ) throws -> ImportRecord.Field? {
        switch field.type {
        case .reference:
            return try target(of: item, in: resource).map { ImportRecord.Field(field.name, to: $0) }
        case .group(let members):
            var values: [GroupMember] = []
            for part in try item.elements("extension") {
                guard let name = try part.text("url")?.text,
                    let member = members.first(where: { $0.name == name }),
                    let value = try plain(of: member, from: part)
                else { continue }
                values.append(GroupMember(member.number, value))
            }
            return values.isEmpty ? nil : ImportRecord.Field(field.name, .group(values))
        default:
            return try plain(of: field, from: item).map { ImportRecord.Field(field.name, $0) }
        }
    }

    private func plain(of field: FieldDefinition, from item: FHIRElement) throws -> FieldValue? {
        switch field.type {
        case .boolean: return try item.boolean("valueBoolean").map(FieldValue.boolean)
        case .date: return try item.date("valueDate").map { .date($0.date) }
        case .instant:
            return try item.dateTime("valueDateTime").flatMap { $0.instant.map(FieldValue.instant) }
        case .integer:
            return try item.number("valueInteger").map { try FHIRDraft.value(of: field, from: $0) }
        case .decimal:
            return try item.number("valueDecimal").map { try FHIRDraft.value(of: field, from: $0) }
        case .code(let set):
            guard let concept = try item.concept("valueCodeableConcept"),
                let code = try FHIRDraft.code(concept), set.contains(code)
            else { return nil }
            return .code(code)
        case .reference, .group: return nil
        case .text, .nhsNumber, .odsCode, .cqcLocation, .phone, .email:
            return try item.text("valueString").map { try FHIRDraft.value(of: field, from: $0) }
        }
    }
}

extension FHIRElement {
    /// The extensions of a URL.
    func extensions(_ url: String) throws -> [FHIRElement] {
        var found: [FHIRElement] = []
        for item in try elements("extension") where try item.text("url")?.is(url) == true {
            found.append(item)
        }
        return found
    }

    /// Whether our own export made it.
    var isOfKith: Bool { (try? extensions(KithFHIR.source).isEmpty == false) ?? false }

    /// A code that FHIR requires; nil where the source says that it has none to give.
    func codeOrAbsent(_ name: String) throws -> FHIRText? {
        if let code = try text(name) { return code }
        let isAbsent = try element("_\(name)")?.extensions(KithFHIR.absent).isEmpty == false
        return isAbsent ? nil : try required(name, nil)
    }
}
