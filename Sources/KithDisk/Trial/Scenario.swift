import Foundation

/// What two sites do on a bench, from the first `init` to a restored backup: a care home whose daemon
/// answers, and a surgery that calls it.
package struct Scenario {
    /// The two homes, each a folder of the disk.
    package static let homes = ["elm", "riverside"]
    /// What they share.
    static let partnership = "Elm and Riverside"
    static let backup = "backups/elm"
    /// Erased in the end.
    static let secret = "Zqxvmarker"

    /// What one program is asked to do.
    package struct Step: Sendable {
        /// What stands in messages about it.
        package let name: String
        /// Where.
        let home: String
        var arguments: [String]
        /// Whether the care home's daemon serves meanwhile.
        let isServed: Bool
        /// What is said before, and what is so once the program ended well.
        var before: Promise?
        var promises: [Promise] = []

        init(
            _ name: String, at home: String, _ arguments: [String], isServed: Bool = false,
            before: Promise? = nil, _ promises: Promise...
        ) {
            self.name = name
            self.home = home
            self.arguments = arguments
            self.isServed = isServed
            self.before = before
            self.promises = promises
        }
    }

    /// The steps in their order; in the place of `CODE` comes an invitation's, in that of `SECRET` the
    /// id of the record to erase.
    package static func steps(on bench: Bench) throws -> [Step] {
        let people = bench.path("people.json")
        let imported = (0..<12).map { "Imported\($0)" }
        try Data(bundle(imported).utf8).write(to: URL(fileURLWithPath: people))
        return meeting(importing: imported, from: people) + erasing(on: bench)
    }

    private static var elm: String { homes[0] }
    private static var riverside: String { homes[1] }

    private static func resident(
        _ family: String, at home: String, isServed: Bool = false
    ) -> Step {
        Step(
            isServed ? "add through the daemon" : "add", at: home,
            ["resident", "add", "familyName=\(family)", "--partnership", partnership],
            isServed: isServed, .saved(home: home, families: [family]))
    }

    /// Two sites come to be, and share what they write.
    private static func meeting(importing imported: [String], from people: String) -> [Step] {
        [
            Step(
                "init", at: elm, ["init", "--name", "Elm House", "--kind", "care-home"],
                .made(home: elm)),
            Step(
                "init", at: riverside,
                ["init", "--name", "Riverside Surgery", "--kind", "gp-practice"],
                .made(home: riverside)),
            Step(
                "create", at: elm,
                ["partnership", "create", partnership, "--purpose", "Joint care plans"]),
            resident("First", at: elm),
            Step(
                "import", at: elm, ["import", "fhir", people, "--partnership", partnership],
                .saved(home: elm, families: Set(imported))),
            Step(
                "join", at: riverside, ["partnership", "join", "CODE", "--yes"], isServed: true,
                .met(elm, riverside)),
            resident("Second", at: elm, isServed: true),
            resident("Third", at: riverside, isServed: true),
            Step("sync", at: riverside, ["sync"], isServed: true, .met(elm, riverside)),
            resident("Fourth", at: elm, isServed: true),
        ]
    }

    /// One erases something, rebuilds its state, and comes back from a backup of before that.
    private static func erasing(on bench: Bench) -> [Step] {
        [
            // Nothing is promised of what is to be erased.
            Step(
                "add the secret", at: elm,
                ["resident", "add", "familyName=\(secret)", "--partnership", partnership],
                isServed: true),
            Step(
                "backup", at: elm, ["backup", bench.disk + "/" + backup], isServed: true,
                .backedUp(home: elm, file: backup)),
            resident("Fifth", at: elm),
            Step(
                "erase", at: elm, ["erase", "SECRET", "--reason", "A court's order", "--yes"],
                .erased(home: elm, text: secret)),
            Step("rebuild", at: elm, ["rebuild"]),
            resident("Sixth", at: riverside, isServed: true),
            Step("sync", at: riverside, ["sync"], isServed: true, .met(elm, riverside)),
            Step(
                "restore", at: elm, ["restore", bench.disk + "/" + backup, "--yes"],
                before: .restoring(home: elm, file: backup)),
            resident("Seventh", at: elm, isServed: true),
        ]
    }

    private static func bundle(_ families: [String]) -> String {
        let people = families.map { family in
            """
            {"fullUrl": "urn:uuid:\(family)", "resource": {"resourceType": "Patient",
              "id": "\(family)", "name": [{"family": "\(family)", "given": ["Test"]}],
              "birthDate": "1940-01-01", "gender": "female"}}
            """
        }
        return """
            {"resourceType": "Bundle", "type": "collection", "entry": [
              \(people.joined(separator: ",\n"))
            ]}
            """
    }

    private let bench: Bench
    private var daemon: Running?
    private var address = "127.0.0.1:0"

    package init(on bench: Bench) throws {
        self.bench = bench
        let backups = bench.disk + "/backups"
        if !FileManager.default.fileExists(atPath: backups) {
            try FileManager.default.createDirectory(
                atPath: backups, withIntermediateDirectories: false)
        }
    }

    /// Has a program do a step, and notes what it promised.
    ///
    /// - Parameter failure: befalls the program that has the database: the daemon of the care home
    ///   where that serves and is asked, else the command.
    package mutating func run(
        _ step: Step, failing failure: Bench.Failure? = nil
    ) throws -> Bench.Ended {
        let isDaemonFailing = step.isServed && step.home == Self.homes[0] && failure != nil
        if !step.isServed || isDaemonFailing { try stop() }
        var step = step
        if step.arguments.contains("CODE") || step.arguments.contains("SECRET") {
            if step.isServed { try serve() }
            try fill(&step)
        }
        if isDaemonFailing {
            try stop()
            let daemon = try bench.kithd(Self.homes[0], at: address, failing: failure)
            // A daemon that cannot start says why, in a line of its own.
            guard daemon.address != nil else { return daemon.ended() }
            self.daemon = daemon
        } else if step.isServed {
            try serve()
        }
        if let before = step.before { try bench.note(before) }
        let ended = try bench.kith(
            step.home, step.arguments, failing: isDaemonFailing ? nil : failure)
        if ended.status == 0 { for promise in step.promises { try bench.note(promise) } }
        return ended
    }

    private mutating func serve() throws {
        if daemon?.isRunning == true { return }
        let daemon = try bench.kithd(Self.homes[0], at: address)
        guard let listening = daemon.address else {
            throw TraceProblem("kithd does not start: \(daemon.ended().errors)")
        }
        (self.daemon, address) = (daemon, listening)
    }

    /// Puts what only the site knows into the places for it.
    private func fill(_ step: inout Step) throws {
        step.arguments = try step.arguments.map { argument in
            switch argument {
            case "CODE": try invitation()
            case "SECRET": try secretRecord()
            default: argument
            }
        }
    }

    /// Has the daemon end, where it runs.
    package mutating func stop() throws {
        guard let ended = daemon?.stop() else { return }
        daemon = nil
        guard ended.status == 0 else {
            throw TraceProblem("kithd ended with \(ended.status): \(ended.errors)")
        }
    }

    private func invitation() throws -> String {
        let view = try json("partnership", "invite", Self.partnership)
        guard let code = view["code"] as? String else { throw TraceProblem("there is no code") }
        return code
    }

    private func secretRecord() throws -> String {
        // Looked for by eye: the audit keeps what was searched for.
        let all = try json("resident", "list")["residents"] as? [[String: Any]]
        let secret = all?.first { $0["title"] as? String == Self.secret }
        guard let found = secret?["short"] as? String else {
            throw TraceProblem("there is no record to erase")
        }
        return found
    }

    /// What a command of the care home prints.
    private func json(_ arguments: String...) throws -> [String: Any] {
        let ended = try bench.kith(Self.homes[0], arguments + ["--json"])
        let view = try? JSONSerialization.jsonObject(with: Data(ended.output.utf8))
        guard let object = view as? [String: Any] else { throw TraceProblem(ended.errors) }
        return object
    }

    /// Runs all of it on an empty bench and gives what the disk was asked to do.
    package static func record(on bench: Bench) throws -> [DiskEvent] {
        var scenario = try Scenario(on: bench)
        for step in try steps(on: bench) {
            let ended = try scenario.run(step)
            guard ended.status == 0 else {
                throw TraceProblem("\(step.name) ended with \(ended.status): \(ended.errors)")
            }
        }
        try scenario.stop()
        let events = try bench.takeTrace()
        var disk = try Disk(root: bench.disk, keeping: emptyBench)
        for event in events { try disk.apply(event) }
        // A change that went past the trace would make every image wrong.
        let (seen, real) = (disk.seen.durable, try DiskImage(ofFolder: bench.disk).durable)
        guard seen == real else {
            let names = Set(seen.entries.keys).union(real.entries.keys)
            let differing = names.filter { seen.entries[$0] != real.entries[$0] }.sorted()
            throw TraceProblem("the trace does not describe \(differing.joined(separator: ", "))")
        }
        return events
    }

    /// What is on a bench before anything was done.
    package static var emptyBench: DiskImage {
        var image = DiskImage()
        image.entries["backups"] = .some(nil)
        return image
    }
}

extension DiskImage {
    /// Without shared memory, which is written past the disk and means nothing after a start.
    var durable: DiskImage {
        var image = self
        image.entries = entries.filter { !$0.key.hasSuffix("-shm") }
        return image
    }
}
