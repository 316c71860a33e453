import Foundation
import KithModel
import KithTestSupport
import KithTrust
import Testing

@Suite struct PairingWaitTests {
    private static let now = Instant(milliseconds: 1_795_000_000_000)
    private var generator = SeededGenerator(seed: 8)
    private let waiter: SiteID
    private let dialler: SiteID
    private let thief: SiteID

    init() {
        var generator = SeededGenerator(seed: 7)
        (waiter, dialler, thief) = (generator.id(), generator.id(), generator.id())
    }

    private func later(_ milliseconds: Int64) -> Instant {
        Instant(milliseconds: Self.now.milliseconds + milliseconds)
    }

    private func commitment(_ nonce: Data, by site: SiteID) -> Data {
        ComparedWords.commitment(dialler: site, waiter: waiter, nonce: nonce)
    }

    @Test mutating func `both sides come to the same words`() throws {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        let (ours, theirs) = (generator.bytes(32), generator.bytes(32))
        try wait.commit(
            commitment(theirs, by: dialler), from: dialler, nonce: ours, now: Self.now)
        let words = try wait.reveal(theirs, from: dialler, now: later(1))
        #expect(
            words
                == ComparedWords(
                    dialler: dialler, waiter: waiter, diallerNonce: theirs, waiterNonce: ours))
        // Once only: the words of one commitment do not change.
        #expect(throws: PairingWait.Refusal.over) {
            try wait.reveal(theirs, from: dialler, now: later(2))
        }
    }

    @Test mutating func `a nonce other than the committed one ends the comparison`() throws {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        let nonce = generator.bytes(32)
        for wrong in [generator.bytes(32), Data(), nonce + [0], nonce.prefix(31)] {
            guard wait.triesLeft > 0 else { break }
            try wait.commit(
                commitment(nonce, by: dialler), from: dialler, nonce: generator.bytes(32),
                now: Self.now)
            #expect(throws: PairingWait.Refusal.malformed) {
                try wait.reveal(wrong, from: dialler, now: Self.now)
            }
            #expect(throws: PairingWait.Refusal.over) {
                try wait.reveal(nonce, from: dialler, now: Self.now)
            }
        }
        #expect(wait.isOver(at: Self.now))
    }

    @Test mutating func `a commitment of another site is not taken from this one`() throws {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        let nonce = generator.bytes(32)
        try wait.commit(
            commitment(nonce, by: dialler), from: thief, nonce: generator.bytes(32), now: Self.now)
        // Who dialled may not be exchanged in the middle, and a captured reveal fits nobody else.
        #expect(throws: PairingWait.Refusal.over) {
            try wait.reveal(nonce, from: dialler, now: Self.now)
        }
        #expect(throws: PairingWait.Refusal.malformed) {
            try wait.reveal(nonce, from: thief, now: Self.now)
        }
    }

    @Test mutating func `three tries, however they end, and then it is over`() throws {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        let nonce = generator.bytes(32)
        func begin(_ wait: inout PairingWait, at now: Instant) throws(PairingWait.Refusal) {
            try wait.commit(
                commitment(nonce, by: dialler), from: dialler, nonce: nonce, now: now)
        }
        // The first breaks off, the second sends rubbish, the third is seen to differ.
        try begin(&wait, at: Self.now)
        #expect(throws: PairingWait.Refusal.busy) { try begin(&wait, at: later(29_999)) }
        try begin(&wait, at: later(30_000))
        #expect(throws: PairingWait.Refusal.malformed) {
            try wait.reveal(Data(), from: dialler, now: later(30_001))
        }
        try begin(&wait, at: later(30_002))
        _ = try wait.reveal(nonce, from: dialler, now: later(30_003))
        #expect(!wait.isOver(at: later(30_003)), "a person is still comparing")
        // While people compare, nobody takes their place, however long it takes.
        #expect(throws: PairingWait.Refusal.busy) { try begin(&wait, at: later(300_000)) }
        wait.differed()
        #expect(wait.triesLeft == 0 && wait.isOver(at: later(300_001)))
        #expect(throws: PairingWait.Refusal.over) { try begin(&wait, at: later(300_002)) }
    }

    @Test mutating func `it ends with its time, in the middle of a comparison too`() throws {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        let nonce = generator.bytes(32)
        try wait.commit(
            commitment(nonce, by: dialler), from: dialler, nonce: nonce, now: later(599_999))
        #expect(throws: PairingWait.Refusal.over) {
            try wait.reveal(nonce, from: dialler, now: later(600_000))
        }
        #expect(wait.isOver(at: later(600_000)) && wait.triesLeft == 2)
    }

    @Test mutating func `a commitment of another length, or by the site itself, costs no try`() {
        var wait = PairingWait(waiter: waiter, now: Self.now)
        for (bytes, site) in [
            (Data(), dialler), (Data(count: 33), dialler), (Data(count: 32), waiter),
        ] {
            #expect(throws: PairingWait.Refusal.malformed) {
                try wait.commit(bytes, from: site, nonce: Data(count: 32), now: Self.now)
            }
        }
        #expect(wait.triesLeft == PairingWait.tries)
    }
}
