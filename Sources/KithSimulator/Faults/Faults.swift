import KithModel

/// What can go wrong in one run, and how often: drawn from the seed.
///
/// Rates are in a thousand. They are low enough that most sessions succeed: a run in which nothing
/// gets through shows little.
struct Faults {
    private(set) var kinds: Set<FaultKind>
    /// Messages lost, doubled, overtaken; connections cut at a message.
    let loss: Int
    let doubling: Int
    let reordering: Int
    let delay: Int
    let cut: Int
    /// Writes at which the process dies, or the power goes, or the disk reports an error.
    let crash: Int
    let power: Int
    let writeError: Int
    /// Chances for each site and night.
    let absence: Int
    let clock: Int
    let fullDisk: Int
    let damage: Int
    let restore: Int
    let copy: Int
    let lie: Int
    /// Chance for each pair and night that a direction is blocked.
    let link: Int
    /// Chance for each night that the network breaks in two.
    let partition: Int
    /// Chance for each peer and night that there is time to dial it.
    private let dial: Int
    private var dials: RandomSource
    /// Before the sites are founded nothing goes wrong.
    private(set) var haveBegun = false
    /// Over when the faults stop.
    private(set) var areOver = false

    init(_ plan: Plan) {
        let kinds = Self.kinds(plan)
        self.kinds = kinds
        func rate(_ kind: FaultKind, _ range: ClosedRange<Int>, _ what: String = "rate") -> Int {
            var random = Self.random(plan, "\(kind.rawValue), \(what)")
            return kinds.contains(kind) ? random.number(in: range) : 0
        }
        loss = rate(.loss, 2...15)
        doubling = rate(.doubling, 2...10)
        reordering = rate(.reordering, 2...10)
        delay = rate(.delays, 1...8)
        cut = rate(.cuts, 3...25)
        crash = rate(.crashes, 1...8)
        power = rate(.power, 1...8)
        writeError = rate(.diskErrors, 1...10)
        fullDisk = rate(.diskErrors, 5...30, "full")
        damage = rate(.damage, 3...15)
        absence = rate(.absence, 10...40)
        clock = rate(.clocks, 5...30)
        restore = rate(.restores, 5...30)
        copy = rate(.copies, 3...12)
        lie = rate(.liars, 100...400)
        link = rate(.links, 20...120)
        partition = rate(.partitions, 30...150)
        var time = Self.random(plan, "time for peers")
        dial = plan.profile == .calm ? 1_000 : time.number(in: 108...326)
        dials = RandomSource(seed: plan.seed, purpose: "dials")
    }

    /// Each kind has its own chance, so that a new one leaves the others as they are.
    private static func random(_ plan: Plan, _ purpose: String) -> RandomSource {
        RandomSource(seed: plan.seed, purpose: "fault \(purpose)")
    }

    private static func kinds(_ plan: Plan) -> Set<FaultKind> {
        Set(FaultKind.allCases).subtracting(plan.without).filter { kind in
            var random = random(plan, kind.rawValue)
            return switch plan.profile {
            case .calm: false
            case .mixed: random.chance(permille: 667)
            case .stormy: true
            }
        }
    }

    /// Whether this run has faults of a kind, and this is the time for them.
    func has(_ kind: FaultKind) -> Bool { haveBegun && !areOver && kinds.contains(kind) }

    /// Whether there is time to dial one more peer tonight.
    mutating func hasTimeForPeer() -> Bool { dials.chance(permille: dial) }

    /// From now on things go wrong.
    mutating func begin() { haveBegun = true }

    /// From now on nothing goes wrong.
    mutating func stop() { areOver = true }
}
