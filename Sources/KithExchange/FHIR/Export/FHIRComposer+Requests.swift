import KithModel
import KithSite

/// Referrals, alerts and services.
extension FHIRComposer {
    func serviceRequest(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        let lines = (version.text("reason") ?? "").split(separator: "\n")
        var performers: [JSONNode?] = []
        if let organisation = plain(version.reference("organisation")) {
            performers.append(organisation)
        } else {
            performers.append(.display(version.text("to")))
        }
        return required("status", plainCode(version, "status")) + [
            ("intent", .text("order")), ("priority", plainCode(version, "urgency")),
            ("code", .concept(version.code("service"))),
            ("subject", subject(content)),
            ("authoredOn", .optional(version.date("requested"))),
            ("requester", .display(version.text("requestedBy"))),
            ("performer", .list(performers)),
            ("reasonCode", .list(lines.map { .words(String($0)) })),
            ("note", .notes(version.text("outcome"))),
        ]
    }

    func flag(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        var code = version.code("code").map { [JSONNode.coding($0)] } ?? []
        if version.code("code")?.code.isEmpty == true { code = [] }
        let isOver = hasEnded(version) || version.flag("archived") == true
        return [
            ("status", .text(isOver ? "inactive" : "active")),
            ("category", .list([.concept(version.code("kind"))])),
            (
                "code",
                .object([("coding", .list(code)), ("text", .optional(version.text("text")))])
            ),
            ("subject", subject(content)),
            ("period", .period(.optional(version.date("start")), .optional(version.date("end")))),
        ]
    }

    func episode(
        _ version: ExportContent.Version, in content: ExportContent
    ) -> [(String, JSONNode?)] {
        [
            ("status", .text(hasEnded(version) ? "finished" : "active")),
            ("type", .list([.words(version.text("type"))])),
            ("patient", subject(content)),
            ("managingOrganization", .display(version.text("provider"))),
            ("period", .period(.optional(version.date("start")), .optional(version.date("end")))),
        ]
    }

    /// Whether its end lies before the day of the export.
    func hasEnded(_ version: ExportContent.Version) -> Bool {
        version.date("end")?.isBefore(today) ?? false
    }
}
