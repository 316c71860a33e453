import Foundation
import KithModel
import KithSite

/// Words of a person's own that a command is to save.
struct TypedText {
    /// What the file is named for.
    let name: String
    /// The words, a line for each thing that was said; nil for what was not.
    let lines: [String?]

    var text: String { lines.compactMap(\.self).map { $0 + "\n" }.joined() }
}

/// What somebody typed, in a file of its own: so that nothing typed is lost when it cannot be saved.
enum KeptText {
    /// Writes a text to a new file for this user alone; gives its path, nil where none can be written.
    static func keep(_ text: String, as name: String, in context: CommandContext) -> String? {
        let environment = context.console.environment
        let folders = [
            environment["TMPDIR"], "/tmp", environment["HOME"],
            FileManager.default.currentDirectoryPath,
        ].compactMap(\.self).filter { !$0.isEmpty }
        let safe = String(name.map { $0.isLetter || $0.isNumber || ".-".contains($0) ? $0 : "-" })
        for folder in folders {
            for number in 1...99 {
                let path = "\(folder)/kith-\(safe)-\(context.day)-\(number).txt"
                // One that is there, or that another program makes at this moment, is another's: it is
                // left alone. In a folder that is full or read-only no number helps.
                guard let isNew = try? NewFile.writeUnlessThere(Data(text.utf8), to: path) else {
                    break
                }
                if isNew { return path }
            }
        }
        return nil
    }

    /// Runs what may fail; when it does, what was typed is kept, and the error says where.
    static func guarding<Result>(
        _ typed: TypedText?, in context: CommandContext, _ body: () async throws -> Result
    ) async throws -> Result {
        try await guarding(
            typed?.text ?? "", as: "unsaved-\(typed?.name ?? "")", in: context, body)
    }

    /// The same with a text and a name for the file.
    static func guarding<Result>(
        _ typed: @autoclosure () -> String, as name: String, in context: CommandContext,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as SiteError {
            throw SiteError(error.code, error.description + kept(typed(), name, context))
        } catch let error as UsageProblem {
            throw UsageProblem(error.message + kept(typed(), name, context))
        }
    }

    private static func kept(_ text: String, _ name: String, _ context: CommandContext) -> String {
        guard !text.isEmpty else { return "" }
        return keep(text, as: name, in: context).map { "; what you typed is in \($0)" }
            ?? "; what you typed could not be kept in a file: \(text)"
    }
}

/// Combines values of a narrative in the person's editor.
struct CombineEditor {
    let context: CommandContext

    /// From this line on nothing is taken over.
    private static let cut = "======== from here on nothing is taken over ========"

    /// A text that was combined, and the file it is in until it is saved.
    struct Combined {
        let text: String
        let file: String

        /// Removes the file: the text is saved.
        func discard() { unlink(file) }
    }

    /// Lets a person combine the candidates; nil when they left nothing, which decides nothing.
    func combine(_ conflict: ConflictView) throws -> Combined? {
        guard let field = conflict.field,
            let definition = Vocabulary.kind(named: conflict.recordKind)?.field(named: field.name),
            case .text = definition.type
        else {
            throw UsageProblem(
                "only texts can be combined in an editor; pick a value, or give one with --value")
        }
        let source = template(field, conflict)
        guard let file = KeptText.keep(source, as: "combine-\(conflict.id)", in: context) else {
            throw UsageProblem("no file to edit can be written in /tmp; make room, then try again")
        }
        guard let status = context.console.edit(file) else {
            unlink(file)
            throw UsageProblem("no editor could be started; name one in EDITOR")
        }
        guard status == 0 else {
            throw UsageProblem(
                "the editor ended with status \(status), so nothing was saved; what you typed is in \(file)"
            )
        }
        let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        guard let edited = size == 0 ? "" : try? InputFile.text(of: file, atMost: 1_000_000) else {
            throw UsageProblem("the editor left no text that can be read in \(file)")
        }
        let lines = edited.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let own = lines.prefix { $0 != Self.cut }
        guard !own.contains(where: Self.isMarker) else {
            throw UsageProblem(
                "markers are left in the text, so nothing was saved; what you typed is in \(file)")
        }
        let text = own.joined(separator: "\n").trimmingSpaces
        guard !text.isEmpty else {
            unlink(file)
            return nil
        }
        return Combined(text: text, file: file)
    }

    private static func isMarker(_ line: String) -> Bool {
        line.hasPrefix("<<<<<<< ") || line.hasPrefix(">>>>>>> ") || line == "======="
    }

    private func template(_ field: FieldView, _ conflict: ConflictView) -> String {
        let fields = FieldLines(context)
        var lines: [String] = []
        for candidate in field.candidates {
            let who = candidate.provenance.first.map { fields.words(for: $0) } ?? ""
            lines.append("<<<<<<< \(candidate.number)) \(TerminalText.line(who))")
            lines.append(candidate.words)
            lines.append(">>>>>>> \(candidate.number))")
        }
        lines += [
            Self.cut,
            "Make one text of the above and take out the lines with <<<<<<< and >>>>>>>.",
            "With nothing left above, nothing is decided.", "",
            "\(conflict.id): \(TerminalText.line(conflict.about)) of \(TerminalText.line(conflict.title))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
