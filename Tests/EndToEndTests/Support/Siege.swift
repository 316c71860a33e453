import Foundation
import KithModel
import NIOCore
import Testing

/// A daemon that a paired member attacks while another one syncs with it: Elm's, by Riverside, while Oak
/// brings home three hundred kilobytes.
struct Siege {
    let trio: Trio
    /// More memory than this a daemon may not need for whatever one peer sends.
    private static let memory = 160 * 1_048_576

    private let link: SlowLink
    private let honest: Running
    private let before: LogReport

    var elm: TestHome { trio.pair.elm }
    var address: String { trio.pair.daemon.address }

    /// Begins the honest session; when it returns, entries come in.
    init() throws {
        trio = try Trio()
        let file = try trio.pair.workspace.file(
            "people.json", Bundles.people(0..<84, descriptionBytes: 3_000))
        try trio.pair.elm.must("import", "fhir", file)
        // The last of it waits until the attack is over, so that the session is open all the while.
        link = try SlowLink(
            before: trio.pair.daemon.address, .init(bytesPerSecond: 50_000, delay: .milliseconds(1))
        )
        link.stall(afterDown: 200_000)
        try trio.oak.must("peer", "set", "Elm House", "--address", link.address)
        before = try trio.pair.elm.log()
        honest = try Program.start(
            Program.kith, ["--home", trio.oak.path, "sync", "Elm House", "--json"])
        honest.write(nil)
        let end = Date(timeIntervalSinceNow: 30)
        while (link.carried.first?.down ?? 0) < 20_000, Date() < end { usleep(2_000) }
        try #require(honest.isRunning && !link.carried.isEmpty, "the honest session runs")
    }

    /// A connection of the attacker's.
    func connection() throws -> HostileConnection {
        try HostileConnection(to: address, as: trio.pair.riverside)
    }

    /// The attacker, in the words of the protocol.
    func liar() throws -> LyingMember {
        try LyingMember(trio.pair.riverside, before: trio.pair.daemon, of: elm)
    }

    /// The partnership of all three.
    func partnership() throws -> PartnershipID {
        struct Partnerships: Decodable {
            struct One: Decodable {
                let id: PartnershipID
                let name: String
            }
            let partnerships: [One]
        }
        let printed = try elm.must("partnership", "list", "--json").output
        let all = try JSONDecoder().decode(Partnerships.self, from: Data(printed.utf8))
        return try #require(all.partnerships.first { $0.name == Pair.partnership }).id
    }

    /// After the attack: the daemon lives and needs no more memory than it may, the honest session ends
    /// equal, and nothing of the attack is in the log.
    func expectHeld(at location: SourceLocation = #_sourceLocation) throws {
        let daemon = trio.pair.daemon.program
        #expect(daemon.isRunning, "\(daemon.errorText)", sourceLocation: location)
        #expect(honest.isRunning, "it ran all the while", sourceLocation: location)
        let memory = try peakMemory()
        #expect(memory <= Self.memory, "\(memory / 1_048_576) MB", sourceLocation: location)
        link.goOn()
        #expect(honest.wait(seconds: 60), sourceLocation: location)
        let finished = honest.finished()
        #expect(finished.status == 0, "\(finished.errors)", sourceLocation: location)
        let after = try elm.log()
        #expect(after == before, sourceLocation: location)
        let oak = try trio.oak.digests()
        #expect(oak == after.shared, sourceLocation: location)
        // The attacker's site is a member still, and is served when it behaves.
        try trio.pair.riverside.must("sync")
        let riverside = try trio.pair.riverside.digests()
        #expect(riverside == after.shared, sourceLocation: location)
        let stopped = try trio.pair.daemon.stop()
        #expect(stopped.status == 0, "\(stopped.errors)", sourceLocation: location)
    }

    /// The most memory that the daemon has had, in bytes.
    private func peakMemory() throws -> Int {
        let id = trio.pair.daemon.program.id
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        return try #require(kilobytes.flatMap { Int($0) }) * 1024
    }
}
