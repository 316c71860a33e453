import Foundation
import GRDB
import KithProtocol
import KithSite
import KithTransport
import KithTrust
import SwiftProtobuf
import Testing

/// A join request as a relay's database holds it.
struct CapturedJoin: Sendable {
    let encapsulated: Data
    let ciphertext: Data

    /// The same bytes, left in some letterbox.
    func message(in letterbox: Data) -> Kith_V1_SealedJoin {
        .with {
            $0.letterbox = letterbox
            $0.encapsulated = encapsulated
            $0.ciphertext = ciphertext
        }
    }
}

/// The join requests in a relay's database.
func leftJoins(at relay: Neighbour) throws -> [CapturedJoin] {
    var readOnly = Configuration()
    readOnly.readonly = true
    let database = try DatabaseQueue(path: relay.home + "/kith.sqlite", configuration: readOnly)
    defer { try? database.close() }
    return try database.read { database in
        try Row.fetchAll(database, sql: "SELECT encapsulated, ciphertext FROM left_join")
            .map { CapturedJoin(encapsulated: $0["encapsulated"], ciphertext: $0["ciphertext"]) }
    }
}

/// Lets everything of a closed site's table have ended.
func end(_ table: String, at site: Neighbour) throws {
    let database = try DatabaseQueue(path: site.home + "/kith.sqlite")
    try database.write { try $0.execute(sql: "UPDATE \(table) SET expires_ms = 1000") }
    try database.close()
}

extension Neighbour {
    /// Syncs with everyone that has an address.
    func syncAll() async throws {
        for report in try await site.sync([], progress: { _ in }) where report.problem != nil {
            throw SiteError(.network, report.problem ?? "")
        }
    }
}

/// Expects that another site says no, for a reason.
func expectRefused(
    _ words: String, at location: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Void
) async {
    let error = await #expect(throws: TransportError.self, sourceLocation: location) {
        try await call()
    }
    #expect(error?.code == .refused, sourceLocation: location)
    #expect(
        error?.message.contains(words) == true, "\(error?.message ?? "")",
        sourceLocation: location)
}
