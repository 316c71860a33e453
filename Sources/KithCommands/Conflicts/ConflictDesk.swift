import KithModel
import KithSite
import Synchronization

/// Where a person decides one conflict: it is shown, a key says what to do, and before anything is
/// saved they see what would come of it.
final class ConflictDesk: Sendable {
    /// What became of a conflict.
    enum End {
        /// It was decided; whether something is left to decide.
        case decided(isOpen: Bool)
        case skipped
        case back
        case undone
        case left
    }

    let site: any Site
    let author: Author
    let context: CommandContext
    private let clinician: Author?
    private let givenReason: String?
    private let state = Mutex(State())

    private struct State {
        /// The reason that was given last: Enter takes it again.
        var reason: String?
        var clinician: Author?
        /// What was decided last here, to be taken back with one key.
        var last: Resolution?
    }

    init(
        site: any Site, author: Author, context: CommandContext, clinician: Author? = nil,
        reason: String? = nil
    ) {
        self.site = site
        self.author = author
        self.context = context
        self.clinician = clinician
        givenReason = reason
    }

    // MARK: Showing

    /// Says what would come of a decision.
    func show(preview: ResolutionOutcome, onOutput: Bool = false) {
        var lines = context.heading("This would be saved: \(preview.about)")
        lines += labelled("stands", preview.stands)
        lines += labelled("replaces", preview.replaces)
        if preview.isOpen {
            lines.append("  Something stays open: what was not seen, or outranks it.")
        }
        if onOutput { context.print(lines) } else { context.note(lines) }
    }

    /// Says what came of one.
    func show(_ outcome: ResolutionOutcome) {
        let words = outcome.isOpen ? "Written, but the conflict is still open" : "Decided"
        context.print(context.heading("\(words): \(outcome.about)"))
        context.print(labelled("stands", outcome.stands))
        if outcome.isOpen {
            context.print("Read the rest with 'kith conflict show \(outcome.conflict)'.")
        }
    }

    private func labelled(_ label: String, _ texts: [String]) -> [Line] {
        texts.flatMap { Labelled(label, indent: 2, labelWidth: 10).lines($0, width: context.width) }
    }

    private func say(_ text: String) {
        context.note(Wrapping.lines(text, width: context.width).map { Line($0) })
    }

    // MARK: One conflict

    /// Shows a conflict and asks until it is decided or left; `step` says where in a walk it is.
    func decide(_ conflict: ConflictView, step: String?) async throws -> End {
        if let step { context.note(["", Line("---- \(step) ----")]) }
        context.note(ConflictPage(context).lines(conflict))
        while true {
            say(menu(conflict, isWalk: step != nil))
            context.console.errors("Key (? for help) > ")
            guard let key = context.console.readKey() else {
                context.console.errors("\n")
                return .left
            }
            let lower = Character(String(key).lowercased())
            context.console.errors((key.isNewline || key == "\u{1B}" ? "" : String(key)) + "\n")
            switch lower {
            case "q": return .left
            case "s", "\n", "\r": return .skipped
            case "b" where step != nil: return .back
            case "u" where step != nil:
                if try await undoLast() { return .undone }
            case "?": say(help(conflict, isWalk: step != nil))
            case "a": try await assign(conflict)
            case "n": try await note(conflict)
            case "r": context.note(ConflictPage(context).lines(conflict))
            default:
                guard let choice = try await choice(lower, conflict) else { continue }
                if let end = try await save(choice, conflict) { return end }
            }
        }
    }

    private func count(_ conflict: ConflictView) -> Int {
        conflict.field?.candidates.count ?? conflict.details?.options.count ?? 0
    }

    private func menu(_ conflict: ConflictView, isWalk: Bool) -> String {
        let numbers = count(conflict) > 1 ? "1 to \(count(conflict))" : "1"
        let combine = isText(conflict) ? ", c combine" : ""
        let more = isWalk ? ", b back, u undo" : ""
        return
            "\(numbers) decide\(combine), v value, a assign, n note, s skip\(more), q leave"
    }

