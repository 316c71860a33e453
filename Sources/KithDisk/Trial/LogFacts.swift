import Foundation
import GRDB
import KithProtocol
import SwiftProtobuf

/// What a site's database says of everybody's feeds, read past the program that wrote it.
package struct LogFacts: Sendable {
    /// A number in a feed, which its author signs once.
    struct Place: Hashable, Sendable {
        let partnership: Data
        let compartment: Int64
        let author: Data
        let incarnation: Int64
        let sequence: Int64
    }

    /// The site; nil where the database holds nothing yet.
    private(set) var site: Data?
    /// Hashes of the entries at each place: more than one is a fork.
    private(set) var entries: [Place: Set<Data>] = [:]
    /// Hashes that a site said, signed, that it holds.
    private(set) var stated: [Data: Set<Data>] = [:]
    /// What SQLite says of the file; "ok" when all is well.
    private(set) var integrity: [String] = []

    package init() {}

    /// Reads a database that nobody has open.
    package init(database path: String, checkingFile isChecking: Bool = false) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.read { database in
            guard try database.tableExists("statement") else { return }
            site = try Data.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'site'")
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT uuid, compartment, author, incarnation, sequence, hash FROM entry
                    JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                    JOIN partnership ON partnership.id = feed.partnership
                    """)
            while let row = try rows.next() {
                let place = Place(
                    partnership: row[0], compartment: row[1], author: row[2], incarnation: row[3],
                    sequence: row[4])
                entries[place, default: []].insert(row[5])
            }
            for row in try Row.fetchAll(database, sql: "SELECT site, bytes FROM statement") {
                let statement = try Kith_V1_Statement(serializedBytes: row[1] as Data)
                stated[row[0], default: []].formUnion(statement.frontier.map(\.hash))
            }
            if isChecking {
                integrity = try String.fetchAll(database, sql: "PRAGMA integrity_check")
            }
        }
    }

    /// Every entry.
    var hashes: Set<Data> { entries.values.reduce(into: []) { $0.formUnion($1) } }

    /// The numbers of a site's feeds under which it has signed two things, as far as this and another
    /// database show.
    func signedTwice(by site: Data, comparedWith other: LogFacts) -> [Place] {
        entries.filter { place, hashes in
            place.author == site && hashes.union(other.entries[place] ?? []).count > 1
        }.map(\.key)
    }
}
