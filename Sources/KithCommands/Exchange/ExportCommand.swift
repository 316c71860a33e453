import ArgumentParser
import KithModel
import KithSite

/// `kith export`: writes records for other systems.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes records for other systems.",
        subcommands: [ExportFHIR.self, ExportContacts.self, ExportCalendar.self])
}

/// Where an export goes.
struct ExportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of which partnership (else the only shared one).", valueName: "p"))
    var partnership: String?

    @Option(
        help: ArgumentHelp(
            "Write to a new file, for this user alone (else standard output).",
            valueName: "file"))
    var output: String?

    /// Writes the file, and says on standard error what is in it and what a reader must know.
    func write(_ file: ExportedFile, in context: CommandContext) throws -> ExitStatus {
        if let output {
            try NewFile.write(file.text, to: output)
        } else {
            context.console.output(file.text)
        }
        let counts = file.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let place = output.map { " to \(TerminalText.line($0))" } ?? ""
        let what = counts.isEmpty ? "nothing" : counts.joined(separator: ", ")
        var words = [
            "Exported from \(TerminalText.line(file.partnership))\(place): \(what)."
        ]
        if file.undecided > 0 {
            words.append(
                "\(Amount.count(file.undecided, "record holds", "records hold")) values that nobody "
                    + "has decided between: every one of them is in the file and marked. See 'kith "
                    + "conflict list'.")
        }
        if file.hasRestrictedLeft {
            words.append("Safeguarding records are left out; --restricted takes them along.")
        }
        for paragraph in words {
            context.note(Wrapping.lines(paragraph, width: context.width).map { Line($0) })
        }
        return .done
    }
}

/// `kith export fhir`.
struct ExportFHIR: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "fhir", abstract: "Writes residents with all their records as FHIR R4.",
        usage: "kith export fhir [RESIDENT…] [--partnership P] [--output FILE] [options]",
        discussion: """
            One bundle of type collection. What nobody has decided is in it with every value, each \
            marked, and a DetectedIssue that says who said what. 'kith import fhir' takes it in \
            again, here or elsewhere. Archived records stay here.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var export: ExportOptions

    @Argument(
        help: ArgumentHelp(
            "Residents by id, NHS number or name (else all of them).", valueName: "resident"))
    var residents: [String] = []

    @Flag(help: "Take safeguarding records along, where this site holds them.")
    var restricted = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let order = ExportOrder.fhir(
            residents: residents, partnership: export.partnership, includesRestricted: restricted)
        return try export.write(
            try await context.opener.export(order, from: site, now: context.console.now()),
            in: context)
    }
}

/// How contacts are written, as an option takes it.
enum ContactFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case vcard
    case csv

    var format: ContactFileFormat { self == .csv ? .csv : .vcard }
}

/// `kith export contacts`.
struct ExportContacts: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "Writes contacts and organisations as vCard or CSV.",
        usage: "kith export contacts --format vcard|csv [--partnership P] [--output FILE]")

    @OptionGroup var place: HomeOption
    @OptionGroup var export: ExportOptions

    @Option(help: ArgumentHelp("vcard or csv.", valueName: "format"))
    var format: ContactFormatChoice

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let order = ExportOrder.contacts(format: format.format, partnership: export.partnership)
        return try export.write(
            try await context.opener.export(order, from: site, now: context.console.now()),
            in: context)
    }
}

/// `kith export calendar`.
struct ExportCalendar: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Writes reviews, follow-ups and appointments as iCalendar.",
        usage: "kith export calendar [--partnership P] [--output FILE]")

    @OptionGroup var place: HomeOption
    @OptionGroup var export: ExportOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let order = ExportOrder.calendar(partnership: export.partnership)
        return try export.write(
            try await context.opener.export(order, from: site, now: context.console.now()),
            in: context)
    }
}
