import ArgumentParser
import KithModel
import KithSite

/// `kith import`: takes over records from other systems.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Takes over records from other systems.",
        subcommands: [ImportFHIR.self, ImportContacts.self])
}

/// What a command that imports files takes.
struct ImportOptions: ParsableArguments {
    @OptionGroup var output: OutputOptions
    @OptionGroup var writer: AuthorOptions

    @Argument(help: ArgumentHelp("Files.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "Where new records go (else the only shared partnership).", valueName: "p"))
    var partnership: String?
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
    @OptionGroup var options: ImportOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try options.writer.author(in: context)
        let readings = try await context.opener.readFHIR(options.files)
        return try await ImportRun(options: options, author: author).take(
            readings, on: site, in: context)
    }
}

/// `kith import contacts`.
struct ImportContacts: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Takes over contacts and organisations from vCard or CSV files.",
        usage: "kith import contacts FILE… [--partnership P] [options]",
        discussion: """
            A CSV file has the names of columns in its first row: 'kith export contacts --format \
            csv' shows them. Importing the same file again changes nothing.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var options: ImportOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let author = try options.writer.author(in: context)
        let readings = try await context.opener.readContacts(options.files)
        return try await ImportRun(options: options, author: author).take(
            readings, on: site, in: context)
    }
}

/// Takes over what files hold, and says what became of it.
struct ImportRun {
    let options: ImportOptions
    let author: Author

    /// What an import printed as JSON holds.
    private struct Summary: Encodable {
        let report: ImportReport?
        let mapped: [String: Int]
        let unmapped: [String: Int]
        let problems: [String: String]
    }

    func take(
        _ readings: [FHIRReading], on site: any Site, in context: CommandContext
    ) async throws -> ExitStatus {
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
                ImportBatch(partnership: options.partnership, records: records), by: author
            ) { progress.show($0) }
        }
        let unmapped = sum(good.map(\.unmapped))
        if options.output.isJSON {
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
