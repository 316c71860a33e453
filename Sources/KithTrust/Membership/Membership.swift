public import KithModel

/// Who is in a partnership and with what: a pure function of the acts, whatever order they came in.
///
/// Complexity: quadratic in the acts of one site, which are few. Source:
/// `Protocol/membership.md`, whose words (admission, removal, excludes, cuts off) are used here.
public struct Membership: Sendable {
    /// One act that says who is in.
    public struct Act: Hashable, Sendable {
        /// What it does to its site.
        public enum Content: Hashable, Sendable {
            /// Makes the partnership; its id has been checked.
            case found
            /// Admits the site, or grants it more.
            case admit(Grant)
            /// Puts a grant in the place of earlier ones; covers these compartments.
            case change(Grant, covers: Set<Compartment>)
            /// Ends a membership, or votes for that; covers these compartments.
            case remove(covers: Set<Compartment>)
            /// Votes for the site as a steward.
            case elect
        }

        /// The entry of the act.
        public let entry: EntryHash
        /// The entry's depth in the graph.
        public let depth: Int64
        /// Who signed it.
        public let author: SiteID
        /// Whom it is about.
        public let site: SiteID
        /// What it does.
        public let content: Content

        /// Describes an act.
        public init(
            entry: EntryHash, depth: Int64, author: SiteID, site: SiteID, content: Content
        ) {
            self.entry = entry
            self.depth = depth
            self.author = author
            self.site = site
            self.content = content
        }

        /// The compartments whose feeds its cut names; nil when it removes nothing.
        var covers: Set<Compartment>? {
            switch content {
            case .change(_, let covers), .remove(let covers): covers
            case .found, .admit, .elect: nil
            }
        }

        var isLeave: Bool {
            if case .remove = content { return author == site }
            return false
        }
    }

    /// The acts, in the order of depth, author and hash.
    public let acts: [Act]
    /// For each act, whether it takes effect.
    public private(set) var isInEffect: [Bool]
    /// The grants of elections that were completed, by the act that completed them.
    private var elected: [Int: Grant] = [:]
    private var removals: Set<Int>
    private var ranks: [SiteID: Int] = [:]
    /// For each act, the acts about the same site in its past.
    private let pasts: [Set<Int>]

    /// Judges the acts; `point` gives the place of an act's entry in the graph.
    public init(acts: [Act], point: (Act) throws -> some MembershipPoint) throws {
        // The author before the hash, which whoever writes an act could try until it suits them.
        let acts = acts.sorted {
            ($0.depth, $0.author, $0.entry) < ($1.depth, $1.author, $1.entry)
        }
        let points = try acts.map(point)
        self.acts = acts
        isInEffect = acts.map { _ in false }
        removals = Set(acts.indices.filter { acts[$0].isLeave })
        pasts = try acts.indices.map { later in
            Set(
                try acts.indices.prefix(later).filter {
                    try acts[$0].site == acts[later].site && points[later].knows(acts[$0].entry)
                })
        }
        try judge(points)
        while let next = nextSteward() {
            ranks[next] = ranks.count
            try addRemovals(by: next, points)
            try addVotes(against: next, points)
        }
    }

    /// What a site is granted at an entry of its own; nil when it is not a member there.
    public func grant(of site: SiteID, at point: some MembershipPoint) throws -> Grant? {
        try grant(of: site, at: point, act: nil)
    }

    /// What a site is granted by all the acts.
    public func grant(of site: SiteID) throws -> Grant? {
        try grant(of: site, at: EveryAct())
    }

    /// Whether an admission or removal names a site whose standing is more than the join of its
    /// admissions: only then does judging its entries need this.
    public func isPlain(_ site: SiteID) -> Bool {
        acts.indices.allSatisfy { index in
            guard acts[index].site == site else { return true }
            if case .admit = acts[index].content { return isInEffect[index] }
            return acts[index].content == .found
        }
    }

    /// The removal that ended a site's membership, the latest of `acts`; nil when it is a
    /// member or never was.
    public func removal(of site: SiteID) throws -> Act? {
        guard try grant(of: site) == nil else { return nil }
        return removals.sorted().last { acts[$0].site == site }.map { acts[$0] }
    }

    /// The stewards and former stewards, by rank.
    public var stewardsByRank: [SiteID] {
        ranks.sorted { $0.value < $1.value }.map(\.key)
    }

    // MARK: Judging

    /// Judges every act by the removals that are in effect so far.
    private mutating func judge(_ points: [some MembershipPoint]) throws {
        elected = [:]
        var votes: [SiteID: Set<SiteID>] = [:]
        for index in acts.indices {
            isInEffect[index] = try isAllowed(index, points)
            guard isInEffect[index], case .elect = acts[index].content else { continue }
            let site = acts[index].site
            votes[site, default: []].insert(acts[index].author)
            let writers = try members(knownAt: points[index]).filter(\.value.writes)
            guard let voters = votes[site], voters.count * 2 > writers.count,
                !elected.keys.contains(where: { acts[$0].site == site }),
                var grant = try grant(of: site, knownAt: points[index])
            else { continue }
            grant.role = .steward
            elected[index] = grant
        }
    }

