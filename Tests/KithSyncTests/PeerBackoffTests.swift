import KithModel
import KithSync
import Testing

@Suite struct PeerBackoffTests {
    private let start = Instant(milliseconds: 1_790_000_000_000)

    private func site(_ number: UInt8) -> SiteID { SiteID(publicKeyDER: [number]) }

    /// The pauses of a peer that fails again and again, in seconds.
    private func pauses(of site: SiteID?, seed: UInt64, count: Int) -> [Int64] {
        var backoff = PeerBackoff(seed: seed)
        var now = start
        return (0..<count).map { _ in
            backoff.failed(site, at: now)
            let due = backoff.next ?? now
            defer { now = due }
            return (due.milliseconds - now.milliseconds) / 1000
        }
    }

    @Test(arguments: [UInt64(1), 2, 77, .max])
    func `pauses grow to about half an hour, each moved by a quarter at the most`(seed: UInt64) {
        let plain: [Int64] = [2, 4, 8, 16, 30, 30, 30].map { $0 * 60 }
        for number in 0..<50 {
            for (pause, plain) in zip(pauses(of: site(UInt8(number)), seed: seed, count: 7), plain)
            {
                #expect((plain * 3 / 4...plain * 5 / 4).contains(pause))
            }
        }
    }

    @Test func `pauses are the same for the same seed, and differ between peers and between sites`()
    {
        let first = pauses(of: site(1), seed: 1, count: 5)
        #expect(first == pauses(of: site(1), seed: 1, count: 5))
        #expect(first != pauses(of: site(2), seed: 1, count: 5))
        #expect(first != pauses(of: site(1), seed: 2, count: 5))
        let spread = Set((0..<100).map { pauses(of: site($0), seed: 9, count: 1)[0] })
        #expect(spread.count > 30, "partners that failed together come back apart")
    }

    @Test func `each peer comes due by itself, and one that became equal does not any more`() {
        var backoff = PeerBackoff(seed: 5)
        for number in 0..<20 { backoff.failed(site(UInt8(number)), at: start) }
        backoff.succeeded(site(3))
        #expect(backoff.count == 19)
        var met: [SiteID?] = []
        while let next = backoff.next {
            let due = backoff.due(at: next)
            #expect(!due.isEmpty)
            for subject in due { backoff.succeeded(subject) }
            met += due
        }
        #expect(backoff.isEmpty && met.count == 19 && !met.contains(site(3)))
    }
}
