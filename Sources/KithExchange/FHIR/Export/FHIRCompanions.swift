import KithModel
import KithSite

/// What goes along with the records for other systems: who said it, what is undecided, what is absent.
struct FHIRCompanions {
    let composer: FHIRComposer
    let compartments: [Compartment]

    /// One Provenance for each act, with everything that it said.
    func provenances() -> [JSONNode] {
        var acts: [(key: String, act: ProvenanceView, targets: [RecordID: Set<String>])] = []
        var places: [String: Int] = [:]
        for content in composer.contents {
            for field in content.view.fields {
                for act in field.candidates.flatMap(\.provenance) {
                    let key = Self.key(act)
                    let place = places[key] ?? acts.count
                    if place == acts.count {
                        places[key] = place
                        acts.append((key, act, [:]))
                    }
                    acts[place].targets[content.view.id, default: []].insert(field.name)
                }
            }
        }
        return acts.enumerated().map { number, item in
            provenance(number: number + 1, item.act, item.targets)
        }
    }

    private static func key(_ act: ProvenanceView) -> String {
        [
            act.entry.description, act.committer.name, act.performer?.name ?? "",
            act.performer?.role ?? "", act.event ?? "", act.reason ?? "",
        ].joined(separator: "\u{1F}")
    }

    private func provenance(
        number: Int, _ act: ProvenanceView, _ targets: [RecordID: Set<String>]
    ) -> JSONNode {
        let who = act.performer ?? act.committer
        func agent(_ author: Author, _ part: String, site: Bool) -> JSONNode {
            let organisation = author.organisation.isEmpty ? act.siteName : author.organisation
            return .object([
                ("type", author.role.isEmpty ? nil : .words(author.role.withoutControls)),
                ("role", .list([.words(part)])),
                ("who", .display(author.name.withoutControls)),
                (
                    "onBehalfOf",
                    site || !author.organisation.isEmpty
                        ? .display(organisation.withoutControls) : nil
                ),
            ])
        }
        var agents = [agent(who, "author", site: act.performer == nil)]
        if act.performer != nil { agents.append(agent(act.committer, "enterer", site: true)) }
        let items = targets.sorted { $0.key < $1.key }.compactMap { id, fields -> JSONNode? in
            guard let content = composer.content(id) else { return nil }
            let kind = content.kind.name
            return .object([
                (
                    "extension",
                    .list(
                        content.kind.fields.filter { fields.contains($0.name) }.map {
                            .item(KithFHIR.said, "valueString", .text("\(kind)-\($0.name)"))
                        })
                ),
                ("reference", .text("\(target(content))")),
            ])
        }
        return .object([
            ("resourceType", .text("Provenance")), ("id", .text("provenance-\(number)")),
            ("meta", composer.ours("provenance")), ("target", .list(items)),
            ("occurredDateTime", act.event.map { .text($0) }),
            ("recorded", .text(act.recorded.rfc3339)),
            ("reason", .list([.words(act.reason?.withoutControls)])),
            ("activity", .words(act.change?.past)), ("agent", .list(agents)),
        ])
    }

    /// The resource that holds a record: an action stands in its plan.
    private func target(_ content: ExportContent) -> String {
        if content.kind.name == "action", let plan = content.view.parent {
            return "CarePlan/\(plan.resourceID)"
        }
        return "\(FHIRPlaces.type(of: content.kind.name))/\(content.view.id.resourceID)"
    }

    /// One DetectedIssue for each record in which something is undecided.
    func issues() -> [JSONNode] {
        composer.contents.filter { !$0.undecided.isEmpty }.map { content in
            let lines = content.undecided.map { field in
                "\(field.label): \(field.candidates.count) values stand and nobody has decided. "
                    + field.candidates.map(Self.words).joined(separator: " ")
            }
            let type = FHIRPlaces.type(of: content.kind.name)
            let implicated: [JSONNode] =
                content.kind.name == "action"
                ? [.object([("reference", .text(target(content)))])]
                : content.versions.map { .object([("reference", .text("\(type)/\($0.id)"))]) }
            return .object([
                ("resourceType", .text("DetectedIssue")),
                ("id", .text("undecided-\(content.view.id.resourceID)".prefix64)),
                ("meta", composer.ours("detectedIssue")), ("status", .text("preliminary")),
                ("code", .words("Undecided: \(content.kind.label)")), ("severity", .text("high")),
                ("patient", composer.subject(content)), ("implicated", .list(implicated)),
                ("detail", .text(lines.joined(separator: "\n").withoutControls)),
            ])
        }
    }

    private static func words(_ candidate: CandidateView) -> String {
        let value = candidate.value == .cleared ? "taken away" : candidate.words
        let who = candidate.provenance.map { act in
            "\((act.performer ?? act.committer).name), \(act.siteName), \(act.event ?? act.recorded.rfc3339)"
        }
        let removed = candidate.isAuthorRemoved ? ", author removed" : ""
        return "\(candidate.number). \(value) (\(who.joined(separator: "; "))\(removed))."
    }

    /// For each resident and each kind that is always shown, an empty List that says why there is none.
    func absences() -> [JSONNode] {
        let residents = composer.contents.filter { $0.kind.name == "resident" }
        let kinds = Vocabulary.kinds.filter {
            $0.isAlwaysShown && $0.parents.contains("resident") && $0.compartment != .restricted
        }
        return residents.flatMap { resident in
            kinds.filter { kind in
                !composer.contents.contains {
                    $0.kind.name == kind.name && $0.view.parent == resident.view.id
                }
            }.map { kind in
                let isHeld = compartments.contains(kind.compartment)
                let reason = isHeld ? "unavailable" : "withheld"
                let words = isHeld ? Absence.notRecorded.words : Absence.notShared.words
                return .object([
                    ("resourceType", .text("List")),
                    ("id", .text("no-\(kind.number)-\(resident.view.id.resourceID)".prefix64)),
                    ("meta", composer.ours("absence")), ("status", .text("current")),
                    ("mode", .text("snapshot")), ("title", .text(kind.label)),
                    ("subject", composer.plain(resident.view.id)),
                    (
                        "emptyReason",
                        .object([
                            (
                                "coding",
                                .list([
                                    .coding(
                                        Code(
                                            system:
                                                "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                                            code: reason, display: ""))
                                ])
                            ), ("text", .text(words)),
                        ])
                    ),
                ])
            }
        }
    }
}

extension String {
    /// As much of it as an id of FHIR may be long.
    fileprivate var prefix64: String { String(prefix(64)) }
}