    private func help(_ conflict: ConflictView, isWalk: Bool) -> String {
        var lines = (conflict.field?.candidates ?? []).map { "\($0.number): \($0.words)" }
        lines += (conflict.details?.options ?? []).map { "\($0.number): \($0.words)" }
        if count(conflict) > 9 { lines.append("p: a number above 9") }
        if isText(conflict) { lines.append("c: combine the texts in your editor") }
        lines += [
            "v: another value", "a: say whose it is, and until when", "n: note what you found out",
            "r: read it again", "s or Enter: leave it open, and go on",
        ]
        if isWalk { lines += ["b: back to the one before", "u: take back your last decision"] }
        return (lines + ["q: leave; what was decided is saved"]).joined(separator: "\n")
    }

    private func isText(_ conflict: ConflictView) -> Bool {
        let kind = Vocabulary.kind(named: conflict.recordKind)
        guard conflict.kind.isOfField,
            case .text? = conflict.fieldName.flatMap({ kind?.field(named: $0)?.type })
        else { return false }
        return true
    }

    private struct Chosen {
        let choice: Resolution.Choice
        var combined: CombineEditor.Combined?
    }

    private func choice(_ key: Character, _ conflict: ConflictView) async throws -> Chosen? {
        if let number = key.wholeNumberValue, key.isASCII {
            return picked(number, conflict)
        }
        switch key {
        case "p": return picked(Int(context.ask("Which number?") ?? "") ?? 0, conflict)
        case "c":
            guard isText(conflict) else { break }
            do {
                guard let combined = try CombineEditor(context: context).combine(conflict) else {
                    say("Nothing was left in the editor; nothing was changed.")
                    return nil
                }
                return Chosen(
                    choice: .value([.init(conflict.fieldName ?? "", combined.text)]),
                    combined: combined)
            } catch let problem as UsageProblem {
                say(problem.message)
                return nil
            }
        case "v":
            let name = conflict.fieldName ?? "N.FIELD"
            guard let text = context.ask("Which value? (\(name)=…)"), !text.isEmpty else {
                return nil
            }
            let source =
                conflict.fieldName.map { text.hasPrefix($0) ? text : "\($0)=\(text)" } ?? text
            do {
                return Chosen(
                    choice: .value(try await DecidedValue.parse([source], of: conflict, on: site)))
            } catch let problem as UsageProblem {
                say(problem.message)
                return nil
            }
        default: break
        }
        say("That key does nothing here; ? tells which do.")
        return nil
    }

    private func picked(_ number: Int, _ conflict: ConflictView) -> Chosen? {
        guard (1...max(1, count(conflict))).contains(number), count(conflict) > 0 else {
            say("There is no number \(number); choose from 1 to \(count(conflict)).")
            return nil
        }
        return Chosen(choice: .pick(number))
    }

    // MARK: Saving

    private func save(_ chosen: Chosen, _ conflict: ConflictView) async throws -> End? {
        guard let resolution = resolution(chosen.choice, conflict) else {
            say(
                "Not decided; nothing was changed."
                    + (chosen.combined.map { " What you combined is in \($0.file)." } ?? ""))
            return nil
        }
        do {
            var preview = resolution
            preview.isPreview = true
            show(
                preview: try await keepingText(combined: chosen.combined, resolution) {
                    [preview] in try await site.resolve(preview, by: author)
                })
            context.console.errors("Save it? y/n > ")
            let key = context.console.readKey()
            context.console.errors((key.map(String.init) ?? "") + "\n")
            guard key == "y" || key == "Y" else {
                say(
                    "Not saved."
                        + (chosen.combined.map { " What you combined is in \($0.file)." } ?? ""))
                return key == nil ? .left : nil
            }
            let outcome = try await keepingText(combined: chosen.combined, resolution) {
                try await site.resolve(resolution, by: author)
            }
            chosen.combined?.discard()
            state.withLock { $0.last = resolution }
            show(outcome)
            return .decided(isOpen: outcome.isOpen)
        } catch let error as SiteError where error.code != .store && error.code != .home {
            // Refused: what it needs can be given, or the next one decided.
            say(error.description)
            return error.code == .notFound ? .skipped : nil
        }
    }

