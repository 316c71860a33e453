import KithDisk
import Testing

@Suite(.serialized) struct DiskErrorTrialTests {
    @Test func `a call that fails is told in one line, and leaves a site that starts whole`()
        async throws
    {
        var trial = DiskErrorTrial(
            on: try Bench(), kinds: [(.inputOutput, .once), (.full, .short)], stride: 200, seed: 1)
        let report = try await trial.run()
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.points > 15)
        #expect(report.compound > 1)
    }
}
