import ArgumentParser
import KithModel
import KithSite

/// `kith partnership offers`: what peers admitted this site to.
struct ListOffers: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "offers", abstract: "Lists the partnerships that peers offer to this site.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let offers = try await site.offers()
        if output.isJSON {
            try context.printJSON(["offers": offers])
        } else if offers.isEmpty {
            context.print("Nothing is offered; peers tell of offers when they sync.")
        } else {
            context.print(PartnershipPage(context).table(offers).lines(width: context.width))
        }
        return .done
    }
}

/// `kith partnership accept`: takes part in an offered partnership, once it is clear what it is.
struct AcceptOffer: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Takes part in a partnership that a peer offers.",
        usage: "kith partnership accept PARTNERSHIP [--yes] [--json]",
        discussion: "Shows who offers it, and what it is, before anything is joined.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "Its name or the beginning of its id, from 'kith partnership offers'.")
    var partnership: String

    @Flag(name: .customLong("yes"), help: "Accept without asking.")
    var isYes = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let wanted = partnership.lowercased()
        let offer = try await site.offers().first {
            $0.name.lowercased().hasPrefix(wanted)
                || $0.partnership.description.lowercased().hasPrefix(wanted)
        }
        let page = PartnershipPage(context)
        let lines = offer.map { page.lines($0) } ?? []
        if output.isJSON || !isYes { context.note(lines) } else { context.print(lines) }
        guard try context.isAgreed("Accept?", isYes: isYes || offer == nil) else { return .failed }
        // The whole id, so that what was shown is what is accepted.
        let reference = offer?.partnership.description ?? partnership
        let progress = ProgressLine(context.console)
        defer { progress.finish() }
        let report = try await site.acceptOffer(reference) { progress.show($0) }
        progress.finish()
        return try JoinOutcome(context, output).show(report)
    }
}
