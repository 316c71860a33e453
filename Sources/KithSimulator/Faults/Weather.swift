import Foundation
import KithModel
import KithProtocol
import KithStore

/// What goes wrong in the world around the sites, as it comes.
final class Weather {
    /// What becomes of a write.
    enum Fate {
        case commits
        case diesBefore
        case diesAfter
    }

    private unowned let simulation: Simulation
    private var random: RandomSource
    private var writes: RandomSource
    /// Directions that are blocked tonight, as numbers of installations.
    private var blocked: Set<[Int]> = []
    /// Disks as they were some nights ago, and what their homes had noted.
    private var images: [Int: [(image: Store, noted: OwnPosition?)]] = [:]
    private var liar: Liar?
    private var isSomebodyGone = false

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "weather")
        writes = RandomSource(seed: simulation.plan.seed, purpose: "crashes")
    }

    private var faults: Faults { simulation.faults }

    // MARK: Writes

    func fateOfWrite(at installation: Installation) -> Fate {
        // Chance is drawn in any case, so that what comes after does not change with it.
        let (isHit, isBefore) = (
            writes.chance(permille: faults.crash), writes.chance(permille: 500)
        )
        guard faults.has(.crashes), isHit, installation.isRunning else { return .commits }
        return isBefore ? .diesBefore : .diesAfter
    }

    /// The process dies; it is started again after a while.
    func crash(_ installation: Installation) throws {
        simulation.counts[.crashes] += 1
        try simulation.noteStep("\(installation.name) dies")
        try installation.die()
        try simulation.mutation.died(installation)
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
    }

    // MARK: Nights

    /// Draws what a night brings.
    func changes(night: Int) throws {
        if faults.has(.links) { changeLinks() }
        for installation in simulation.sites where installation.state != .retired {
            if faults.has(.clocks), random.chance(permille: faults.clock) {
                changeClock(of: installation)
            }
            guard installation.isRunning else { continue }
            if faults.has(.absence), random.chance(permille: faults.absence) {
                try leave(installation, night)
            } else if faults.has(.restores), installation.original == nil {
                try keepImage(of: installation)
                if random.chance(permille: faults.restore) { try rollBack(installation) }
            }
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

    private func changeClock(of installation: Installation) {
        simulation.counts[.clockErrors] += 1
        let (hour, year) = (SimulatedClock.hour, 365 * SimulatedClock.day)
        let shown = simulation.now(at: installation).milliseconds
        let errors: [SimulatedClock.Error] = [
            .offset(hour), .offset(-hour), .offset(year), .offset(-year), .standing(shown),
            .offset(Int64(random.number(in: -100_000...100_000))), .offset(0),
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

    // MARK: Disks

    private func keepImage(of installation: Installation) throws {
        guard random.chance(permille: 100) else { return }
        images[installation.number, default: []].append(
            (try installation.imageOfDisk(), installation.noted))
    }

    /// Brings back an older disk: the database alone, or the whole home with what it had noted, as
    /// when a virtual machine is set back.
    private func rollBack(_ installation: Installation) throws {
        guard let (image, noted) = random.pick(images[installation.number] ?? []) else { return }
        simulation.counts[.restores] += 1
        let isWholeHome = random.chance(permille: 300)
        try simulation.noteStep(
            "\(installation.name) is set back, \(isWholeHome ? "home and all" : "the database alone")"
        )
        installation.stop()
        simulation.network.died(installation)
        try installation.replaceDisk(
            with: try Store(copying: image, cryptography: installation.cryptography))
        if isWholeHome { installation.homeWasSetBack(noted: noted) }
        try simulation.chronicle.diskSetBack(at: installation)
        try start(installation)
    }

    private func copy(_ installation: Installation) throws {
        guard !simulation.sites.contains(where: { $0.original === installation }) else { return }
        simulation.counts[.copies] += 1
        let number = simulation.sites.count
        let isInPlace = random.chance(permille: 600)
        let copy = try Installation(
            copying: installation, number: number, name: "\(installation.name)'s copy",
            cryptography: simulation.cryptography(number), isInPlace: isInPlace)
        try simulation.noteStep(
            "\(installation.name) is copied\(isInPlace ? "" : " to another place")")
        try simulation.add(copy)
        try simulation.chronicle.committed(at: copy)
    }

    // MARK: Lies

    /// What a liar sends in place of a message.
    func spoiled(_ message: Kith_V1_SessionMessage) -> Kith_V1_SessionMessage {
        faults.has(.liars) ? liar?.spoiled(message) ?? message : message
    }

    private func lie(_ night: Int) throws {
        if liar == nil, night >= 2 {
            let founders = simulation.workload.founders
            let able = simulation.sites.filter {
                $0.isRunning && $0.original == nil && !founders.contains($0.number)
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
            try start(installation)
        }
        for image in images.values.flatMap(\.self) { try image.image.close() }
        images = [:]
    }
}
