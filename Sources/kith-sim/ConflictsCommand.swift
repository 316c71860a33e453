import ArgumentParser
import Foundation
import KithModel
import KithSite

/// Two real sites that disagree about as much as one likes: to measure how conflicts are listed and
/// decided.
struct ConflictsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "Makes two sites in a folder that disagree, and says what to measure.")

    /// Routine fields of a resident that both sites write.
    private static let fields = ["language", "address", "religion", "occupation"]
    private static let partnership = "Elm and Riverside"

    @Argument(help: "A folder that does not exist yet.")
    var folder: String

    @Option(help: "How many conflicts; four for each resident.")
    var count = 10_000

    func run() async throws {
        guard !FileManager.default.fileExists(atPath: folder), (4...1_000_000).contains(count)
        else { throw ValidationError("give a folder that does not exist, and 4 to 1,000,000") }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let (elm, riverside) = ("\(folder)/elm", "\(folder)/riverside")
        _ = try await LocalSite.initialise(
            home: elm, name: "Elm House", kind: "care-home", ods: nil)
        _ = try await LocalSite.initialise(
            home: riverside, name: "Riverside Surgery", kind: "gp-practice", ods: nil)
        let first = try await LocalSite.open(home: elm)
        let second = try await LocalSite.open(home: riverside)
        try await disagree(first, second)
        let open = try await first.conflicts(ConflictQuery()).count
        await second.close()
        await first.close()
        print("\(open) conflicts are open in \(elm). To measure:")
        print("  time kith --home \(elm) conflict list | tail -2")
        print("  kith --home \(elm) conflict resolve-all --field language --field address \\")
        print("    --prefer-site 'Riverside Surgery' --reason measured --at-most \(count)")
        print("  and the same under 'time', with --yes --seen VERSION from there")
    }

    /// Both sites share residents, part, write the same fields, and meet again.
    private func disagree(_ first: LocalSite, _ second: LocalSite) async throws {
        _ = try await first.createPartnership(
            PartnershipDraft(name: Self.partnership, purpose: "To be measured"))
        let (addresses, continuation) = AsyncStream<String>.makeStream()
        let serving = Task {
            defer { continuation.finish() }
            try await first.servePeers(on: "127.0.0.1:0") { continuation.yield($0) }
        }
        guard let address = await addresses.first(where: { _ in true }) else {
            throw ValidationError("no port of this machine is free")
        }
        let author = Author(user: "made", name: "Made for a measurement", role: "administrator")
        let added = try await first.save(
            (0..<count / Self.fields.count).map { number in
                RecordEdit(
                    target: .new(
                        kind: "resident", partnership: Self.partnership, parent: nil),
                    values: [
                        .init("familyName", "Person \(number)"), .init("givenName", "Of Elm"),
                    ])
            }, by: author)
        let code = try await first.invite(
            InvitationDraft(partnership: Self.partnership, addresses: [address])
        ).code
        _ = try await second.join(code ?? "") { _ in }
        for (site, word) in [(first, "home"), (second, "practice")] {
            _ = try await site.save(
                added.map { record in
                    RecordEdit(
                        target: .existing(record.id.description),
                        values: Self.fields.map { .init($0, "\($0) as the \(word) says") })
                }, by: author)
        }
        for report in try await second.sync([], progress: { _ in }) where !report.isEqual {
            throw ValidationError(report.problem ?? "the sites are not equal")
        }
        serving.cancel()
        _ = await serving.result
    }
}
