import KithSite

/// Goes through the open conflicts one by one. Each decision is saved at once: whoever leaves, wherever,
/// has lost nothing.
struct ConflictWalk {
    let desk: ConflictDesk

    /// Walks through what a query lists; a conflict that somebody else settled meanwhile is passed over.
    func run(_ query: ConflictQuery) async throws -> ExitStatus {
        let context = desk.context
        let ids = try await desk.site.conflicts(query).map(\.id)
        guard !ids.isEmpty else {
            context.print("No conflicts are open.")
            return .done
        }
        context.note([
            Line(
                "\(Amount.count(ids.count, "conflict is", "conflicts are")) open. ? tells the keys."
            )
        ])
        var decided = 0
        var position = 0
        walk: while position < ids.count {
            guard let conflict = try await open(ids[position]) else {
                context.note(["", Line("\(ids[position]) is settled already.")])
                position += 1
                continue
            }
            let end = try await desk.decide(conflict, step: "\(position + 1) of \(ids.count)")
            switch end {
            case .decided:
                decided += 1
                position += 1
            case .undone:
                // What was open before is the one to look at again.
                decided -= 1
                position = max(0, position - 1)
            case .skipped: position += 1
            case .back: position = max(0, position - 1)
            case .left: break walk
            }
        }
        let left = try await desk.site.conflicts(query).count
        context.print(
            "\(Amount.count(decided, "decision", "decisions")) saved; "
                + (left == 0 ? "nothing is open any more." : "\(left) still open."))
        return left == 0 ? .done : .needsPerson
    }

    private func open(_ id: String) async throws -> ConflictView? {
        do {
            return try await desk.site.conflict(id)
        } catch let error as SiteError where error.code == .notFound {
            return nil
        }
    }
}