    private func isAllowed(_ index: Int, _ points: [some MembershipPoint]) throws -> Bool {
        let act = acts[index]
        if case .found = act.content { return true }
        if act.isLeave { return true }
        guard let grant = try grant(of: act.author, at: points[index], act: index) else {
            return false
        }
        switch act.content {
        case .found: return true
        case .admit, .remove: return grant.role >= .steward
        case .elect: return grant.writes
        case .change(let new, _):
            if act.author == act.site { return new.isWithin(grant) }
            return try grant.role >= .steward && !isHigherSteward(act, points[index])
        }
    }

    /// Whether an act's site is, at the act, a steward that ranks higher than the act's author.
    private func isHigherSteward(_ act: Act, _ point: some MembershipPoint) throws -> Bool {
        guard act.author != act.site, rank(act.site) < rank(act.author) else { return false }
        return try grant(of: act.site, knownAt: point)?.role == .steward
    }

    private func rank(_ site: SiteID) -> Int { ranks[site] ?? Int.max }

    /// The steward that comes next by the act that made it one.
    private func nextSteward() -> SiteID? {
        acts.indices.first { index in
            ranks[acts[index].site] == nil && admission(index)?.role == .steward
        }.map { acts[$0].site }
    }

    private mutating func addRemovals(
        by steward: SiteID, _ points: [some MembershipPoint]
    ) throws {
        try judge(points)
        for index in acts.indices
        where acts[index].author == steward && acts[index].covers != nil && isInEffect[index] {
            if try !isHigherSteward(acts[index], points[index]) { removals.insert(index) }
        }
        try judge(points)
    }

    private mutating func addVotes(
        against steward: SiteID, _ points: [some MembershipPoint]
    ) throws {
        let votes = acts.indices.filter { index in
            guard case .remove = acts[index].content else { return false }
            return acts[index].site == steward && acts[index].author != steward
                && isInEffect[index] && !removals.contains(index)
        }
        var voters: Set<SiteID> = []
        var isComplete = false
        for index in votes {
            voters.insert(acts[index].author)
            let others = try members(knownAt: points[index]).filter {
                $0.value.role == .steward && $0.key != steward
            }
            if voters.count * 2 > others.count { isComplete = true }
        }
        guard isComplete else { return }
        removals.formUnion(votes)
        try judge(points)
        removals = removals.filter { acts[$0].author != steward || isInEffect[$0] }
        try judge(points)
    }

    // MARK: Grants

    /// What an act in effect grants its site.
    private func admission(_ index: Int) -> Grant? {
        guard isInEffect[index] else { return nil }
        switch acts[index].content {
        case .found: return .founder
        case .admit(let grant), .change(let grant, _): return grant
        case .remove: return nil
        case .elect: return elected[index]
        }
    }

    private func grant(
        of site: SiteID, at point: some MembershipPoint, act judged: Int?
    ) throws -> Grant? {
        var grant: Grant?
        for index in acts.indices where acts[index].site == site {
            guard let admission = admission(index), try point.knows(acts[index].entry),
                try !isRevoked(index, at: point, act: judged)
            else { continue }
            grant = grant.map { $0.joined(with: admission) } ?? admission
        }
        return grant
    }

    /// What a site is granted as somebody else knew it at an entry of theirs.
    private func grant(of site: SiteID, knownAt point: some MembershipPoint) throws -> Grant? {
        try grant(of: site, at: KnownActs(point: point))
    }

    private func members(knownAt point: some MembershipPoint) throws -> [SiteID: Grant] {
        var members: [SiteID: Grant] = [:]
        for site in Set(acts.map(\.site)) {
            members[site] = try grant(of: site, knownAt: point)
        }
        return members
    }

    private func isRevoked(
        _ admission: Int, at point: some MembershipPoint, act judged: Int?
    ) throws -> Bool {
        let excluding = removals.filter {
            acts[$0].site == acts[admission].site && $0 != judged && $0 != admission
                && excludes($0, admission)
        }
        return try excluding.contains { try cutsOff($0, of: excluding, point) }
    }

    private func excludes(_ removal: Int, _ admission: Int) -> Bool {
        if pasts[removal].contains(admission) { return true }
        if pasts[admission].contains(removal) { return false }
        let (remover, admitter) = (acts[removal].author, acts[admission].author)
        if acts[removal].isLeave { return true }
        if remover == admitter {
            guard case .change = acts[removal].content, case .change = acts[admission].content
            else { return true }
            return acts[admission].entry < acts[removal].entry
        }
        return rank(remover) < rank(admitter)
    }

    private func cutsOff(
        _ removal: Int, of excluding: Set<Int>, _ point: some MembershipPoint
    ) throws -> Bool {
        if try point.knows(acts[removal].entry) { return true }
        guard acts[removal].covers?.contains(point.compartment) == true else { return false }
        for other in excluding where acts[other].covers?.contains(point.compartment) == true {
            let isConcurrent =
                !pasts[removal].contains(other) && !pasts[other].contains(removal)
            if try isConcurrent && point.isWithin(cutOf: acts[other].entry) { return false }
        }
        return true
    }
}
