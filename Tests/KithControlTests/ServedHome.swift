import Foundation
import KithSite
import Logging

@testable import KithControl

/// A temporary home, removed at the end of the test.
func withHome<Value>(
    depth: Int = 0, _ body: (String) async throws -> Value
) async throws -> Value {
    let root =
        FileManager.default.temporaryDirectory.path + "/kith-\(UInt32.random(in: 0 ... .max))"
    let home = root + String(repeating: "/a-folder-with-a-rather-long-name", count: depth)
    try FileManager.default.createDirectory(
        atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: root) }
    return try await body(home)
}

/// Serves a site in a home while the body runs.
func serving<Value: Sendable>(
    _ site: any Site, in home: String, version: String = "1", access: ControlAccess? = nil,
    _ body: (ControlServer) async throws -> Value
) async throws -> Value {
    let server = ControlServer(
        site: site, home: home, version: version,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        access: access ?? ControlAccess(owner: geteuid()))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        let (listening, signal) = AsyncStream.makeStream(of: Void.self)
        group.addTask {
            defer { signal.finish() }
            try await server.run { signal.yield() }
        }
        for await _ in listening { break }
        let value = try await body(server)
        server.beginGracefulShutdown()
        try await group.waitForAll()
        return value
    }
}
