import Foundation
import KithModel
import KithSite
import Synchronization
import Testing

@testable import KithCommands

@Suite struct ProgressLineTests {
    /// What standard error gets, and the clock by which progress is paced.
    private final class Screen: Sendable {
        let text = Mutex("")
        let now = Mutex<Int64>(1_790_000_000_000)

        func line(isTerminal: Bool) -> ProgressLine {
            ProgressLine(
                Console(
                    output: { _ in }, errors: { more in self.text.withLock { $0 += more } },
                    isErrorTerminal: isTerminal, login: "nurse", zone: .gmt,
                    now: { Instant(milliseconds: self.now.withLock { $0 }) }))
        }

        func pass(milliseconds: Int64) { now.withLock { $0 += milliseconds } }
        var all: String { text.withLock { $0 } }
    }

    @Test func `sessions beside each other share one line that counts them together`() {
        let screen = Screen()
        let line = screen.line(isTerminal: true)
        line.show(SyncProgress(peer: "Elm", sent: 1, toSend: 10, received: 2))
        #expect(screen.all == "\r\u{1B}[KSyncing with Elm: sent 1 of 10, received 2, 0 B")
        line.show(SyncProgress(peer: "Oak", sent: 3, toSend: 5, received: 4))
        #expect(
            screen.all.hasSuffix("\r\u{1B}[KSyncing with 2 peers: sent 4 of 15, received 6, 0 B"))
        // A session that goes on takes the place of what was known of it.
        screen.pass(milliseconds: 200)
        line.show(SyncProgress(peer: "Elm", sent: 10, toSend: 10, received: 2))
        #expect(
            screen.all.hasSuffix("\r\u{1B}[KSyncing with 2 peers: sent 13 of 15, received 6, 0 B"))
        line.finish()
        #expect(screen.all.hasSuffix("\r\u{1B}[K"))
    }

    @Test func `what is to come, the bytes and the time left are said once they are known`() {
        let screen = Screen()
        let line = screen.line(isTerminal: true)
        line.show(
            SyncProgress(
                peer: "Elm", sent: 0, toSend: 0, received: 20, toReceive: 50, bytesSent: 400,
                bytesReceived: 34_000, secondsLeft: 61))
        #expect(screen.all.hasSuffix("sent 0, received 20 of 50, 34.4 kB, 70 s left"))
        screen.pass(milliseconds: 200)
        line.show(
            SyncProgress(
                peer: "Elm", sent: 0, toSend: 0, received: 49, toReceive: 50, secondsLeft: 1))
        #expect(screen.all.hasSuffix("received 49 of 50, 0 B"))
    }

    @Test func `a log gets a line every few seconds, however often the sessions take turns`() {
        let screen = Screen()
        let line = screen.line(isTerminal: false)
        for step in 0..<100 {
            for peer in ["Elm", "Oak", "Ash"] {
                line.show(SyncProgress(peer: peer, sent: step, toSend: 100, received: 0))
            }
            screen.pass(milliseconds: 100)
        }
        let lines = screen.all.split(separator: "\n")
        #expect((3...6).contains(lines.count), "\(lines)")
        #expect(lines.allSatisfy { $0.count < 80 })
    }

    @Test func `for programs, progress is one object a line`() throws {
        let text = SyncCommand.line(
            SyncProgress(peer: "Elm \"A\"\n", sent: 1, toSend: 3, received: 2))
        #expect(text.filter { $0 == "\n" }.count == 1 && text.hasSuffix("\n"))
        let read = try JSONDecoder().decode(SyncProgress.self, from: Data(text.utf8))
        #expect(read.peer == "Elm \"A\"\n")
        #expect(read.sent == 1 && read.toSend == 3 && read.received == 2)
    }
}
