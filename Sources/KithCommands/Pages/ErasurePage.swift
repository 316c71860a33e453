import KithModel
import KithSite

/// Erasures as people read them.
struct ErasurePage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// What an erasure touches, in words.
    static func what(_ report: ErasureReport) -> String {
        let kinds = report.records.sorted { $0.key < $1.key }.map { name, count in
            "\(count) \(Vocabulary.kind(named: name)?.label.lowercased() ?? name)"
        }
        return Amount.count(report.parts, "statement", "statements")
            + " (\(kinds.joined(separator: ", ")))"
    }

    /// A paragraph for each: what, who and why, then who has complied.
    func lines(_ erasures: [ErasureView]) -> [Line] {
        guard !erasures.isEmpty else { return ["Nothing was erased."] }
        return erasures.flatMap { erasure -> [Line] in
            let who = erasure.committer.map { "\($0.name), \($0.role), " } ?? ""
            let head =
                "\(context.time(erasure.recorded))  \(erasure.partnership), "
                + "\(erasure.compartment.name): "
                + Amount.count(erasure.parts, "statement", "statements")
            let facts = [
                ("By", who + erasure.siteName),
                ("Why", erasure.reason ?? "this site cannot read that"),
                ("Done", erasure.done.joined(separator: ", ")),
                ("Awaited", erasure.awaited.joined(separator: ", ")),
            ]
            return [Line(head, .bold)]
                + facts.filter { !$0.1.isEmpty }.flatMap { label, text in
                    Labelled(
                        label, indent: 2, labelWidth: 9,
                        look: label == "Awaited" ? .alarm : .plain
                    ).lines(text, width: context.width)
                }
        }
    }
}
