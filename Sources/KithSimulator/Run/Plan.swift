/// One kind of thing that goes wrong; each is drawn by the seed or switched off.
package enum FaultKind: String, CaseIterable, Sendable, Hashable, Comparable {
    /// A message that never arrives.
    case loss
    /// A message that arrives twice.
    case doubling
    /// Messages that overtake each other.
    case reordering
    /// Messages that come minutes or nights late, when nobody waits for them any more.
    case delays
    /// Connections that end between two messages, or inside one.
    case cuts
    /// Pairs of sites of which only one reaches the other, or neither for some nights.
    case links
    /// Sites that are off for nights, one of them for more than a year.
    case absence
    /// The network in two halves for some nights.
    case partitions
    /// A process that dies before or right after a commit.
    case crashes
    /// Power that goes at any call to the disk: what was not synced is lost, or torn.
    case power
    /// Wall clocks that are an hour or a year off, jump, or stand still.
    case clocks
    /// Calls to the disk that fail, once or from then on, and disks that are full for hours.
    case diskErrors = "disk-errors"
    /// A bit of the log that flips on the disk; a backup is restored when it is noticed.
    case damage
    /// Disks that come back as they were some nights ago, by a restored backup or behind the site's
    /// back.
    case restores
    /// A home that is copied and runs twice.
    case copies
    /// Batches that begin small, as over a line that breaks: what belongs together comes in several.
    case smallBatches = "small-batches"
    /// A member that forks its feed, grants itself things, and writes what it may not.
    case liars

    /// Kinds with which a run may come to another outcome when it is signed and sealed for real. By most of
    /// them one site may write in two places at once: hashes of entries decide between what it says then,
    /// and they are others. Where small batches end depends on the length of certificates.
    package static let splitting: Set<FaultKind> = [
        .damage, .restores, .copies, .liars, .smallBatches,
    ]

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which faults a run may have.
package enum FaultProfile: String, CaseIterable, Sendable {
    /// None.
    case calm
    /// Each kind in two runs of three.
    case mixed
    /// All of them.
    case stormy
}

/// What a run is: everything that happens in it follows from this.
package struct Plan: Sendable, Hashable {
    /// Where all chance comes from.
    package var seed: UInt64
    /// Sites, from 3 to 40.
    package var sites: Int
    /// Nights with faults, before the quiet ones at the end.
    package var nights: Int
    /// Which faults it may have.
    package var profile: FaultProfile
    /// Kinds of fault that are switched off.
    package var without: Set<FaultKind>
    /// Whether entries are signed and sealed for real; then only outcomes can be compared.
    package var isCryptographyReal: Bool
    /// The rule that this build breaks; nil for none.
    package var mutant: Mutant?
    /// What happens, where chance does not decide; nil for nights of a life.
    package var scenario: Scenario?

    /// Whether it comes to the same when it is signed and sealed for real.
    package var isComparable: Bool { without.isSuperset(of: FaultKind.splitting) }

    /// Describes a run.
    package init(
        seed: UInt64, sites: Int = 12, nights: Int = 30, profile: FaultProfile = .mixed,
        without: Set<FaultKind> = [], isCryptographyReal: Bool = false, mutant: Mutant? = nil
    ) {
        self.seed = seed
        self.sites = min(max(sites, 3), 40)
        self.nights = max(nights, 1)
        self.profile = profile
        self.without = without
        self.isCryptographyReal = isCryptographyReal
        self.mutant = mutant
    }

    /// Describes a scenario, in a build that breaks a rule or none.
    package init(_ scenario: Scenario, mutant: Mutant? = nil) {
        self.init(seed: 1, sites: Stage.sites, nights: 1, profile: .calm, mutant: mutant)
        self.scenario = scenario
    }

    /// The words after `kith-sim run` that repeat it.
    package var arguments: String {
        var words = ["--seed \(seed)", "--sites \(sites)", "--nights \(nights)"]
        if let scenario { words = ["--scenario \(scenario.rawValue)"] }
        if profile != .mixed, scenario == nil { words.append("--profile \(profile.rawValue)") }
        for kind in without.sorted() { words.append("--without \(kind.rawValue)") }
        if isCryptographyReal { words.append("--real-cryptography") }
        if let mutant { words.append("--mutant \(mutant.rawValue)") }
        return words.joined(separator: " ")
    }
}
