import KithModel
import KithSite

/// What somebody typed before their session ended, ready to be saved by whoever is signed in now.
struct KeptPage {
    /// The fields of the form, as they were sent.
    let fields: [(name: String, value: String)]
    /// Where the form was sent.
    let path: String

    /// The page, for the session that a sign-in has just begun.
    func answer(_ visit: Visit, token: String) async throws -> Answer {
        guard
            let session = try await visit.review.site.webSession(
                token, certificate: visit.certificate)
        else { return .see("/sign-in") }
        let signed = visit.signedIn(session, token: token)
        let desk = try signed.desk()
        let nodes = RecordNodes(signed, desk)
        let subject = await subject(desk)
        let shown = try await shown(desk, nodes)
        // Whose it is was looked at for them, too.
        try await signed.notes.settled()
        return visit.page(
            "kept", title: "Save what you typed",
            [
                "path": path, "token": session.formToken, "signedIn": true,
                "person": session.user.name, "role": session.user.title,
                "who": subject.map { nodes.shown($0.title) } ?? false as Any,
                "born": subject.map { nodes.line("dateOfBirth", of: $0) } ?? "",
                "nhs": subject.map { nodes.line("nhsNumber", of: $0) } ?? "",
                "fields": fields.map { ["name": $0.name, "value": $0.value] as Node },
                "shown": shown,
            ])
    }

    /// Whose records the form writes to, where it is about one person and they may know who.
    private func subject(_ desk: Desk) async -> RecordView? {
        let parent = fields.first { $0.name == "parent" && !$0.value.isEmpty }?.value
        let parts = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        do {
            var record: RecordView?
            if let parent {
                record = try await desk.record(parent)
            } else if parts.count > 1, parts[0] == "conflicts" {
                record = try await desk.record(of: try await desk.conflict(parts[1]))
            } else if parts.count > 1, ["records", "residents"].contains(parts[0]) {
                record = try await desk.record(parts[1])
            }
            let top = try await Lineage.top(of: record, desk)
            return top?.kind == "resident" ? top : nil
        } catch {
            // It is told when the form is saved, with what is to be done.
            return nil
        }
    }

    /// What was typed, each by what the form called it, and of whom where it was about several.
    private func shown(_ desk: Desk, _ nodes: RecordNodes) async throws -> [Node] {
        let kind = fields.first { $0.name == "kind" }.flatMap { Vocabulary.kind(named: $0.value) }
        var shown: [Node] = []
        for field in fields where !field.value.isEmpty {
            guard let label = Self.label(of: field.name, kind) else { continue }
            var whose = ""
            if let id = Self.person(in: field.name), let record = try? await desk.record(id) {
                whose = " (\(nodes.shown(record.title)))"
            }
            shown.append(["label": label + whose, "value": field.value])
        }
        return shown
    }

    /// Whose field it is, of a form about several.
    private static func person(in name: String) -> String? {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.count == 2 && parts[0] != "v" ? parts[1] : nil
    }

    /// What people call a field that they typed in; nil for what belongs to the form.
    private static func label(of name: String, _ kind: RecordKind?) -> String? {
        let parts = name.split(separator: ".").map(String.init)
        switch parts.first {
        case "v" where parts.count > 1:
            guard let field = kind?.field(named: parts[1]) else { return parts[1] }
            let member = parts.count > 2 ? field.members.first { $0.name == parts[2] } : nil
            return [field.label, member?.label].compactMap(\.self).joined(separator: ": ")
        case "outcome": return "Outcome"
        case "reason": return "Why"
        case "actions": return "What is to be done"
        case "owner": return "Taken on by"
        case "note": return "Note"
        case "leadName": return "Led by"
        case "attendees": return "Who was there"
        default: return nil
        }
    }
}

extension Visit {
    /// The same request, by somebody who has just signed in with it.
    fileprivate func signedIn(_ session: WebSession, token: String) -> Visit {
        Visit(
            review: review, target: target, parameters: parameters, query: query, form: form,
            session: session, token: token, device: device, address: address,
            certificate: certificate, now: now)
    }
}
