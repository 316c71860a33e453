/// The sites of a run: who they are and what they share.
struct Cast {
    /// One site.
    struct Part {
        let name: String
        let kind: String
        let isReachable: Bool
        let version: Installation.Version
    }

    /// In order: homes, practices, then the others, the last one a spare that joins later.
    private(set) var parts: [Part] = []
    /// The numbers of the homes.
    private(set) var homes: [Int] = []
    private(set) var practices: [Int] = []
    private(set) var others: [Int] = []

    init(_ plan: Plan) {
        var random = RandomSource(seed: plan.seed, purpose: "cast")
        let homeCount = max(1, plan.sites * 4 / 10)
        let practiceCount = max(1, plan.sites / 4)
        let kinds = [
            ("trust", "acuteTrust"), ("council", "localAuthority"), ("relay", "other"),
            ("housing", "housing"), ("community", "communityTrust"), ("hospice", "hospice"),
        ]
        for number in 0..<plan.sites {
            let drawn = random.number(below: 100)
            let version: Installation.Version = drawn < 15 ? .newer : drawn < 30 ? .older : .current
            if number < homeCount {
                homes.append(number)
                add("home-\(number + 1)", "careHome", random.chance(permille: 300), version)
            } else if number < homeCount + practiceCount {
                practices.append(number)
                add("practice-\(practices.count)", "gpPractice", true, version)
            } else {
                let (name, kind) = kinds[others.count % kinds.count]
                let suffix = others.count < kinds.count ? "" : "-\(others.count / kinds.count + 1)"
                others.append(number)
                add(name + suffix, kind, random.chance(permille: 800), version)
            }
        }
    }

    private mutating func add(
        _ name: String, _ kind: String, _ isReachable: Bool, _ version: Installation.Version
    ) {
        parts.append(
            Part(name: name, kind: kind, isReachable: isReachable, version: version))
    }
}
