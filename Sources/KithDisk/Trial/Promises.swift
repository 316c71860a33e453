package import Foundation

/// What a program told somebody that it had done: from then on it must be so.
package enum Promise: Codable, Sendable {
    /// `kith init` made a site.
    case made(home: String)
    /// A resident of this family name is on record.
    case saved(home: String, families: Set<String>)
    /// Two homes hold the same.
    case met(String, String)
    /// A text is nowhere any more.
    case erased(home: String, text: String)
    /// A backup lies in a file, by its path from the root.
    case backedUp(home: String, file: String)
    /// A backup is about to be put in the place of the database; what came later may go.
    case restoring(home: String, file: String)

    /// As a trace keeps it.
    package func note() throws -> Data { try JSONEncoder().encode(self) }
}

/// Everything that was promised of one home so far.
package struct Promises: Sendable {
    package var isMade = false
    package var families: Set<String> = []
    package var erased: Set<String> = []
    package var backups: [String: Set<String>] = [:]
    /// The backup that a restore was begun from.
    package var restoredFrom: String?

    package init() {}
}

extension [String: Promises] {
    /// Adds a promise.
    mutating func add(_ promise: Promise) {
        switch promise {
        case .made(let home): change(home) { $0.isMade = true }
        case .saved(let home, let families): change(home) { $0.families.formUnion(families) }
        case .met(let one, let other):
            let both = (self[one]?.families ?? []).union(self[other]?.families ?? [])
            for home in [one, other] { change(home) { $0.families = both } }
        case .erased(let home, let text): change(home) { $0.erased.insert(text) }
        case .backedUp(let home, let file): change(home) { $0.backups[file] = $0.families }
        case .restoring(let home, let file):
            change(home) {
                $0.restoredFrom = file
                $0.families = $0.backups[file] ?? []
            }
        }
    }

    private mutating func change(_ home: String, _ body: (inout Promises) -> Void) {
        var promises = self[home] ?? Promises()
        body(&promises)
        self[home] = promises
    }
}
