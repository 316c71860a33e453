import KithStore
import Synchronization

/// What was found last of what people have to decide, with the work on it.
///
/// To find it takes a look at every record that was ever archived, at every resident, stay and plan; it is
/// asked for by nearly every page, and only an entry that arrives changes it. Nothing of it is on the disk
/// (D13), so that nothing can be stale after a start.
final class ConflictMemo: Sendable {
    /// All conflicts that are open, of every kind.
    struct Findings: Sendable {
        let found: [FoundConflict]
        let cases: ConflictCases
    }

    private let last = Mutex<(mark: StateMark, findings: Findings)?>(nil)

    /// What is to be decided as a transaction sees it: found again only where something came since.
    func findings(
        _ transaction: StoreTransaction, _ find: () throws -> Findings
    ) throws -> Findings {
        let mark = try transaction.stateMark()
        if let known = last.withLock({ $0 }), known.mark == mark { return known.findings }
        let findings = try find()
        last.withLock { $0 = (mark, findings) }
        return findings
    }

    /// The state was made anew.
    func forget() { last.withLock { $0 = nil } }
}
