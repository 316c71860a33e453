import KithDisk
import Testing

/// The real `kith` and `kithd`, over the disk that is preloaded into them. `kith-sim disk` is the long
/// form.
@Suite(.serialized) struct PowerLossTrialTests {
    @Test func `after a loss of power a site starts, and everything promised is there`()
        async throws
    {
        let report = try await PowerLossTrial(on: Bench()).run(points: 150, seed: 1)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.points == 150)
        #expect(report.compound > 15)
    }

    @Test(arguments: [
        // What SQLite leaves out with synchronous=NORMAL.
        (PowerLossTrial.Omission.commits, ["lost: ", "stated to hold"]),
        (
            .names,
            ["the home is gone", "the backup", "is not a site", "cannot be read", "is missing"]
        ),
    ])
    func `a build that leaves a sync out is noticed`(
        omission: PowerLossTrial.Omission, words: [String]
    ) async throws {
        let trial = try PowerLossTrial(on: Bench(), leavingOut: omission)
        let report = try await trial.run(points: 250, seed: 1) { !$0.failures.isEmpty }
        let failure = try #require(report.failures.first, "\(report.points) losses unnoticed")
        #expect(words.contains { "\(failure)".contains($0) }, "\(failure)")
    }
}
