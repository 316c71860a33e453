import KithModel
import KithSite

/// Writes records as FHIR resources; one extension a family of resources.
///
/// Built twice: once with the elements of R4 alone, to see what our own reader gets back from them,
/// and then with an extension for each field that did not come back as it is.
struct FHIRComposer {
    let records: ExportRecords
    let contents: [ExportContent]
    /// The day on which the export is made: what ended before it is said to be over.
    let today: PartialDate
    /// Extensions to add, by version.
    var extensions: [ExportContent.Place: [JSONNode]] = [:]
    private let byID: [RecordID: ExportContent]

    init(_ records: ExportRecords, today: PartialDate) {
        self.records = records
        self.today = today
        contents = records.records.compactMap { ExportContent($0) }
        byID = Dictionary(
            contents.map { ($0.view.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The content of a record of the export.
    func content(_ id: RecordID) -> ExportContent? { byID[id] }

    /// Every resource, in the order of the records.
    func resources() -> [(node: JSONNode, version: ExportContent.Version)] {
        var all: [(node: JSONNode, version: ExportContent.Version)] = []
        // An action stands in its plan.
        for content in contents where content.kind.name != "action" {
            for version in content.versions {
                all.append((resource(of: version, in: content), version))
                if content.kind.name == "contact", let role = role(of: version) {
                    all.append((role, version))
                }
            }
        }
        return all
    }

    private func resource(
        of version: ExportContent.Version, in content: ExportContent
    ) -> JSONNode {
        let kind = content.kind.name
        var members: [(String, JSONNode?)] = [
            ("resourceType", .text(FHIRPlaces.type(of: kind))), ("id", .text(version.id)),
            ("meta", meta(of: version, in: content)),
            (
                "extension",
                .list(named(content, version) + extensions[version.content, default: []])
            ),
        ]
        members += elements(of: version, in: content)
        return .object(members)
    }

    /// What every resource, and every activity, says of the record that it is.
    func named(_ content: ExportContent, _ version: ExportContent.Version) -> [JSONNode] {
        var items: [JSONNode] = [
            .item(KithFHIR.source, "valueString", .text(content.source.identity))
        ]
        for (name, choice) in version.chosen.sorted(by: { $0.key < $1.key }) {
            items.append(
                .item(
                    KithFHIR.undecided,
                    of: [
                        .item("field", "valueString", .text(name)),
                        .item("number", "valueInteger", .number(String(choice.number))),
                        .item("of", "valueInteger", .number(String(choice.of))),
                    ]))
        }
        for (name, values) in content.apart.sorted(by: { $0.key < $1.key }) {
            items.append(
                .item(
                    KithFHIR.undecided,
                    of: [
                        .item("field", "valueString", .text(name)),
                        .item("of", "valueInteger", .number(String(values.count))),
                    ]))
        }
        return items
    }

    private func meta(
        of version: ExportContent.Version, in content: ExportContent
    ) -> JSONNode {
        let isRestricted = content.view.compartment == .restricted
        let security = JSONNode.object([
            ("system", .text("http://terminology.hl7.org/CodeSystem/v3-Confidentiality")),
            ("code", .text("R")), ("display", .text("restricted")),
        ])
        let isUndecided = !version.chosen.isEmpty || !content.apart.isEmpty
        let tag = JSONNode.object([
            ("system", .text(KithFHIR.tags)), ("code", .text("undecided")),
            (
                "display",
                .text("Several values stand and nobody has decided: see the DetectedIssue")
            ),
        ])
        return .object([
            ("profile", .list([.text(KithFHIR.profile(content.kind.name))])),
            ("security", .list([isRestricted ? security : nil])),
            ("tag", .list([isUndecided ? tag : nil])),
        ])
    }

    private func elements(
        of version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        switch content.kind.name {
        case "resident": patient(version, in: content)
        case "personalContact": relatedPerson(version, in: content)
        case "contact": practitioner(version)
        case "organisation": organization(version, in: content)
        case "plan": carePlan(version, in: content)
        case "goal": goal(version, in: content)
        case "allergy": allergy(version, in: content)
        case "condition": condition(version, in: content)
        case "medication": medication(version, in: content)
        case "hospitalContact": encounter(version, in: content)
        case "referral": serviceRequest(version, in: content)
        case "alert": flag(version, in: content)
        case "carePackage": episode(version, in: content)
        default: others(version, in: content)
        }
    }

    // MARK: References

    /// A reference to a record, with the identity by which our own reader knows it.
    func reference(_ id: RecordID?) -> JSONNode? {
        guard let id, let content = content(id) else { return nil }
        let type = FHIRPlaces.type(of: content.kind.name)
        let isResource = content.kind.name != "action"
        return .object([
            ("reference", isResource ? .text("\(type)/\(id.resourceID)") : nil),
            (
                "identifier",
                .object([
                    ("system", .text(KithFHIR.records)),
                    ("value", .text("\(content.kind.name)|\(content.source.identity)")),
                ])
            ),
            ("display", .text(content.view.title.withoutControls)),
        ])
    }

    /// A reference that FHIR resolves.
    func plain(_ id: RecordID?) -> JSONNode? {
        guard let id, let content = content(id), content.kind.name != "action" else { return nil }
        return .object([
            ("reference", .text("\(FHIRPlaces.type(of: content.kind.name))/\(id.resourceID)"))
        ])
    }

    /// The resident that a record is about.
    func subject(_ content: ExportContent) -> JSONNode? {
        plain(records.resident(of: content.view)?.id)
    }

    // MARK: Codes

    /// The code of a field of a closed set, as FHIR's own code; nil for one that is not in the set.
    func plainCode(_ version: ExportContent.Version, _ name: String) -> JSONNode? {
        version.code(name).map { .text($0.code) }
    }

    /// A required code, and in its place the reason why there is none.
    func required(
        _ name: String, _ value: JSONNode?
    ) -> [(String, JSONNode?)] {
        [(name, value), ("_\(name)", value == nil ? .absent("unknown") : nil)]
    }
}
