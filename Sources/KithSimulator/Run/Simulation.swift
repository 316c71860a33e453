import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTrust

/// Many sites, a network, their clocks and disks, in one thread: the same for the same plan.
///
/// The rules are the product's: `SyncSession` and `SessionWorker` run the sessions, `Store` holds
/// and merges, `EditPlanner` writes. What is simulated is the world around them.
package final class Simulation {
    /// What a run came to.
    package struct Report: Sendable {
        /// What was run.
        package let plan: Plan
        /// What it did.
        package let counts: Counts
        /// The kinds of fault that it had.
        package let faults: [FaultKind]
        /// What did not hold; nil when all did.
        package let violation: Violation?
        /// Whether it ended before its end, at a step that was asked for.
        package let isStopped: Bool
        /// Lines of the trace.
        package let steps: Int
        /// SHA-256 of the trace, if it was kept.
        package let traceDigest: String
        /// SHA-256 of those of its words that do not depend on hashes of entries.
        package let storyDigest: String
        /// What all sites hold at the end, in a form that does not depend on hashes.
        package let outcome: [String]

        /// SHA-256 of the outcome.
        package var outcomeDigest: String {
            let trace = Trace(isKept: true)
            for line in outcome { trace.note(0, line) }
            return trace.digest
        }
    }

    /// Thrown to end a run at a step that was asked for.
    private struct EnoughSeen: Error {}

    package let plan: Plan
    let trace: Trace
    let book = SignatureBook()
    let mutation: Mutation
    var counts = Counts()
    var faults: Faults
    /// The true time, in milliseconds since 1970.
    private(set) var time = SimulatedClock.beginning.milliseconds
    private(set) var sites: [Installation] = []
    private(set) lazy var network = Network(self)
    private(set) lazy var weather = Weather(self)
    private(set) lazy var workload = Workload(self)
    private(set) lazy var chronicle = Chronicle(self)
    private(set) lazy var survey = Survey(self)
    private(set) lazy var steps = Steps(self)
    private(set) lazy var checkers: [any Checker] = Checkers.all(self)
    private var queue = EventQueue()
    private let lastStep: Int

    /// Prepares a run; it ends early after a number of steps of its trace, if asked to.
    package init(_ plan: Plan, trace: Trace = Trace(isKept: false), until lastStep: Int = .max) {
        self.plan = plan
        self.trace = trace
        self.lastStep = lastStep
        faults = Faults(plan)
        mutation = Mutation(plan)
    }

    /// Says that this process does nothing but one run, in one thread; before the run is made. It is
    /// quicker then.
    package static func isAlone() { SimulatedDisk.isAlone() }

    /// Runs to the end, or to what does not hold.
    package func run() -> Report {
        var violation: Violation?
        var isStopped = false
        do {
            try live()
        } catch let found as Violation {
            violation = found
            note("VIOLATION of \(found)")
        } catch is EnoughSeen {
            isStopped = true
            note("stopped here, as asked")
        } catch {
            violation = Violation("NoSurprise", "\(type(of: error)): \(error)")
            note("VIOLATION: \(error)")
        }
        for installation in sites { installation.close() }
        return Report(
            plan: plan, counts: counts, faults: faults.kinds.sorted(), violation: violation,
            isStopped: isStopped, steps: trace.steps, traceDigest: trace.digest,
            storyDigest: trace.storyDigest, outcome: violation == nil ? outcome : [])
    }

    private var outcome: [String] = []

    private func live() throws {
        try found()
        if let scenario = plan.scenario {
            faults.stop()
            try scenario.play(on: Stage(self))
        } else {
            try liveThroughNights()
        }
        try Healing(self).run()
        try survey.look()
        try check { try $0.settled() }
        outcome = try Outcome.lines(of: self)
    }

    private func liveThroughNights() throws {
        faults.begin()
        for night in 0..<plan.nights {
            try weather.changes(night: night)
            counts[.siteNights] += sites.count { $0.state != .retired }
            workload.planDay(night)
            try runUntil(noon(after: night))
            try survey.look()
            try check { try $0.nightEnded() }
        }
    }

    /// Noon after a night: its sessions are over, and the day's edits go on.
    private func noon(after night: Int) -> Int64 {
        SimulatedClock.beginning.milliseconds + (Int64(night) + 1) * SimulatedClock.day
            + 12 * SimulatedClock.hour
    }

    // MARK: Founding

    private func found() throws {
        let cast = Cast(plan)
        var cards = RandomSource(seed: plan.seed, purpose: "cards").shuffledCards()
        for part in cast.parts {
            let number = sites.count
            let installation = try Installation(
                number: number, name: part.name, kind: part.kind, card: cards.removeLast(),
                cryptography: cryptography(number), isReachable: part.isReachable,
                version: part.version)
            sites.append(installation)
            try mutation.install(in: installation)
            try mutation.opened(installation)
            try installation.start(now: now(at: installation))
            let name = "\(part.name) (private)"
            try write(at: installation) { transaction in
                try transaction.setNote("site.name", installation.name)
                _ = try transaction.found(
                    name: name, purpose: "This site's own records",
                    profile: installation.profile, isPrivate: true,
                    now: self.now(at: installation))
            }
            scheduleNight(of: installation)
        }
        try workload.foundPartnerships(cast)
        try runUntil(time + 30 * SimulatedClock.minute)
    }

    /// The cryptography of the installation of a number.
    func cryptography(_ number: Int) -> SeededCryptography {
        SeededCryptography(
            plan.isCryptographyReal ? .real : .fast,
            random: RandomSource(seed: plan.seed, purpose: "installation \(number)"), book: book,
            weakness: mutation.weakness)
    }

    /// Adds an installation that was made from another's home.
    func add(_ copy: Installation) throws {
        sites.append(copy)
        try mutation.opened(copy)
        try copy.start(now: now(at: copy))
        scheduleNight(of: copy)
    }

    // MARK: Time

    /// What the clock of an installation shows.
    func now(at installation: Installation) -> Instant { installation.clock.reading(at: time) }

    /// Does something later.
    func after(_ milliseconds: Int64, _ action: @escaping () throws -> Void) {
        queue.push(at: time + max(milliseconds, 0), action)
    }

    /// Does something later, unless the installation's process has ended by then.
    func after(
        _ milliseconds: Int64, at installation: Installation, _ action: @escaping () throws -> Void
    ) {
        let life = installation.life
        after(milliseconds) {
            guard installation.isRunning, installation.life == life else { return }
            try action()
        }
    }

    /// Lets everything happen that is due up to a moment.
    func runUntil(_ moment: Int64) throws {
        while let next = queue.nextTime, next <= moment, let event = queue.pop() {
            time = event.time
            do {
                try event.action()
            } catch is Installation.Crash {
                // Whatever was going on there has ended with the process.
            } catch let error as StoreError {
                // Whoever wanted it is told, and nothing has changed.
                guard isExpected(error) else { throw error }
                counts[.refusedEdits] += 1
                try noteStep("refused: \(error.description)")
            }
        }
        time = max(time, moment)
    }

    // MARK: Nights

    /// Wakes an installation's daemon about every half hour; the schedule says when to run.
    private func scheduleNight(of installation: Installation) {
        let schedule = NightlySchedule(
            minuteOfDay: 120, windowMinutes: 180, jitterMinutes: 60, zone: .gmt,
            seed: UInt64(installation.number))
        let offset = Int64(installation.number) * 7_919 % SimulatedClock.minute
        func tick() {
            after(29 * SimulatedClock.minute + offset) { [self] in
                guard installation.state != .retired, !faults.areOver else { return }
                tick()
                guard installation.isRunning else { return }
                let now = now(at: installation)
                guard schedule.nextRun(after: now, lastRun: installation.lastNight) <= now else {
                    return
                }
                installation.lastNight = now
                counts[.sessionNights] += 1
                try Sync.night(of: installation, self)
            }
        }
        tick()
    }

    // MARK: The store of an installation

    /// A read; what the process does is not disturbed by it.
    func read<Result>(
        at installation: Installation, _ body: (StoreTransaction) throws -> Result
    ) throws -> Result {
        try installation.store.readBlocking(body)
    }

    /// A write in one transaction, at which the process may die: before the commit, so that nothing
    /// of it is left, at any call to the disk, or right after it, so that nobody is told.
    @discardableResult
    func write<Result>(
        at installation: Installation, _ body: (StoreTransaction) throws -> Result
    ) throws -> Result {
        let fate = weather.fateOfWrite(at: installation)
        weather.begin(fate, at: installation)
        let result = Swift.Result {
            try installation.store.writeBlocking { transaction in
                let result = try body(transaction)
                if case .diesBefore = fate { throw Installation.Crash() }
                return result
            }
        }
        try weather.end(fate, at: installation)
        let value = try result.get()
        try chronicle.committed(at: installation)
        return value
    }

    /// Whether a store may refuse with this: what the product says to people, or what comes of a disk
    /// that is broken on purpose.
    func isExpected(_ error: StoreError) -> Bool {
        switch error.code {
        case .full, .readOnly: faults.kinds.contains(.diskErrors)
        case .damaged:
            sites.contains { $0.beforeDamage != nil }
                || faults.kinds.contains(.liars) && error.description.contains("signature")
        case .other: !error.description.hasPrefix("the database refuses")
        case .newer, .foreign: false
        }
    }

    // MARK: Telling

    func note(_ line: @autoclosure () -> String) { trace.note(time, line()) }

    func noteStep(
        _ line: @autoclosure () -> String, hashes: @autoclosure () -> String = ""
    ) throws {
        trace.note(time, line(), hashes: hashes())
        if trace.steps >= lastStep { throw EnoughSeen() }
    }

    func check(_ body: (any Checker) throws -> Void) throws {
        let checkers = checkers
        counts[.checks] += checkers.count
        for checker in checkers { try body(checker) }
    }
}

extension RandomSource {
    fileprivate func shuffledCards() -> [SiteCard] {
        var random = self
        return random.shuffled(SiteCard.all)
    }
}
