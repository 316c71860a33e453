import ArgumentParser
import KithModel
import KithSite

/// `kith import`: takes over records from other systems.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Takes over records from other systems.",
        subcommands: [ImportFHIR.self])
}

/// `kith import fhir`.
struct ImportFHIR: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "fhir", abstract: "Takes over records from FHIR R4 files.",
        usage: "kith import fhir FILE… [--partnership P] [options]",
        discussion: """
            Importing the same file again changes nothing. Files that cannot be read are \
            reported and left out; the exit status is then 1.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: ArgumentHelp("JSON files.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "Where new records go (else the only shared partnership).", valueName: "p"))
    var partnership: String?

    /// What an import printed as JSON holds.
    private struct Summary: Encodable {
        let report: ImportReport?
        let mapped: [String: Int]
        let unmapped: [String: Int]
        let problems: [String: String]
    }

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try writer.author(in: context)
        let readings = try await context.opener.readFHIR(files)
        let bad = readings.filter { $0.problem != nil }
        let good = readings.filter { $0.problem == nil }
        for reading in bad {
            context.note([Line("kith: \(reading.problem ?? "")")])
        }
        // One save: a record of one file may point at a record of another.
        let records = good.flatMap(\.records)
        var report: ImportReport?
        if !records.isEmpty {
            let progress = ProgressLine(context.console)
            defer { progress.finish() }
            report = try await site.importRecords(
                ImportBatch(partnership: partnership, records: records), by: author
            ) { progress.show($0) }
        }
        let unmapped = sum(good.map(\.unmapped))
        if output.isJSON {
            try context.printJSON(
                Summary(
                    report: report, mapped: sum(good.map(\.mapped)), unmapped: unmapped,
                    problems: Dictionary(
                        bad.map { ($0.file, $0.problem ?? "") }, uniquingKeysWith: { $1 })))
        } else {
            context.print(ImportPage(context).lines(report, unmapped: unmapped, files: good.count))
        }
        return bad.isEmpty ? .done : .failed
    }

    private func sum(_ counts: [[String: Int]]) -> [String: Int] {
        counts.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
}
