import GRDB
import KithModel
import KithSite
import KithStore

/// Every view shows every value that stands, and says of every empty safety-critical slot why it is
/// empty; while something here cannot be read, none says "not recorded".
final class ViewsNameWhatIsMissing: Checker {
    private unowned let simulation: Simulation
    private var random: RandomSource

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "which views")
    }

    func nightEnded() throws { try look(views: 10, at: 300) }
    func settled() throws { try look(views: 40, at: 1_000) }

    /// Looks at some views at so many of a thousand installations.
    private func look(views: Int, at permille: Int) throws {
        for installation in simulation.sites where installation.isRunning {
            let chosen = random.bits()
            guard random.chance(permille: permille), !installation.isLiar else { continue }
            try simulation.read(at: installation) { transaction in
                let rows = try transaction.all("SELECT id FROM record ORDER BY id")
                    .map { $0["id"] as Int64 }
                guard !rows.isEmpty else { return }
                let presenter = try RecordPresenter(transaction, entry: Texts.entry)
                let waits = try !transaction.all("SELECT 1 FROM unread LIMIT 1").isEmpty
                for number in 0..<min(views, rows.count) {
                    let row = rows[Int((chosen &+ UInt64(number)) % UInt64(rows.count))]
                    guard let record = try transaction.records(RecordSelection(row: row)).first
                    else { continue }
                    try self.check(
                        presenter.view(record), of: record, waits: waits, at: installation)
                }
            }
        }
    }

    private func check(
        _ view: RecordView, of record: StoredRecord, waits: Bool, at installation: Installation
    ) throws {
        let live = Dictionary(grouping: record.operations, by: \.field)
        let shown = view.fields.reduce(0) { $0 + $1.candidates.count }
        let values = live.values.reduce(0) { $0 + Set($1.map(\.value)).count }
        guard shown == values else {
            throw violation(
                "\(installation.name) shows \(shown) values of \(record.id.short), and \(values) stand"
            )
        }
        for field in view.fields where field.policy == .safetyCritical {
            if field.candidates.isEmpty, field.absence == nil {
                throw violation(
                    "\(installation.name) leaves \(field.name) of \(record.id.short) empty without a word"
                )
            }
            if field.candidates.isEmpty, waits, field.absence == .notRecorded {
                throw violation(
                    "\(installation.name) says that \(field.name) of \(record.id.short) is not recorded, and cannot read all that is here"
                )
            }
        }
    }
}
