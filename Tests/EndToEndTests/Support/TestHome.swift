import Foundation

/// A temporary folder for sites, removed with the object.
final class Workspace: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "kith-test-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// A new site.
    func site(_ name: String, kind: String = "care-home") throws -> TestHome {
        let home = TestHome(path: path + "/" + name.replacingOccurrences(of: " ", with: "-"))
        try home.must("init", "--name", name, "--kind", kind)
        return home
    }
}

/// What `verify --json` printed.
struct LogReport: Equatable, CustomStringConvertible {
    let text: String
    let ok: Bool
    /// The shared partnerships, one canonical text.
    let shared: String
    /// Entries in all compartments.
    let entries: Int

    init(_ finished: Finished) throws {
        text = finished.output
        let report = try finished.json()
        ok = report["ok"] as? Bool == true
        let all = report["partnerships"] as? [[String: Any]] ?? []
        let shared = all.filter { !(($0["name"] as? String) ?? "").hasSuffix("(private)") }
        let data = try JSONSerialization.data(withJSONObject: shared, options: [.sortedKeys])
        self.shared = String(decoding: data, as: UTF8.self)
        entries = all.flatMap { $0["compartments"] as? [[String: Any]] ?? [] }
            .compactMap { $0["entries"] as? Int }.reduce(0, +)
    }

    var description: String { text }
}

/// A site that a test drives by its command line.
struct TestHome: Sendable {
    let path: String

    /// Runs a command on the site.
    func run(_ arguments: String..., input: String? = nil, limit: Double = 120) throws -> Finished {
        try Program.kith(["--home", path] + arguments, input: input, limit: limit)
    }

    /// Runs a command that must succeed.
    @discardableResult
    func must(_ arguments: String...) throws -> Finished {
        let finished = try Program.kith(["--home", path] + arguments)
        guard finished.status == 0 else {
            throw TestProblem(
                "kith \(arguments.joined(separator: " ")): \(finished.status) \(finished.errors)")
        }
        return finished
    }

    /// The JSON of a reading command.
    func json(_ arguments: String...) throws -> [String: Any] {
        let finished = try Program.kith(["--home", path] + arguments + ["--json"])
        guard finished.status == 0 else {
            throw TestProblem(
                "kith \(arguments.joined(separator: " ")): \(finished.status) \(finished.errors)")
        }
        return try finished.json()
    }

    /// A list that a command prints under its plural.
    func list(_ plural: String, _ arguments: String...) throws -> [[String: Any]] {
        let finished = try Program.kith(["--home", path] + arguments + ["--json"])
        guard let list = try finished.json()[plural] as? [[String: Any]] else {
            throw TestProblem("no list \(plural): \(finished.errors)")
        }
        return list
    }

    /// The shared partnerships as `verify --json` prints them, one canonical text.
    func digests() throws -> String {
        let log = try log()
        guard log.ok else { throw TestProblem("verify: \(log.text)") }
        return log.shared
    }

    /// What `verify` says of the log.
    func log() throws -> LogReport { try LogReport(run("verify", "--json")) }

    /// The family names of all residents.
    func families() throws -> Set<String> {
        Set(
            try list("residents", "resident", "list").compactMap { resident in
                (resident["title"] as? String)?.split(separator: ",").first.map(String.init)
            })
    }

    /// A new invitation code of a partnership.
    func invite(_ partnership: String, _ arguments: [String] = []) throws -> String {
        let finished = try Program.kith(
            ["--home", path, "partnership", "invite", partnership, "--json"] + arguments)
        guard let code = try finished.json()["code"] as? String else {
            throw TestProblem("no code: \(finished.errors)")
        }
        return code
    }

    /// The version of a record's view, for `--seen`.
    func version(of record: String) throws -> String {
        guard let version = try json("record", "get", record)["version"] as? Int else {
            throw TestProblem("no version")
        }
        return String(version)
    }

    /// The words of the values that stand in a field.
    func values(_ record: String, _ field: String) throws -> [String] {
        try candidates(record, field).compactMap { $0["words"] as? String }
    }

    func candidates(_ record: String, _ field: String) throws -> [[String: Any]] {
        let fields = try json("record", "get", record)["fields"] as? [[String: Any]] ?? []
        let found = fields.first { $0["name"] as? String == field }
        return found?["candidates"] as? [[String: Any]] ?? []
    }

    /// Whether any file of the home holds words as they are.
    func holds(_ words: String) throws -> Bool { try holds(Data(words.utf8)) }

    /// Whether any file of the home holds these bytes.
    func holds(_ bytes: Data) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: path).contains { name in
            FileManager.default.contents(atPath: path + "/" + name)?.range(of: bytes) != nil
        }
    }

    /// Starts the site's daemon on a free port and waits until it listens.
    func daemon(_ arguments: String...) throws -> TestDaemon {
        let program = try Program.start(
            Program.kithd,
            ["--home", path]
                + (arguments.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]) + arguments)
        return try TestDaemon(program)
    }
}

/// A daemon that listens; killed with the object.
final class TestDaemon: Sendable {
    let program: Running
    let address: String

    init(_ program: Running) throws {
        self.program = program
        let end = Date().addingTimeInterval(60)
        let marker = "ready, listening on "
        while true {
            if let line = program.errorText.split(separator: "\n").first(where: {
                $0.contains(marker)
            }), let found = line.range(of: marker) {
                address = String(line[found.upperBound...])
                return
            }
            guard program.isRunning, Date() < end else {
                program.kill()
                throw TestProblem("kithd did not start: \(program.errorText)")
            }
            usleep(5_000)
        }
    }

    deinit {
        program.kill()
    }

    /// Stops it as an operator does.
    @discardableResult
    func stop() throws -> Finished {
        program.terminate()
        guard program.wait(seconds: 15) else { throw TestProblem("kithd does not stop") }
        return program.finished()
    }
}

/// Two sites in one partnership, the first with a daemon.
struct Pair {
    let workspace: Workspace
    let elm: TestHome
    let riverside: TestHome
    var daemon: TestDaemon

    static let partnership = "Elm and Riverside"

    init(
        mayAttest: Bool = false, compartments: String = "relations,personal,clinical",
        importing files: [String] = []
    ) throws {
        workspace = try Workspace()
        elm = try workspace.site("Elm House")
        riverside = try workspace.site("Riverside Surgery", kind: "gp-practice")
        try elm.must("partnership", "create", Self.partnership, "--purpose", "Joint care plans")
        if !files.isEmpty {
            let finished = try Program.kith(
                ["--home", elm.path, "import", "fhir"] + files, limit: 300)
            guard finished.status == 0 else { throw TestProblem(finished.errors) }
        }
        daemon = try elm.daemon()
        let code = try elm.invite(
            Self.partnership,
            ["--compartments", compartments] + (mayAttest ? ["--may-attest"] : []))
        try riverside.must("partnership", "join", code, "--yes")
    }

    /// Adds a resident and gives the beginning of the id.
    func resident(_ family: String, at home: TestHome? = nil, _ more: String...) throws -> String {
        let finished = try Program.kith(
            ["--home", (home ?? elm).path, "resident", "add", "familyName=\(family)"] + more)
        guard finished.status == 0 else { throw TestProblem(finished.errors) }
        let all = try (home ?? elm).list("residents", "resident", "list", "--search", family)
        guard let short = all.first?["short"] as? String else { throw TestProblem("no resident") }
        return short
    }

    func sync() throws {
        try riverside.must("sync")
    }
}