    /// Asks for what else a decision needs; nil when the person leaves it open.
    private func resolution(
        _ choice: Resolution.Choice, _ conflict: ConflictView
    ) -> Resolution? {
        var who = clinician ?? state.withLock(\.clinician)
        if conflict.needsAttestation, who == nil {
            let able = conflict.details?.attesters.joined(separator: ", ") ?? ""
            say(
                "Only a clinical decision settles this one, written at: \(able.isEmpty ? "no member yet" : able)."
            )
            guard let name = context.ask("Which clinician decided? (Enter leaves it open)"),
                !name.isEmpty, let role = context.ask("In which role?"), !role.isEmpty
            else { return nil }
            let named = Author(user: "", name: name, role: role)
            who = named
            state.withLock { $0.clinician = named }
        }
        let last = state.withLock(\.reason)
        let hint = last.map { " (Enter: \u{201C}\($0.prefix(30))\u{201D})" } ?? ""
        let answer = givenReason ?? context.ask("Why? Others read it.\(hint)")
        guard let answer, let reason = answer.isEmpty ? last : answer, !reason.isEmpty else {
            return nil
        }
        state.withLock { $0.reason = reason }
        return Resolution(
            conflict: conflict.id, choice: choice, seen: conflict.version, reason: reason,
            isAttested: conflict.needsAttestation, performer: conflict.needsAttestation ? who : nil)
    }

    /// Runs what may fail; what was typed for it is kept in a file then, and not when it only says what
    /// would come of it.
    func keepingText<Result>(
        combined: CombineEditor.Combined?, _ resolution: Resolution, isDryRun: Bool = false,
        _ body: () async throws -> Result
    ) async throws -> Result {
        guard !isDryRun || combined != nil else { return try await body() }
        var lines: [String?] = [
            "conflict: \(resolution.conflict)", "reason: \(resolution.reason)",
        ]
        switch resolution.choice {
        case .pick(let number): lines.append("pick: \(number)")
        case .word(let word): lines.append("pick: \(word)")
        case .value(let values): lines += values.map { "\($0.field)=\($0.text)" }
        }
        return try await KeptText.guarding(
            TypedText(name: resolution.conflict, lines: lines), in: context, body)
    }

    private func undoLast() async throws -> Bool {
        guard let last = state.withLock(\.last) else {
            say("Nothing was decided here yet.")
            return false
        }
        guard let reason = context.ask("Why is it taken back? (Enter leaves it)"), !reason.isEmpty
        else { return false }
        do {
            let typed = TypedText(
                name: last.conflict, lines: ["take back: \(last.conflict)", "reason: \(reason)"])
            let outcome = try await KeptText.guarding(typed, in: context) {
                try await site.undoDecision(
                    ConflictUndo(
                        conflict: last.conflict, reason: reason, isAttested: last.isAttested,
                        performer: last.performer), by: author)
            }
            state.withLock { $0.last = nil }
            say("Taken back; open again: \(outcome.conflict).")
            return true
        } catch let error as SiteError where error.code != .store && error.code != .home {
            say(error.description)
            return false
        }
    }

    // MARK: Work

    private func assign(_ conflict: ConflictView) async throws {
        guard let who = context.ask("Who takes it on? (Enter leaves it as it is)") else { return }
        let due = context.ask("By which day? (YYYY-MM-DD; Enter leaves it as it is)")
        try await work(
            ConflictWork(
                conflict: conflict.id, owner: who.isEmpty ? nil : who,
                due: (due ?? "").isEmpty ? nil : due))
    }

    private func note(_ conflict: ConflictView) async throws {
        guard let text = context.ask("What should others know?"), !text.isEmpty else { return }
        try await work(ConflictWork(conflict: conflict.id, note: text))
    }

    private func work(_ work: ConflictWork) async throws {
        guard work.owner != nil || work.due != nil || work.note != nil else { return }
        let typed = [work.owner, work.due, work.note].compactMap(\.self).joined(separator: "\n")
        do {
            let view = try await KeptText.guarding(
                typed + "\n", as: "unsaved-\(work.conflict)", in: context
            ) { try await site.work(on: work, by: author) }
            let owner = view.owners.isEmpty ? "nobody" : view.owners.joined(separator: " and ")
            say("Noted: taken on by \(owner)\(view.due.map { ", by \($0)" } ?? "").")
        } catch let error as SiteError where error.code != .store && error.code != .home {
            say(error.description)
        }
    }
}

extension CommandContext {
    /// A heading that wraps; a name in it cannot begin a new line.
    func heading(_ text: String) -> [Line] {
        Wrapping.lines(TerminalText.line(text), width: width).map { Line($0, .bold) }
    }
}
