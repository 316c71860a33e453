import KithModel
import KithSite

/// What an import did, as people read it.
struct ImportPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each kind of record, then what was left out.
    func lines(_ report: ImportReport?, unmapped: [String: Int], files: Int) -> [Line] {
        var lines: [Line] = []
        if let report {
            lines.append(
                Line("Imported \(Amount.count(files, "file", "files")) into ")
                    + Line(report.partnership, .bold))
            var table = Table([
                .init("Kind"), .init("New", number: true), .init("Changed", number: true),
                .init("Unchanged", number: true),
            ])
            let names = Set(report.created.keys).union(report.changed.keys)
                .union(report.unchanged.keys)
            let known = Vocabulary.kinds.map(\.name).filter(names.contains)
            for name in known + names.subtracting(known).sorted() {
                table.add([
                    Vocabulary.kind(named: name)?.label ?? name,
                    String(report.created[name] ?? 0), String(report.changed[name] ?? 0),
                    String(report.unchanged[name] ?? 0),
                ])
            }
            lines += table.lines(width: context.width)
        } else {
            lines.append("Nothing was imported.")
        }
        guard !unmapped.isEmpty else { return lines }
        var table = Table([
            .init("Left out (Kith has no record for it)"), .init("Count", number: true),
        ])
        for (type, count) in unmapped.sorted(by: { $0.key < $1.key }) {
            table.add([type, String(count)])
        }
        return lines + [""] + table.lines(width: context.width)
    }
}
