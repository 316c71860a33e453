import Foundation
import KithModel
import KithStore
import KithTrust
import Logging

/// The audit itself, and the site as one person uses it.
extension LocalSite {
    package func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        acting(for: actor, through: channel, within: scope, notedIn: nil)
    }

    /// The same; what is noted is gathered in a ledger, which whoever gives something away waits for.
    package func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope,
        notedIn ledger: AuditLedger?
    ) -> any Site {
        let audited = AuditedSite(site: self, actor: actor, channel: channel, ledger: ledger)
        return scope == .all ? audited : ScopedSite(audited: audited, scope: scope)
    }

    /// Appends an item to the audit, with the resident that its record belongs to.
    ///
    /// Where nothing can be written any more, what is here can still be read: at night that counts
    /// for more, and the log of the program says that it was not noted.
    func note(_ item: AuditItem) async throws { try await note([item]) }

    /// Appends items in one write, which counts when they are many.
    func note(_ items: [AuditItem]) async throws {
        try await translating {
            do {
                _ = try await append(items)
            } catch let error as StoreError where [.full, .readOnly].contains(error.code) {
                logger.error(
                    "what somebody did could not be noted in the audit",
                    metadata: [
                        "audit.action": "\(items.first?.action.rawValue ?? "")",
                        "why": "\(error)",
                    ])
            }
        }
    }

    /// The same where nothing may happen that is not noted; gives the item with its number.
    func append(_ item: AuditItem) async throws -> AuditItem { try await append([item])[0] }

    /// Appends items in one write; gives them as they were numbered.
    func append(_ items: [AuditItem]) async throws -> [AuditItem] {
        try await store.write { transaction in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try items.map { item in
                var item = item
                item.resident = try item.record.flatMap { try transaction.root(of: $0) }
                item.number = try transaction.appendAudit(
                    try encoder.encode(item), time: item.time, user: item.actor.user,
                    name: item.actor.name, action: item.action.rawValue, record: item.record,
                    resident: item.resident)
                return item
            }
        }
    }

    package func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        try await translating {
            if query.isBreakGlass { return try await breakGlass(query) }
            guard (1...1_000_000).contains(query.limit) else {
                throw SiteError(.invalid, "a limit is a number from 1 to 1,000,000")
            }
            return try await store.read { transaction in
                try transaction.audit(
                    since: query.since, until: query.until, user: query.user,
                    action: query.action?.rawValue, record: query.record, limit: query.limit
                ).compactMap(AuditItem.init(stored:))
            }
        }
    }
}
