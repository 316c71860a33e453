import Foundation
import KithSimulator

/// A scenario of which one call to the disk fails, and then the next, until each has: the program must
/// say so in one line, and leave a site that starts and keeps what it promised.
package struct DiskErrorTrial {
    /// A way to fail.
    package typealias Kind = (error: Bench.Failure.Error, when: Bench.Failure.When)

    /// Every way that makes a difference.
    package static let allKinds: [Kind] = [
        (.inputOutput, .once), (.inputOutput, .on), (.full, .short), (.full, .on),
        (.overQuota, .once), (.readOnly, .on),
    ]

    private let bench: Bench
    /// The failures that are tried.
    private let kinds: [Kind]
    /// Every which call fails: 1 for all of them.
    private let stride: Int
    private var random: RandomSource

    package init(
        on bench: Bench, kinds: [Kind] = DiskErrorTrial.allKinds, stride: Int, seed: UInt64
    ) {
        self.bench = bench
        self.kinds = kinds
        self.stride = stride
        random = RandomSource(seed: seed, purpose: "failing calls")
    }

    /// Tries every step of the scenario.
    ///
    /// - Parameter progress: told the name of each step, and how many failures were tried in it.
    package mutating func run(
        progress: (String, Int) -> Void = { _, _ in },
        until isEnough: (TrialReport) -> Bool = { _ in false }
    ) async throws -> TrialReport {
        var report = TrialReport()
        var scenario = try Scenario(on: bench)
        var promises: [String: Promises] = [:]
        for (number, step) in try Scenario.steps(on: bench).enumerated() {
            try scenario.stop()
            promises.add(try takePromises().events)
            let before = try DiskImage(ofFolder: bench.disk)
            let tried = report.points
            for kind in kinds {
                var call = 1 + random.number(below: stride)
                while let problems = try await problems(
                    of: step, Bench.Failure(call, kind.error, kind.when), &scenario, promises,
                    isCompound: call % 4 == 0, comingBackTo: before)
                {
                    report.points += 1
                    if call % 4 == 0 { report.compound += 1 }
                    if !problems.isEmpty {
                        let failure = Bench.Failure(call, kind.error, kind.when)
                        report.failures.append(
                            .init(
                                place: "step \(number) (\(step.name)), \(failure)",
                                problems: problems))
                    }
                    if isEnough(report) { return report }
                    call += stride
                }
            }
            progress(step.name, report.points - tried)
            let ended = try scenario.run(step)
            guard ended.status == 0 else {
                throw TraceProblem("\(step.name) ended with \(ended.status): \(ended.errors)")
            }
        }
        try scenario.stop()
        return report
    }

    /// What is wrong after a step with a failure in it; nil where there was no such call. The disk is as it
    /// was before, then.
    private mutating func problems(
        of step: Scenario.Step, _ failure: Bench.Failure, _ scenario: inout Scenario,
        _ promises: [String: Promises], isCompound: Bool, comingBackTo before: DiskImage
    ) async throws -> [String]? {
        let (isHit, problems) = try await self.try(
            step, failure, &scenario, promises, compound: isCompound)
        try scenario.stop()
        _ = try bench.takeTrace()
        try restore(before)
        return isHit ? problems : nil
    }

    /// Runs a step with a failure in it; says whether there was such a call, and what is wrong then.
    private mutating func `try`(
        _ step: Scenario.Step, _ failure: Bench.Failure, _ scenario: inout Scenario,
        _ before: [String: Promises], compound: Bool
    ) async throws -> (isHit: Bool, problems: [String]) {
        let ended = try scenario.run(step, failing: failure)
        var problems = Self.problems(of: ended)
        try scenario.stop()
        let (isHit, events) = try takePromises()
        guard isHit else { return (false, []) }
        var promises = before
        promises.add(events)
        if compound {
            let second = Bench.Failure(1 + random.number(below: 60), .inputOutput, .once)
            problems += Self.problems(
                of: try bench.kith(step.home, "resident", "list", failing: second))
            _ = try bench.takeTrace()
        }
        let recovery = Recovery(
            home: bench.disk + "/" + step.home, root: bench.disk,
            promises: promises[step.home] ?? Promises(), told: try told(except: step.home))
        return (true, problems + (await recovery.problems()))
    }

    /// A program that fails says so, in one line and last: progress and the log come before.
    private static func problems(of ended: Bench.Ended) -> [String] {
        if ended.status == 0 { return [] }
        let lines = ended.errors.split(separator: "\n")
        let own = lines.filter { $0.hasPrefix("kith: ") || $0.hasPrefix("kithd: ") }
        guard [1, 3].contains(ended.status), own.count == 1, own.last == lines.last else {
            return ["the program ended with \(ended.status): \(ended.errors)"]
        }
        return []
    }

    private func takePromises() throws -> (isHit: Bool, events: [Promise]) {
        var isHit = false
        var promises: [Promise] = []
        for event in try bench.takeTrace() {
            switch event {
            case .failed: isHit = true
            case .noted(let note):
                promises.append(try JSONDecoder().decode(Promise.self, from: note))
            default: break
            }
        }
        return (isHit, promises)
    }

    /// What the other site holds.
    private func told(except home: String) throws -> LogFacts {
        let other = Scenario.homes.first { $0 != home } ?? ""
        let database = bench.disk + "/" + other + "/kith.sqlite"
        guard FileManager.default.fileExists(atPath: database) else { return LogFacts() }
        return try LogFacts(database: database)
    }

    /// Puts the disk back to how it was, each home in the folder that it lies in.
    private func restore(_ image: DiskImage) throws {
        for home in Scenario.homes + ["backups"] {
            let folder = bench.disk + "/" + home
            if let part = image.folder(home) {
                try part.replaceContents(ofFolder: folder)
            } else if FileManager.default.fileExists(atPath: folder) {
                try FileManager.default.removeItem(atPath: folder)
            }
        }
    }
}

extension [String: Promises] {
    mutating func add(_ promises: [Promise]) {
        for promise in promises { add(promise) }
    }
}
