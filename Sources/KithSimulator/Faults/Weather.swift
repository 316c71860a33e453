import Foundation
import KithModel
import KithProtocol
import KithStore

/// What goes wrong in the world around the sites, as it comes.
final class Weather {
    /// What becomes of a write.
    enum Fate {
        case commits
        /// The disk reports an error, and nothing is written.
        case fails
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
        let isError = writes.chance(permille: faults.writeError)
        guard installation.isRunning else { return .commits }
        if faults.has(.crashes), isHit { return isBefore ? .diesBefore : .diesAfter }
        if faults.has(.diskErrors), isError {
            simulation.counts[.writeErrors] += 1
            return .fails
        }
        return .commits
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
            } else if faults.has(.restores), installation.original == nil,
                installation.beforeDamage == nil
            {
                try keepImage(of: installation)
                if random.chance(permille: faults.restore) { try rollBack(installation) }
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

    // MARK: Disks

    private func keepImage(of installation: Installation) throws {
        guard random.chance(permille: 200) else { return }
        var kept = images[installation.number] ?? []
        if kept.count >= 3 { try kept.removeFirst().image.close() }
        images[installation.number] = kept + [(try installation.imageOfDisk(), installation.noted)]
    }

    /// Brings back an older disk: the database alone, or the whole home with what it had noted, as
    /// when a virtual machine is set back.
    private func rollBack(_ installation: Installation) throws {
        guard let (image, noted) = random.pick(images[installation.number] ?? []) else { return }
        let copy = try Store(copying: image, cryptography: installation.cryptography)
        let choice = random.number(below: 100)
        if choice < 40 { return try restore(copy, at: installation) }
        simulation.counts[.restores] += 1
        let isWholeHome = choice < 60
        try simulation.noteStep(
            "\(installation.name) is set back, \(isWholeHome ? "home and all" : "the database alone")"
        )
        installation.stop()
        simulation.network.died(installation)
        try installation.replaceDisk(with: copy)
        if isWholeHome { installation.homeWasSetBack(noted: noted) }
        try simulation.chronicle.diskSetBack(at: installation)
        try start(installation)
    }

    /// An operator stops the daemon, restores a backup, and starts it again.
    private func restore(_ backup: Store, at installation: Installation) throws {
        simulation.counts[.backupsRestored] += 1
        try simulation.noteStep("a backup of \(installation.name) is restored")
        installation.stop()
        simulation.network.died(installation)
        let erased = try simulation.read(at: installation) { try $0.erasedParts() }
        try installation.restore(
            backup, now: simulation.now(at: installation),
            forgettingErasures: simulation.mutation.forgetsErasures)
        try simulation.check { try $0.restored(installation, erased: erased) }
        try simulation.chronicle.diskSetBack(at: installation)
        try start(installation)
    }

    /// Fills a disk for hours, or flips a bit; what flipped the day before is noticed and made good.
    private func changeDisk(of installation: Installation) throws {
        if installation.beforeDamage != nil { return try makeGood(installation) }
        if faults.has(.diskErrors), random.chance(permille: faults.fullDisk) {
            simulation.counts[.fullDisks] += 1
            try simulation.noteStep("the disk of \(installation.name) is full")
            try installation.setDiskFull(true)
            let hours = Int64(random.number(in: 1...30))
            simulation.after(hours * SimulatedClock.hour, at: installation) {
                try installation.setDiskFull(false)
            }
        } else if faults.has(.damage), installation.original == nil, !installation.isLiar,
            random.chance(permille: faults.damage)
        {
            simulation.counts[.damage] += 1
            try simulation.noteStep("a bit flips on the disk of \(installation.name)")
            try installation.damage(&random)
        }
    }

    /// `kith verify` has to notice damage; then the last backup is restored.
    private func makeGood(_ installation: Installation) throws {
        guard let backup = installation.beforeDamage else { return }
        guard try !simulation.read(at: installation, { try $0.problemsOfLog() }).isEmpty else {
            throw Violation(
                Prefix.name,
                "a bit has flipped on the disk of \(installation.name), and verify is content")
        }
        try restore(backup, at: installation)
    }

    private func hasCopy(_ installation: Installation) -> Bool {
        simulation.sites.contains { $0.original === installation }
    }

    private func copy(_ installation: Installation) throws {
        guard !hasCopy(installation), !installation.isLiar, installation.beforeDamage == nil
        else { return }
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
            if installation.isDiskFull { try installation.setDiskFull(false) }
            try start(installation)
            try makeGood(installation)
        }
        for image in images.values.flatMap(\.self) { try image.image.close() }
        images = [:]
    }
}
