import Foundation
import KithModel
import KithProtocol
import KithStore

/// What goes wrong in the world around the sites, as it comes.
final class Weather {
    /// What becomes of a write.
    enum Fate {
        case commits
        /// The disk reports an error at a call, and perhaps at all later ones.
        case fails(at: Int, SimulatedDisk.Failure, isLasting: Bool)
        /// The process dies before the commit.
        case diesBefore
        /// It dies after it.
        case diesAfter
        /// The power goes with a call to the disk, or after them all.
        case losesPower(at: Int, SimulatedDisk.Loss)
    }

    /// No write makes so many calls.
    private static let never = 1_000_000_000

    /// A disk as it once was, what its home had noted then, and the night in which it comes back.
    struct Image {
        let disk: SimulatedDisk
        let noted: OwnPosition?
        let night: Int
    }

    unowned let simulation: Simulation
    var random: RandomSource
    private var writes: RandomSource
    /// Directions that are blocked tonight, as numbers of installations.
    private var blocked: Set<[Int]> = []
    /// The sites beyond a break in the network, and the night with which it is mended.
    private var farSide: Set<Int> = []
    private var mendingNight = 0
    /// Disks as they were some nights ago, by installation.
    var images: [Int: Image] = [:]
    private var liar: Liar?
    private var isSomebodyGone = false

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "weather")
        writes = RandomSource(seed: simulation.plan.seed, purpose: "crashes")
    }

    var faults: Faults { simulation.faults }

    // MARK: Writes

    func fateOfWrite(at installation: Installation) -> Fate {
        // Chance is drawn in any case, so that what comes after does not change with it.
        let (isHit, isBefore) = (
            writes.chance(permille: faults.crash), writes.chance(permille: 500)
        )
        let isError = writes.chance(permille: faults.writeError)
        let isPower = writes.chance(permille: faults.power)
        // A commit asks for some ten to a hundred changes and syncs.
        var (call, failure) = (
            writes.number(in: 1...60), writes.pick(SimulatedDisk.Failure.allCases)
        )
        // How many pages a write changes, and so asks to have written, depends on hashes of entries: where
        // runs are compared that have others, it is the first call of a write or none.
        if simulation.plan.isComparable { call = call.isMultiple(of: 2) ? 1 : Self.never }
        let isLasting = writes.chance(permille: 500)
        let loss = SimulatedDisk.Loss(
            manner: writes.pick(SimulatedDisk.Loss.Manner.allCases) ?? .loses, seed: writes.bits())
        guard installation.isRunning else { return .commits }
        if faults.has(.crashes), isHit { return isBefore ? .diesBefore : .diesAfter }
        if faults.has(.power), isPower { return .losesPower(at: call, loss) }
        if faults.has(.diskErrors), isError, !installation.isDiskFull, let failure {
            return .fails(at: call, failure, isLasting: isLasting)
        }
        return .commits
    }

    /// Prepares what becomes of a write, as far as that is the disk's.
    func begin(_ fate: Fate, at installation: Installation) {
        switch fate {
        case .commits, .diesBefore, .diesAfter: break
        case .fails(let call, let failure, let isLasting):
            installation.disk.fail(at: call, failure, isLasting: isLasting)
        case .losesPower(let call, _): installation.disk.losePower(at: call)
        }
    }

    /// A write is over, one way or the other; throws where the process is too.
    func end(_ fate: Fate, at installation: Installation) throws {
        switch fate {
        case .commits: return
        case .fails:
            if installation.disk.mend() > 0 { simulation.counts[.writeErrors] += 1 }
            return
        case .diesBefore, .diesAfter:
            simulation.counts[.crashes] += 1
            try crash(installation, .none)
        case .losesPower(let call, let loss):
            simulation.counts[.powerLosses] += 1
            if installation.disk.isStopped { simulation.counts[.tornWrites] += 1 }
            simulation.note("the power of \(installation.name) goes at call \(call)")
            try crash(installation, loss)
        }
        throw Installation.Crash()
    }

    /// The process dies; it is started again after a while.
    private func crash(_ installation: Installation, _ loss: SimulatedDisk.Loss) throws {
        try simulation.noteStep("\(installation.name) dies")
        try installation.die(loss)
        try simulation.chronicle.diskReplaced(at: installation)
        simulation.network.died(installation)
        simulation.after(Int64(random.number(in: 1...120)) * SimulatedClock.minute) { [self] in
            try start(installation)
        }
    }

    /// Starts an installation again that is off.
    func start(_ installation: Installation) throws {
        guard installation.state == .off else { return }
        try simulation.noteStep("\(installation.name) starts")
        try simulation.mutation.opened(installation)
        try installation.start(
            now: simulation.now(at: installation),
            trustingDatabase: simulation.mutation.trustsDatabase)
        try simulation.mutation.started(installation)
        try simulation.check { try $0.restarted(installation) }
    }

    // MARK: Links

    /// Whether nothing gets through in this direction tonight.
    func isBlocked(from: Installation, to: Installation) -> Bool {
        faults.has(.links) && blocked.contains([from.number, to.number])
            || faults.has(.partitions)
                && farSide.contains(from.number) != farSide.contains(to.number)
    }

    // MARK: Nights

    /// Draws what a night brings.
    func changes(night: Int) throws {
        if faults.has(.links) { changeLinks() }
        if faults.has(.partitions) { changePartition(night) }
        for installation in simulation.sites where installation.state != .retired {
            if faults.has(.clocks), random.chance(permille: faults.clock) {
                changeClock(of: installation)
            }
            guard installation.isRunning else { continue }
            if faults.has(.absence), random.chance(permille: faults.absence) {
                try leave(installation, night)
            } else if faults.has(.restores), installation.original == nil,
                installation.beforeDamage == nil
            {
                if let image = images[installation.number] {
                    if image.night <= night { try rollBack(installation, to: image) }
                } else if random.chance(permille: faults.restore) {
                    keepImage(of: installation, night: night)
                }
            }
            try changeDisk(of: installation)
            if faults.has(.copies), installation.original == nil, installation.isRunning,
                random.chance(permille: faults.copy)
            {
                try copy(installation)
            }
        }
        if faults.has(.liars) {
            do {
                try lie(night)
            } catch is Installation.Crash {
                // The lie ended with the process.
            } catch let error as StoreError where simulation.isExpected(error) {
                simulation.note("a lie is not told: \(error.description)")
            }
        }
    }

    private func changeLinks() {
        blocked = []
        for from in simulation.sites {
            for to in simulation.sites where from !== to && random.chance(permille: faults.link) {
                blocked.insert([from.number, to.number])
            }
        }
    }

    /// The network falls into two halves for some nights.
    private func changePartition(_ night: Int) {
        if night >= mendingNight { farSide = [] }
        guard farSide.isEmpty, random.chance(permille: faults.partition) else { return }
        simulation.counts[.partitions] += 1
        mendingNight = night + random.number(in: 1...5)
        for installation in simulation.sites where random.chance(permille: 500) {
            farSide.insert(installation.number)
        }
        simulation.note("the network breaks in two until night \(mendingNight)")
    }

    private func changeClock(of installation: Installation) {
        simulation.counts[.clockErrors] += 1
        let (hour, year) = (SimulatedClock.hour, 365 * SimulatedClock.day)
        let shown = simulation.now(at: installation).milliseconds
        let errors: [SimulatedClock.Error] = [
            .offset(hour), .offset(-hour), .offset(year), .offset(-year), .offset(3 * year),
            .standing(shown), .offset(Int64(random.number(in: -100_000...100_000))), .offset(0),
        ]
        installation.clock.error = random.pick(errors) ?? .offset(0)
        simulation.note("the clock of \(installation.name): \(installation.clock.error)")
    }

    /// Turns an installation off for some nights, one of them until more than a year is over.
    private func leave(_ installation: Installation, _ night: Int) throws {
        simulation.counts[.absences] += 1
        let isLong = !isSomebodyGone && random.chance(permille: 250)
        isSomebodyGone = isSomebodyGone || isLong
        let nights = random.number(in: 1...6)
        try simulation.noteStep(
            "\(installation.name) is off for \(isLong ? "a year" : "\(nights) nights")")
        installation.stop()
        simulation.network.died(installation)
        guard !isLong else { return }
        simulation.after(Int64(nights) * SimulatedClock.day) { [self] in try start(installation) }
    }

    // MARK: Lies

    /// What a liar sends in place of a message.
    func spoiled(_ message: Kith_V1_SessionMessage) -> Kith_V1_SessionMessage {
        faults.has(.liars) ? liar?.spoiled(message) ?? message : message
    }

    private func lie(_ night: Int) throws {
        if liar == nil, night >= 1 {
            let founders = simulation.workload.founders
            let able = simulation.sites.filter {
                $0.isRunning && $0.original == nil && !founders.contains($0.number) && !hasCopy($0)
            }
            guard let chosen = random.pick(able) else { return }
            chosen.isLiar = true
            try simulation.noteStep("\(chosen.name) begins to lie")
            liar = Liar(
                simulation, chosen,
                RandomSource(seed: simulation.plan.seed, purpose: "lies"))
        }
        guard let liar, liar.installation.isRunning, random.chance(permille: faults.lie) else {
            return
        }
        try liar.lie()
    }

    // MARK: The end

    /// Everything that was broken is mended, and everyone is back.
    func clears() throws {
        blocked = []
        for installation in simulation.sites {
            installation.clock.error = .offset(0)
            if installation.isDiskFull { installation.setDiskFull(false) }
            try start(installation)
            try makeGood(installation)
        }
        for image in images.values { image.disk.discard() }
        images = [:]
    }
}
