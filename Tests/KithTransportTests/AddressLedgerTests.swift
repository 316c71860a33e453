import KithModel
import NIOCore
import Testing

@testable import KithTransport

@Suite struct AddressLedgerTests {
    private static let start: Int64 = 1_795_000_000_000

    private func at(_ minutes: Double) -> Instant {
        Instant(milliseconds: Self.start + Int64(minutes * 60_000))
    }

    private func source(_ text: String) throws -> ConnectionSource {
        ConnectionSource(try SocketAddress(ipAddress: text, port: 7443))
    }

    @Test func `a burst, then a steady rate, and never more saved than the burst`() throws {
        var ledger = AddressLedger(burst: 3, perMinute: 2)
        let source = try source("192.0.2.1")
        func take(at minutes: Double) -> Int {
            var taken = 0
            while ledger.isWithin(source, at: at(minutes)), taken < 100 {
                ledger.spend(source, at: at(minutes))
                taken += 1
            }
            return taken
        }
        #expect(take(at: 0) == 3)
        #expect(take(at: 0.4) == 0, "four fifths of one")
        #expect(take(at: 1) == 2)
        #expect(take(at: 600) == 3)
        // A clock that goes back gives nothing and takes nothing.
        #expect(take(at: -600) == 0)
        #expect(take(at: 1200) == 3)
    }

    @Test func `refusals do not lengthen the time`() throws {
        var ledger = AddressLedger(burst: 2, perMinute: 1)
        let source = try source("192.0.2.1")
        for _ in 0..<1000 { ledger.spend(source, at: at(0)) }
        #expect(!ledger.isWithin(source, at: at(0.9)))
        #expect(ledger.isWithin(source, at: at(1.1)))
    }

    @Test func `where a peer has proven itself there is twenty times as much, for a day`() throws {
        var ledger = AddressLedger(burst: 2, perMinute: 0)
        let source = try source("192.0.2.1")
        ledger.vouch(for: source, at: at(0))
        for _ in 0..<39 { ledger.spend(source, at: at(1)) }
        #expect(ledger.isWithin(source, at: at(1)))
        ledger.spend(source, at: at(1))
        #expect(!ledger.isWithin(source, at: at(1)))
        #expect(try ledger.isWithin(self.source("192.0.2.2"), at: at(1)))
        #expect(!ledger.isWithin(source, at: at(1441)))
    }

    @Test func `what is remembered is bounded, and who was vouched for is forgotten last`() throws {
        var ledger = AddressLedger(burst: 1, perMinute: 0)
        let (friend, thief) = (try source("198.51.100.1"), try source("198.51.100.2"))
        ledger.vouch(for: friend, at: at(0))
        for _ in 0..<5 { ledger.spend(friend, at: at(0)) }
        for number in 0..<(2 * AddressLedger.capacity) {
            ledger.spend(
                try source("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"),
                at: at(Double(number) / 1000))
        }
        ledger.spend(thief, at: at(100))
        #expect(!ledger.isWithin(thief, at: at(100)))
        for _ in 0..<14 { ledger.spend(friend, at: at(101)) }
        #expect(ledger.isWithin(friend, at: at(101)), "5 + 14 of twenty")
        ledger.spend(friend, at: at(101))
        #expect(!ledger.isWithin(friend, at: at(101)))
    }

    @Test func `an IPv6 customer is one source, and a mapped IPv4 address is that address`() throws
    {
        #expect(try source("2001:db8:1:2::7") == source("2001:db8:1:2:ffff::1"))
        #expect(try source("2001:db8:1:2::7") != source("2001:db8:1:3::7"))
        #expect(try source("::ffff:192.0.2.7") == source("192.0.2.7"))
        #expect(try source("192.0.2.7") != source("192.0.2.8"))
        #expect(ConnectionSource(nil) == ConnectionSource(nil))
    }
}
