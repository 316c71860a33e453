import ArgumentParser
import KithSite

/// `kith doctor`: what commonly goes wrong, and how to mend it.
struct DoctorCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks what commonly goes wrong and says how to mend it.",
        discussion: "Exit status 3 when something is a problem.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let findings = try await site.doctor()
        if output.isJSON {
            try context.printJSON(["findings": findings])
        } else if findings.isEmpty {
            context.print("All is well.")
        } else {
            context.print(findings.flatMap { lines($0, width: context.width) })
        }
        return findings.contains { $0.level == .problem } ? .needsPerson : .done
    }

    private func lines(_ finding: Finding, width: Int) -> [Line] {
        let (mark, look): (String, Line.Look) =
            switch finding.level {
            case .ok: ("ok", .good)
            case .warning: ("!", .bold)
            case .problem: ("!!", .alarm)
            }
        let found = Labelled(mark, indent: 0, labelWidth: 4, look: look)
            .lines("\(finding.check): \(finding.message)", width: width)
        let remedy = finding.remedy.map {
            Labelled("→", indent: 4, labelWidth: 2).lines($0, width: width)
        }
        return found + (remedy ?? [])
    }
}
