import Foundation
import Testing

/// `kith` says the same whether the site's daemon runs or not (D33).
@Suite struct SameAnswersTests {
    @Test func `every reading command prints the same with and without a daemon`() throws {
        let pair = try Pair(mayAttest: true)
        let file = try pair.workspace.file("people.json", Bundles.people(1..<4))
        try pair.elm.must("import", "fhir", file)
        let resident = try pair.resident("Whitfield", "dateOfBirth=1941-11-19", "language=Welsh")
        try pair.sync()
        for (home, day) in [(pair.elm, "20"), (pair.riverside, "21")] {
            try home.must(
                "resident", "edit", resident, "dateOfBirth=1941-11-\(day)", "--seen",
                home.version(of: resident))
        }
        try pair.sync()
        try pair.daemon.stop()
        let plan = try #require(
            pair.elm.list("plans", "plan", "list").first?["short"] as? String)
        let commands =
            ["resident", "plan", "allergy", "action", "goal", "contact", "interaction"].map {
                [$0, "list"]
            } + [
                ["resident", "list", "--search", "whit"], ["resident", "show", resident],
                ["resident", "show", "Whitfield"], ["plan", "show", plan],
                ["record", "get", resident], ["record", "history", resident],
                ["partnership", "list"], ["partnership", "show", Pair.partnership],
                ["peer", "list"], ["conflict", "list"], ["conflict", "list", "--fail-if-any"],
                ["conflict", "show", "\(resident).dateOfBirth"], ["verify"],
                ["rebuild", "--check"],
                ["status"], ["doctor"],
                // Refusals too.
                ["resident", "show", "zzzz"], ["resident", "show", "Person"], ["sync", "Nobody"],
                ["resident", "edit", resident, "dateOfBirth=1930"],
                ["partnership", "show", "Nobody"], ["conflict", "show", "x.y"],
            ]
        // Of the daemon alone the doctor says something, which in JSON takes several lines.
        let asked = commands + commands.filter { $0 != ["doctor"] }.map { $0 + ["--json"] }
        let alone = try asked.map { try answer(pair.elm, $0) }
        let daemon = try pair.elm.daemon()
        let served = try asked.map { try answer(pair.elm, $0) }
        try daemon.stop()
        for (arguments, (one, other)) in zip(asked, zip(alone, served)) {
            #expect(one == other, "\(arguments)")
        }
        #expect(alone.contains { $0.contains("1941-11-20") && $0.contains("1941-11-21") })
    }

    /// What a command prints and how it ends, without the lines that tell of the daemon itself,
    /// of the present size of the disk, and of the certificate, which every start makes anew.
    private func answer(_ home: TestHome, _ arguments: [String]) throws -> String {
        let finished = try Program.kith(["--home", home.path] + arguments)
        var lines = (finished.output + finished.errors).split(separator: "\n").map(String.init)
        if ["status", "doctor"].contains(arguments[0]) {
            lines = lines.map {
                $0.replacing("kithd is not running", with: "kithd runs")
            }.filter { line in
                !["Disk ", "Certificate ", "daemon: ", "start it, ", "MiB are free"].contains {
                    line.contains($0)
                }
                    && !["diskBytes", "diskFreeBytes", "certificateEnds", "daemonRunning"].contains
                    {
                        line.contains("\"\($0)\"")
                    }
            }
        }
        return "\(finished.status)\n" + lines.joined(separator: "\n")
    }
}
