import Foundation
import Testing

/// `kill -9` at random moments of import, edit and sync, on either side.
///
/// `KITH_KILL_ROUNDS` says how many rounds there are, `KITH_KILL_SEED` repeats those of a failure.
@Suite struct KillTests {
    private static let rounds = number("KITH_KILL_ROUNDS").map { Int($0) } ?? 10
    private static let seed = number("KITH_KILL_SEED") ?? UInt64.random(in: 0...999_999)
    /// A log that only grows would make the rounds slower and slower; one that never does would not
    /// show what several kills do to it.
    private static let roundsBetweenResets = 10

    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    }

    @Test func `after a kill the log is whole, nothing acknowledged is lost, and sync completes`()
        throws
    {
        var random = SeededRandom(seed: Self.seed)
        var outcomes: [KillScene.Outcome] = []
        var scene = try KillScene()
        for round in 0..<Self.rounds {
            let label = "KITH_KILL_SEED=\(Self.seed), round \(round)"
            do {
                if round % Self.roundsBetweenResets == 0 { try scene.reset() }
                outcomes.append(try scene.round(round, label, &random))
            } catch {
                throw TestProblem("\(label): \(error)")
            }
        }
        let hits = outcomes.count { $0.isInTheMiddle }
        let halves = outcomes.count { $0.isHalfDone }
        print("KILLED: \(outcomes.count) rounds, \(hits) in the middle, \(halves) with a part done")
        #expect(outcomes.count == Self.rounds)
        #expect(hits * 2 >= outcomes.count, "most kills came too late to show anything")
    }
}

/// Two sites that are killed and start again.
struct KillScene {
    /// What is going on when the kill comes.
    enum Act: CaseIterable {
        case importAlone
        case importThroughDaemon
        case editsThroughDaemon
        case syncByCaller
        case syncByAnswerer
    }

    /// What a kill met.
    struct Outcome {
        /// Whether the command was still running.
        let isInTheMiddle: Bool
        /// Whether it was, and some of its work was on disk.
        let isHalfDone: Bool
    }

    /// Enough for two transactions of an import.
    private static let people = 130
    /// Fewer, now and then with texts as long as may be: two batches of a sync.
    private static let peopleWithTexts = 65
    private static let textBytes = 20_000
    private var pair: Pair
    /// Family names of residents that `kith` said, with status 0, were saved, by home.
    private var acknowledged: [String: Set<String>] = [:]
    /// Entries of each home's log after the last round.
    private var entries: [String: Int] = [:]
    /// How long each act takes when nothing disturbs it, in seconds.
    private var length: [Act: Double] = [:]

    init() throws {
        pair = try Pair()
        try pair.daemon.stop()
        for home in homes {
            try FileManager.default.copyItem(atPath: home.path, toPath: home.path + ".new")
        }
        try startDaemon()
        for (number, act) in Act.allCases.enumerated() {
            let begun = Date()
            _ = try perform(act, file: try file(for: act, -1 - number), until: .distantFuture)
            length[act] = Date().timeIntervalSince(begun)
        }
    }

    private var homes: [TestHome] { [pair.elm, pair.riverside] }

    private mutating func startDaemon() throws {
        pair.daemon = try pair.elm.daemon("--listen", pair.daemon.address)
    }

    /// Puts both homes back to when they had just met, each in the folder that it knows as its own.
    mutating func reset() throws {
        try pair.daemon.stop()
        let files = FileManager.default
        for home in homes {
            for name in try files.contentsOfDirectory(atPath: home.path) {
                try files.removeItem(atPath: home.path + "/" + name)
            }
            for name in try files.contentsOfDirectory(atPath: home.path + ".new") {
                try files.copyItem(
                    atPath: home.path + ".new/" + name, toPath: home.path + "/" + name)
            }
        }
        acknowledged = [:]
        try startDaemon()
        try noteEqual("after a reset")
    }

    /// One act with a kill in it, the next start, and the next sync.
    mutating func round(
        _ number: Int, _ label: String, _ random: inout SeededRandom
    ) throws -> Outcome {
        let act = Act.allCases[number % Act.allCases.count]
        let file = try file(for: act, number)
        let delay = Double.random(in: 0...0.9, using: &random) * (length[act] ?? 1)
        let label: Comment = "\(label): \(act), killed after \(delay) s"
        let victim = isDaemonKilled(act) ? pair.elm : pair.riverside
        let begun = Date()
        let isInTheMiddle = try perform(act, file: file, until: begun + delay)
        // The machine may be busier or quicker than it was.
        length[act] = isInTheMiddle ? max(length[act] ?? 0, delay) : Date().timeIntervalSince(begun)
        if isDaemonKilled(act) {
            pair.daemon.program.kill()
            _ = pair.daemon.program.finished()
        }
        // Nobody serves the victim now: what follows is its next start.
        let log = try victim.log()
        #expect(log.ok, label)
        let rebuilt = try victim.run("rebuild", "--check")
        #expect(rebuilt.status == 0, "\(label): \(rebuilt.output)\(rebuilt.errors)")
        #expect(try missing(at: victim).isEmpty, label)
        let writes = act == .syncByAnswerer ? pair.riverside : victim
        let isBegun = try (act == .syncByAnswerer ? writes.log() : log).entries > entries(writes)
        if isDaemonKilled(act) {
            try startDaemon()
        }
        let sync = try pair.riverside.run("sync")
        #expect(sync.status == 0, "\(label): \(sync.errors)")
        try noteEqual(label)
        acknowledged[pair.riverside.path, default: []].formUnion(
            acknowledged[pair.elm.path, default: []])
        acknowledged[pair.elm.path] = acknowledged[pair.riverside.path]
        #expect(try missing(at: pair.elm).isEmpty, label)
        return Outcome(isInTheMiddle: isInTheMiddle, isHalfDone: isInTheMiddle && isBegun)
    }

