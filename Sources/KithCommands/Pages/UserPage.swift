import KithModel
import KithSite

/// What is said of an account after it was changed.
struct UserPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// Prints what came of a change.
    func show(_ report: UserReport, _ output: OutputOptions, _ words: String) throws {
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(lines(report, words))
        }
    }

    private func lines(_ report: UserReport, _ words: String) -> [Line] {
        let user = report.user
        var lines =
            Wrapping.lines(TerminalText.line(words), width: context.width).map { Line($0) }
            + ["", labelled("Name", "\(user.name), \(user.title)")]
        lines += [
            labelled("Roles", user.roles.map(\.word).joined(separator: ", ")),
            labelled(
                "May read",
                user.compartments.isEmpty
                    ? "no records" : user.compartments.map(\.name).joined(separator: ", ")),
        ]
        if let ends = user.certificates.last {
            lines.append(labelled("Certificate", "ends \(context.time(ends))"))
        }
        guard let password = report.password, let secret = report.codeSecret else { return lines }
        lines += [
            labelled("Password", password), labelled("Code", secret), "",
            "For their authenticator app; it is shown this once:", "",
        ]
        if let uri = report.codeURI, let square = QRCode(uri, columns: context.width) {
            lines += square.rows.map { Line($0, .ink) } + [""]
        }
        return lines
    }

    private func labelled(_ label: String, _ words: String) -> Line {
        let gap = String(repeating: " ", count: max(1, 16 - label.count))
        return Line(label + gap) + Line(TerminalText.line(words), .bold)
    }
}
