package import KithStore

extension LocalSite {
    /// Writes straight into the store, in one transaction: for programs that fill a home with years of
    /// records. What people do goes through `save`.
    package func bulk<Result: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Result
    ) async throws -> Result {
        try await translating { try await store.write(body) }
    }
}
