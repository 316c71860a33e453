import Foundation
import KithModel
import KithSite

/// Adding and editing records by the rule of `ARCHITECTURE.md`, D7: what nobody saw, nobody
/// overwrites.
struct RecordChange {
    let act: ActOptions
    let context: CommandContext

    /// Makes a record of a kind.
    func add(
        _ kind: RecordKind, values: [String], parent: String?, partnership: String?,
        on site: any Site
    ) async throws -> RecordView {
        let author = try act.writer.author(in: context)
        let performer = try act.performer.author()
        guard !values.isEmpty else {
            throw UsageProblem(
                "nothing to record; give FIELD=VALUE, see 'kith \(kind.commandName) add --help'")
        }
        var values = values
        var parentID: String?
        if let parent {
            if !kind.parents.isEmpty {
                parentID = try await RecordReference.id(parent, kinds: kind.parents, on: site)
            } else if kind.field(named: "resident") != nil {
                values.append("resident=\(parent)")
            } else {
                throw UsageProblem(
                    "\(kind.noun) stands alone and is part of no other record; leave out --for")
            }
        } else if !kind.parents.isEmpty {
            let parents = kind.parents.map { $0.uppercased() }.joined(separator: " or ")
            throw UsageProblem(
                "\(kind.noun) is part of another record; add --for \(parents) (an id or a title)")
        }
        let assignments = try await Assignments.parse(values, kind: kind, on: site)
        let edit = RecordEdit(
            target: .new(kind: kind.name, partnership: partnership, parent: parentID),
            values: assignments, reason: act.reason, performer: performer, event: act.event,
            isAttested: act.performer.isAttested)
        return try await save(edit, by: author, on: site)
    }

    /// Changes fields of a record; prints what came of it.
    func edit(
        _ reference: String, kind: RecordKind?, values: [String], change: ChangeType? = nil,
        seen: Int64?, asJSON isJSON: Bool, on site: any Site
    ) async throws -> ExitStatus {
        guard !values.isEmpty || context.console.isInteractive else {
            throw UsageProblem("nothing to change; give FIELD=VALUE (an empty value clears)")
        }
        let view = try await site.record(reference, kind: kind?.name)
        guard let kind = kind ?? Vocabulary.kind(named: view.kind) else {
            throw UsageProblem(
                "this record is of a kind that needs a newer version of Kith; update Kith to edit it"
            )
        }
        guard !values.isEmpty else {
            return try await inEditor(view, kind: kind, seen: seen, asJSON: isJSON, on: site)
        }
        return try await apply(
            values, to: view, kind: kind, change: change, seen: seen, asJSON: isJSON, on: site)
    }

    /// Lets a person change a record as text; what cannot be saved stays in the file.
    private func inEditor(
        _ view: RecordView, kind: RecordKind, seen: Int64?, asJSON isJSON: Bool, on site: any Site
    ) async throws -> ExitStatus {
        let form = RecordForm(view, kind: kind)
        guard let file = KeptText.keep(form.text, as: "edit-\(view.short)", in: context) else {
            throw UsageProblem(
                "no file to edit can be written in /tmp; make room, or give FIELD=VALUE")
        }
        guard let status = context.console.edit(file) else {
            unlink(file)
            context.print(RecordPage(context).fieldNames(view))
            return .done
        }
        guard status == 0 else {
            throw UsageProblem(
                "the editor ended with status \(status), so nothing was saved; what you typed is in \(file)"
            )
        }
        guard let edited = try? InputFile.text(of: file, atMost: 1_000_000) else {
            throw UsageProblem("the editor left no text that can be read in \(file)")
        }
        let left = "; what you typed is in \(file)"
        do {
            let values = try form.assignments(in: edited)
            guard !values.isEmpty else {
                unlink(file)
                context.note(["Nothing was changed."])
                return .done
            }
            let status = try await apply(
                values, to: view, kind: kind, change: nil, seen: seen, asJSON: isJSON, on: site)
            if status == .done {
                unlink(file)
            } else {
                context.note([Line("What you typed is in \(file)")])
            }
            return status
        } catch let error as UsageProblem {
            throw UsageProblem(error.message + left)
        } catch let error as SiteError {
            throw SiteError(error.code, error.description + left)
        }
    }

    private func apply(
        _ values: [String], to view: RecordView, kind: RecordKind, change: ChangeType?,
        seen: Int64?, asJSON isJSON: Bool, on site: any Site
    ) async throws -> ExitStatus {
        let author = try act.writer.author(in: context)
        let performer = try act.performer.author()
        let assignments = try await Assignments.parse(values, kind: kind, on: site)
        guard try seen != nil || mayReplace(assignments, in: view) else {
            context.note(["Not saved; nothing was changed."])
            return .failed
        }
        let edit = RecordEdit(
            target: .existing(
                view.id.description, kind: view.kind, in: view.partnershipID),
            values: assignments,
            seen: seen ?? view.version, change: change, reason: act.reason, performer: performer,
            event: act.event, isAttested: act.performer.isAttested)
        let saved = try await save(edit, by: author, on: site)
        try context.report(saved, verb: "Changed", asJSON: isJSON)
        return .done
    }

    /// Shows what an edit replaces. Where that is safety-critical a person has to say yes, and a
    /// script has to say what it saw.
    private func mayReplace(
        _ assignments: [RecordEdit.Assignment], in view: RecordView
    ) throws -> Bool {
        let names = Set(assignments.map { $0.field.prefix { $0 != "." } }.map(String.init))
        let fields = view.fields.filter { names.contains($0.name) && !$0.candidates.isEmpty }
        guard !fields.isEmpty else { return true }
        let critical = fields.filter { $0.policy == .safetyCritical }
        if !critical.isEmpty, !context.console.isInteractive {
            let list = critical.map(\.name).joined(separator: ", ")
            throw UsageProblem(
                "\(list) is safety-critical and has a value already; read it with "
                    + "'kith record get \(view.short) --json' and pass --seen VERSION from there")
        }
        let page = FieldLines(context)
        context.note([Line("Replaces in \(view.title):")])
        context.note(fields.flatMap { page.lines(for: $0, of: view.kind, indent: 2) })
        guard !critical.isEmpty else { return true }
        let count = critical.reduce(0) { $0 + $1.candidates.count }
        return context.confirms(
            "Replace \(count == 1 ? "this safety-critical value" : "these safety-critical values")?"
        )
    }

    private func save(
        _ edit: RecordEdit, by author: Author, on site: any Site
    ) async throws -> RecordView {
        guard let saved = try await site.save([edit], by: author).first else {
            throw SiteError(.store, "the site did not say what it saved; run 'kith doctor'")
        }
        return saved
    }
}

extension CommandContext {
    /// Says what a write made of a record.
    func report(_ record: RecordView, verb: String, asJSON isJSON: Bool) throws {
        if isJSON {
            try printJSON(record)
            return
        }
        let noun = Vocabulary.kind(named: record.kind)?.noun ?? record.kind
        print("\(verb) \(noun) \(record.short): \(record.title)")
        let open = record.fields.filter { $0.isConflict && $0.policy == .safetyCritical }
        for field in open {
            print([
                Line(
                    "!! \(field.label): \(field.candidates.count) values, not yet decided: "
                        + "'kith conflict show \(record.short).\(field.name)'", .alarm)
            ])
        }
    }
}
