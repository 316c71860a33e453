import KithProtocol
import KithSync
import Testing

@Suite struct BatchSizeTests {
    /// The batches of a session that sends so many bytes, each as large as it may be.
    private func batches(of bytes: Int) -> [Int] {
        var (size, left, batches) = (BatchSize(), bytes, [Int]())
        while left > 0 {
            batches.append(min(size.next, left))
            size.sent(batches.last ?? 0)
            left -= batches.last ?? 0
        }
        return batches
    }

    @Test func `a batch that breaks is at most a third of what was sent, or a few kilobytes`() {
        var sent = 0
        for batch in batches(of: 10_000_000) {
            sent += batch
            #expect(batch <= max(BatchSize.first, (sent + 2) / 3), "after \(sent) bytes")
        }
    }

    @Test func `a hundred entries are on their way without waiting for an acknowledgement`() {
        #expect(batches(of: 150_000).count <= Limits.batchesInFlight)
    }

    @Test func `batches grow to what they may be, and no farther`() {
        #expect(batches(of: 10_000_000).max() == Limits.batchBytes)
        #expect(batches(of: 10_000_000).count < 40)
    }
}
