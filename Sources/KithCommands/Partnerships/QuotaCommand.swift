import ArgumentParser
import Foundation
import KithSite

/// `kith partnership quota`: how much others may fill here.
struct QuotaCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "Sets how much of a partnership others may fill here.",
        usage: "kith partnership quota NAME SIZE|none [--json]",
        discussion: """
            For a relay, or a partner that writes without end. Beyond it, entries of others are \
            refused and stay where they are; who is in still arrives, and what this site writes \
            itself is never refused.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The partnership's name or the beginning of its id.")
    var name: String

    @Argument(help: "For example 500MB or 2GB; none takes the limit away.")
    var size: String

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let partnership = try await site.setQuota(
            QuotaChange(partnership: name, bytes: try Self.bytes(size)))
        if output.isJSON {
            try context.printJSON(partnership)
        } else {
            let limit = partnership.quotaBytes.map(Amount.bytes) ?? "as much as they like"
            context.print(
                "Others may fill \(limit) of \(partnership.name) here; "
                    + "\(Amount.bytes(partnership.logBytes)) are filled.")
        }
        return .done
    }

    /// Reads `none`, or a number with kB, MB, GB or TB.
    static func bytes(_ text: String) throws -> Int64? {
        let word = text.lowercased()
        if word == "none" { return nil }
        let units: [(String, Int64)] = [
            ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ]
        for (unit, factor) in units where word.hasSuffix(unit) {
            guard let count = Int64(word.dropLast(2).trimmingCharacters(in: [" "])), count > 0
            else {
                break
            }
            let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: factor)
            guard !isTooMuch else { break }
            return bytes
        }
        throw UsageProblem("a size is a number with kB, MB, GB or TB, for example 500MB, or none")
    }
}
