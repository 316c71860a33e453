import ArgumentParser
import KithModel
import KithSite

/// `kith verify`: checks every hash, chain and signature.
struct VerifyCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks every hash, chain and signature of the log.",
        discussion: "Exit status 3 when something is wrong.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let report = try await site.verify()
        if output.isJSON {
            try context.printJSON(report)
        } else {
            context.print(lines(report, width: context.width))
        }
        return report.ok ? .done : .needsPerson
    }

    private func lines(_ report: VerifyReport, width: Int) -> [Line] {
        var table = Table([
            .init("Partnership"), .init("Compartment"), .init("Entries", number: true),
            .init("Frontier", fixed: true), .init("State", fixed: true),
        ])
        for partnership in report.partnerships {
            for compartment in partnership.compartments {
                table.add([
                    partnership.name, compartment.name.name, String(compartment.entries),
                    String(compartment.frontier.prefix(12)),
                    String(compartment.stateDigest.prefix(12)),
                ])
            }
        }
        var lines = table.isEmpty ? [] : table.lines(width: width)
        if report.ok {
            lines.append(Line("All is well.", .good))
        } else {
            let count = Amount.count(report.problems.count, "problem", "problems")
            lines.append(Line("!! \(count):", .alarm))
            lines += report.problems.flatMap {
                Labelled("-", indent: 3, labelWidth: 2).lines($0, width: width)
            }
            lines.append("Run 'kith doctor' to see what to do.")
        }
        return lines
    }
}
