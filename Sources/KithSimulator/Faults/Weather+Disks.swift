import KithStore

/// Disks that come back as they were, fill up, or lose a bit, and homes that are copied.
extension Weather {
    /// Keeps a disk as it is now, which comes back some nights later.
    func keepImage(of installation: Installation, night: Int) {
        images[installation.number] = Image(
            disk: installation.imageOfDisk(), noted: installation.noted,
            night: night + random.number(in: 1...6))
    }

    /// Brings back an older disk: the database alone, or the whole home with what it had noted, as
    /// when a virtual machine is set back.
    func rollBack(_ installation: Installation, to kept: Image) throws {
        images[installation.number] = nil
        let image = kept.disk
        defer { image.discard() }
        let choice = random.number(below: 100)
        if choice < 40 { return try restore(image, at: installation) }
        simulation.counts[.restores] += 1
        let isWholeHome = choice < 60
        try simulation.noteStep(
            "\(installation.name) is set back, \(isWholeHome ? "home and all" : "the database alone")"
        )
        installation.stop()
        simulation.network.died(installation)
        try installation.replaceDisk(with: image)
        if isWholeHome {
            installation.homeWasSetBack(noted: kept.noted)
        } else if try isCopied(installation) && !installation.noticesItWasSetBack() {
            // What it had written since it had told nobody, or it would have noted it; its copy may tell.
            installation.homeWasSetBack(noted: installation.noted)
        }
        try simulation.chronicle.diskSetBack(at: installation)
        try start(installation)
    }

    private func isCopied(_ installation: Installation) -> Bool {
        simulation.sites.contains { $0.original === installation }
    }

    /// An operator stops the daemon, restores a backup, and starts it again.
    func restore(_ backup: SimulatedDisk, at installation: Installation) throws {
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
    func changeDisk(of installation: Installation) throws {
        if installation.beforeDamage != nil { return try makeGood(installation) }
        if faults.has(.diskErrors), random.chance(permille: faults.fullDisk) {
            simulation.counts[.fullDisks] += 1
            try simulation.noteStep("the disk of \(installation.name) is full")
            installation.setDiskFull(true)
            let hours = Int64(random.number(in: 1...30))
            simulation.after(hours * SimulatedClock.hour, at: installation) {
                installation.setDiskFull(false)
            }
        } else if faults.has(.damage), installation.original == nil, !installation.isLiar,
            !installation.isDiskFull, random.chance(permille: faults.damage)
        {
            simulation.counts[.damage] += 1
            try simulation.noteStep("a bit flips on the disk of \(installation.name)")
            try installation.damage(&random)
        }
    }

    /// `kith verify` has to notice damage; then the last backup is restored, unless a partner has mended
    /// it by now.
    func makeGood(_ installation: Installation) throws {
        guard let backup = installation.beforeDamage else { return }
        guard try !simulation.read(at: installation, { try $0.problemsOfLog() }).isEmpty else {
            guard try installation.isDamageThere() else { return installation.damageIsGone() }
            throw Violation(
                Prefix.name,
                "a bit has flipped on the disk of \(installation.name), and verify is content")
        }
        try restore(backup, at: installation)
    }

    func hasCopy(_ installation: Installation) -> Bool {
        simulation.sites.contains { $0.original === installation }
    }

    func copy(_ installation: Installation) throws {
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
}