    /// Expects both sites to hold the same, and notes how much that is.
    private mutating func noteEqual(_ label: Comment) throws {
        let (ours, theirs) = (try pair.elm.log(), try pair.riverside.log())
        #expect(ours.ok && theirs.ok && ours.shared == theirs.shared, label)
        // A number signed twice would be a fork at whoever holds both.
        for home in homes {
            let forks = try home.json("status")["forks"] as? [Any]
            #expect(forks?.isEmpty == true, label)
        }
        entries = [pair.elm.path: ours.entries, pair.riverside.path: theirs.entries]
    }

    private func entries(_ home: TestHome) -> Int { entries[home.path] ?? 0 }

    private func isDaemonKilled(_ act: Act) -> Bool {
        switch act {
        case .importThroughDaemon, .editsThroughDaemon, .syncByAnswerer: true
        case .importAlone, .syncByCaller: false
        }
    }

    private func missing(at home: TestHome) throws -> Set<String> {
        acknowledged[home.path, default: []].subtracting(try home.families())
    }

    // MARK: Acts

    /// What an act works on: a file to import, which a sync finds imported on the other side.
    private mutating func file(for act: Act, _ round: Int) throws -> String {
        // Numbers of people that no other round has, also those before the first.
        let first = (round + 100) * 1000
        switch act {
        case .importAlone, .importThroughDaemon:
            return try pair.workspace.file(
                "people.json", Bundles.people(first..<(first + Self.people)))
        case .editsThroughDaemon:
            return "Edit\(round + 100)x"
        case .syncByCaller, .syncByAnswerer:
            let people = first..<(first + Self.peopleWithTexts)
            let bytes = round % 3 == 0 ? Self.textBytes : 0
            let file = try pair.workspace.file(
                "people.json", Bundles.people(people, descriptionBytes: bytes))
            try pair.elm.must("import", "fhir", file)
            acknowledge(people.map { "Person\($0)" }, at: pair.elm)
            return file
        }
    }

    /// Does something until it ends or its process is killed; says whether the time came first.
    private mutating func perform(_ act: Act, file: String, until end: Date) throws -> Bool {
        switch act {
        case .importAlone, .importThroughDaemon:
            let home = act == .importAlone ? pair.riverside : pair.elm
            let program = try start(home, "import", "fhir", file)
            let isInTheMiddle = killed(act, program, at: end)
            if program.finished().status == 0 {
                let names = try String(contentsOfFile: file, encoding: .utf8).matches(
                    of: /Person[0-9]+/)
                acknowledge(names.map { String($0.output) }, at: home)
            }
            return isInTheMiddle
        case .editsThroughDaemon:
            for number in 0..<6 {
                let name = "\(file)\(number)"
                let program = try start(pair.elm, "resident", "add", "familyName=\(name)")
                let isInTheMiddle = killed(act, program, at: end)
                if program.finished().status == 0 { acknowledge([name], at: pair.elm) }
                if isInTheMiddle { return true }
            }
            return false
        case .syncByCaller, .syncByAnswerer:
            let program = try start(pair.riverside, "sync")
            let isInTheMiddle = killed(act, program, at: end)
            _ = program.finished()
            return isInTheMiddle
        }
    }

    private func start(_ home: TestHome, _ arguments: String...) throws -> Running {
        let program = try Program.start(Program.kith, ["--home", home.path] + arguments)
        program.write(nil)
        return program
    }

    /// Kills who is to be killed when the time has come before the program's end.
    private func killed(_ act: Act, _ program: Running, at end: Date) -> Bool {
        if program.wait(seconds: min(end.timeIntervalSinceNow, 300)) { return false }
        isDaemonKilled(act) ? pair.daemon.program.kill() : program.kill()
        return true
    }

    private mutating func acknowledge(_ names: [String], at home: TestHome) {
        acknowledged[home.path, default: []].formUnion(names)
    }
}
