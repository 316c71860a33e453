import Foundation
import KithModel
import Synchronization
import Testing

@testable import KithSite

/// What people look at goes into the audit in its order, and together where it comes together.
@Suite struct AuditQueueTests {
    private func item(_ what: String) -> AuditItem {
        AuditItem(
            time: Instant(milliseconds: 1), actor: Author(user: "u", name: "U", role: "r"),
            channel: .webPage, action: .read, what: what)
    }

    /// A disk that writes when it is told to, and keeps what it was given.
    private final class Disk: Sendable {
        let written = Mutex<[[String]]>([])
        private let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        private let (free, release) = AsyncStream.makeStream(of: Void.self)

        func write(_ items: [AuditItem]) async throws {
            begin.yield()
            for await _ in free { break }
            written.withLock { $0.append(items.map(\.what)) }
            if items.contains(where: { $0.what == "bad" }) { throw SiteError(.store, "no disk") }
        }

        func isWriting() async { for await _ in begun { break } }
        func goOn() { release.yield() }
    }

    @Test func `what comes while something is written goes into the next write, in its order`()
        async throws
    {
        let (queue, disk) = (AuditQueue(), Disk())
        let first = queue.add([item("1")], write: disk.write)
        await disk.isWriting()
        let others = (2...40).map { queue.add([item("\($0)")], write: disk.write) }
        disk.goOn()
        try await first.settled()
        await disk.isWriting()
        #expect(disk.written.withLock { $0 } == [["1"]], "the others wait for the second write")
        disk.goOn()
        for receipt in others { try await receipt.settled() }
        #expect(disk.written.withLock { $0 } == [["1"], (2...40).map(String.init)])
        // And it begins again after it had nothing to do.
        let last = queue.add([item("last")], write: disk.write)
        disk.goOn()
        try await last.settled()
        #expect(disk.written.withLock { $0.count } == 3)
    }

    @Test func `nothing is given away whose note could not be written`() async throws {
        let (queue, disk, ledger) = (AuditQueue(), Disk(), AuditLedger())
        ledger.add(queue.add([item("bad")], write: disk.write))
        disk.goOn()
        await #expect(throws: SiteError.self) { try await ledger.settled() }
        // What was told once is not told again.
        try await ledger.settled()
    }
}
