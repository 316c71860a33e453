import KithModel

extension ScopedSite {
    func due(_ query: DueQuery) async throws -> [DueItem] {
        if let resident = query.resident { _ = try await record(resident, kind: "resident") }
        return readable(try await audited.due(query))
    }

    /// Those of some things due that tell nothing beyond what the role includes. What is worked out
    /// from several records of a resident tells of clinical ones.
    func readable(_ items: [DueItem]) -> [DueItem] {
        items.filter { item in
            guard let kind = Vocabulary.kind(named: item.kind) else { return false }
            let isOfResident = item.field == nil && item.resident != nil
            return scope.includes(kind.compartment)
                && (!isOfResident || scope.includes(.personal) && scope.includes(.clinical))
        }.map { item in
            var item = item
            if !scope.includes(.personal) { (item.resident, item.residentTitle) = (nil, nil) }
            return item
        }
    }
}
