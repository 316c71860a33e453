import KithModel
import KithSite

/// The partnership's people: one tap to ring or mail, when they were last spoken to, what is next due.
enum ContactsPage {
    static let routes: [Route] = [
        .get("/contacts", .needs(.read)) { try await page($0) }
    ]

    private static func page(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let contacts = try await desk.records("contact")
        let organisations = try await desk.records("organisation")
        let interactions = try await desk.records("interaction")
        let titles = Dictionary(
            (organisations + contacts).map { ($0.id, $0.title) },
            uniquingKeysWith: { first, _ in first })
        let nodes = RecordNodes(visit, desk, titles: titles)
        return visit.page(
            "contacts", title: "Contacts", tab: "/contacts",
            [
                "contacts": contacts.map { contact in
                    person(contact, interactions, visit, nodes)
                }, "hasContacts": !contacts.isEmpty,
                "organisations": organisations.map { organisation(of: $0, nodes) },
                "hasOrganisations": !organisations.isEmpty,
                "interactions": interactions.map { interaction(of: $0, nodes) }
                    .sorted { ($0["sort"] as? String ?? "") > ($1["sort"] as? String ?? "") }
                    .prefix(30).map { $0 }, "hasInteractions": !interactions.isEmpty,
                "mayAdd": desk.user.may(.edit) && desk.mayRead(kind: "contact"),
                "isNone": contacts.isEmpty && organisations.isEmpty,
                "isIncluded": desk.mayRead(kind: "contact"),
            ])
    }

    /// A telephone number as a link; nil for what is none.
    static func telephone(_ text: String) -> String? {
        PhoneNumber(text).map { "tel:\($0.dialled)" }
    }

    /// An address as a link; nil for what is none.
    static func mail(_ text: String) -> String? {
        EmailAddress(text) == nil ? nil : "mailto:" + FormFields.encoded(text)
    }

    private static func ways(_ record: RecordView, _ nodes: RecordNodes) -> [Node] {
        ["escalationPhone", "phone", "email"].flatMap { name -> [Node] in
            guard let field = record.field(name) else { return [] }
            let shown =
                field.policy == .safetyCritical
                ? field.candidates : Array(field.candidates.prefix(1))
            return shown.compactMap { candidate in
                guard case .text(let text)? = candidate.value else { return nil }
                let words = nodes.shown(text)
                return [
                    "label": field.label, "words": words,
                    "link": (name == "email" ? mail(text) : telephone(text)) ?? false as Any,
                    "isMany": shown.count > 1,
                ]
            }
        }
    }

    private static func person(
        _ contact: RecordView, _ interactions: [RecordView], _ visit: Visit, _ nodes: RecordNodes
    ) -> Node {
        let own = interactions.filter { points($0, "contact", to: contact.id) }
        let last = own.compactMap { record -> Instant? in
            if case .instant(let when)? = record.field("when")?.candidates.first?.value {
                return when
            }
            return nil
        }.max()
        let due = own.compactMap { nodes.date("nextDue", of: $0) }.min {
            Days.number($0) < Days.number($1)
        }
        let days = last.map { (visit.now.milliseconds - $0.milliseconds) / 86_400_000 }
        return [
            "name": nodes.shown(contact.title), "role": optional("role", contact, nodes),
            "organisation": contact.field("organisation")?.candidates.isEmpty == false
                ? nodes.line("organisation", of: contact)
                : optional("organisationName", contact, nodes),
            "ringWhen": optional("escalationFor", contact, nodes),
            "hours": optional("hours", contact, nodes), "ways": ways(contact, nodes),
            "last": last.map(visit.review.words) ?? "nothing noted",
            "isSilent": (days ?? 91) > 90, "due": due?.description ?? false as Any,
            "path": "/records/\(contact.id)",
            "spoke": nodes.desk.user.may(.edit)
                ? "/records/new?kind=interaction&contact=\(contact.id)" : false as Any,
        ]
    }

    private static func optional(
        _ name: String, _ record: RecordView, _ nodes: RecordNodes
    ) -> Any {
        record.field(name)?.candidates.isEmpty == false
            ? nodes.line(name, of: record) : false as Any
    }

    private static func points(_ record: RecordView, _ name: String, to id: RecordID) -> Bool {
        record.field(name)?.candidates.contains { $0.value == .reference(id) } ?? false
    }

    private static func organisation(of record: RecordView, _ nodes: RecordNodes) -> Node {
        [
            "name": nodes.shown(record.title), "kind": optional("kind", record, nodes),
            "ways": ways(record, nodes), "path": "/records/\(record.id)",
        ]
    }

    private static func interaction(of record: RecordView, _ nodes: RecordNodes) -> Node {
        [
            "title": nodes.shown(record.title), "when": nodes.line("when", of: record),
            "agreed": optional("agreed", record, nodes), "path": "/records/\(record.id)",
            "sort": nodes.line("when", of: record), "due": optional("nextDue", record, nodes),
        ]
    }
}
