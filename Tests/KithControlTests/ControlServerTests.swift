import Foundation
import KithModel
import KithSite
import Testing

@testable import KithControl

@Suite struct ControlServerTests {
    @Test func `the socket is for its owner only, and goes with the server`() async throws {
        try await withHome { home in
            let path = home + "/control.sock"
            try await serving(FakeSite(), in: home) { _ in
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? Int) == 0o600)
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `no daemon is nil, not an error`() async throws {
        try await withHome { home in
            let here = try ControlClient(home: home, version: "1")
            let nowhere = try ControlClient(home: home + "/absent", version: "1")
            #expect(here == nil && nowhere == nil)
        }
    }

    @Test func `a socket that a dead daemon left is nil to clients and replaced by the next`()
        async throws
    {
        try await withHome { home in
            let left = try ControlSocket.listen(in: home)
            close(left.descriptor)
            #expect(FileManager.default.fileExists(atPath: home + "/control.sock"))
            let none = try ControlClient(home: home, version: "1")
            #expect(none == nil)
            try await serving(FakeSite(), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let profile = try await client.profile()
                #expect(profile.version == "1.2.3")
            }
        }
    }

    @Test func `a file that is no socket is never removed`() async throws {
        try await withHome { home in
            let path = home + "/control.sock"
            try Data("precious".utf8).write(to: URL(filePath: path))
            let error = #expect(throws: SiteError.self) { _ = try ControlSocket.listen(in: home) }
            #expect(error?.code == .home)
            #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
        }
    }

    @Test func `another version is told to restart the daemon`() async throws {
        try await withHome { home in
            try await serving(FakeSite(), in: home, version: "2") { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let error = await #expect(throws: SiteError.self) { _ = try await client.profile() }
                #expect(error?.code == .version)
                #expect(error?.description.contains("restart kithd") == true)
            }
        }
    }

    @Test func `a home whose path is longer than a socket's address works`() async throws {
        try await withHome(depth: 6) { home in
            #expect(home.utf8.count > 150)
            try await serving(FakeSite(), in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let profile = try await client.profile()
                #expect(profile.version == "1.2.3")
            }
            #expect(!FileManager.default.fileExists(atPath: home + "/control.sock"))
        }
    }

    @Test func `another account is not served`() async throws {
        try await withHome { home in
            let owner = ControlAccess(owner: 1000)
            #expect(owner.admits(1000) && owner.admits(0) && !owner.admits(1001))
            let strangers = ControlAccess(owner: 4_000_000, includesRoot: false)
            try await serving(FakeSite(), in: home, access: strangers) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                await #expect(throws: SiteError.self) { _ = try await client.profile() }
                await #expect(throws: SiteError.self) { _ = try await client.profile() }
            }
        }
    }

    @Test func `a server that stops cancels the call that runs, and its caller is told`()
        async throws
    {
        try await withHome { home in
            let (started, signal) = AsyncStream.makeStream(of: Void.self)
            let site = FakeSite(whenVerifying: {
                signal.yield()
                try await Task.sleep(for: .seconds(600))
            })
            try await serving(site, in: home) { server in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let call = Task { try await client.verify() }
                for await _ in started { break }
                server.beginGracefulShutdown()
                let error = await #expect(throws: SiteError.self) { _ = try await call.value }
                #expect(error?.code == .network)
                #expect(error?.description.contains("kithd") == true)
            }
        }
    }

    @Test func `a daemon that never answers is given up with one line`() async throws {
        try await withHome { home in
            // The kernel takes connections for a process that is suspended.
            let suspended = try ControlSocket.listen(in: home)
            defer { close(suspended.descriptor) }
            let client = try #require(
                try ControlClient(home: home, version: "1", silence: .milliseconds(200)))
            let error = await #expect(throws: SiteError.self) { _ = try await client.profile() }
            #expect(error?.code == .network)
            #expect(error?.description.contains("does not answer") == true)
        }
    }

    @Test func `work that reports nothing may take longer than a daemon may be silent`()
        async throws
    {
        try await withHome { home in
            let site = FakeSite(whenVerifying: {
                // Not to wait for something, but to be work that takes longer than the limit; that
                // is long enough for a machine that runs every other test meanwhile.
                try await Task.sleep(for: .seconds(45))
            })
            try await serving(site, in: home) { _ in
                let client = try #require(
                    try ControlClient(home: home, version: "1", silence: .seconds(25)))
                _ = try await client.verify()
            }
        }
    }

    @Test func `cancelling the caller cancels the work`() async throws {
        try await withHome { home in
            let (events, signal) = AsyncStream.makeStream(of: String.self)
            let site = FakeSite(whenVerifying: {
                signal.yield("started")
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    signal.yield("cancelled")
                    throw error
                }
            })
            try await serving(site, in: home) { _ in
                let client = try #require(try ControlClient(home: home, version: "1"))
                let call = Task { try await client.verify() }
                var seen: [String] = []
                for await event in events {
                    seen.append(event)
                    if event == "started" { call.cancel() } else { break }
                }
                #expect(seen == ["started", "cancelled"])
                await #expect(throws: CancellationError.self) { _ = try await call.value }
            }
        }
    }

    @Test func `a client outlives a restart of the daemon`() async throws {
        try await withHome { home in
            let client = try await serving(FakeSite(), in: home) { _ in
                try #require(try ControlClient(home: home, version: "1"))
            }
            let error = await #expect(throws: SiteError.self) { _ = try await client.profile() }
            #expect(error?.code == .network)
            try await serving(FakeSite(), in: home) { _ in
                let profile = try await client.profile()
                #expect(profile.version == "1.2.3")
            }
        }
    }
}
