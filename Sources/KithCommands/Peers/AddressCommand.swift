import ArgumentParser
import KithSite

/// `kith address`: where partners reach this site.
struct AddressCommand: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "address", abstract: "Says where partners reach this site.",
        usage: "kith address [HOST:PORT… | --none] [--json]",
        discussion: """
            Without an address it shows what is said now. What is set here goes into invitations \
            and is told to the members of all partnerships at the next sync; nobody has to pair \
            again. With --none, the address on which 'kithd' listens is told, if it is one.
            """)

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("Where it is, as seen from partners.", valueName: "host:port"))
    var addresses: [String] = []

    @Flag(name: .customLong("none"), help: "Forget what was set.")
    var isNone = false

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard addresses.isEmpty || !isNone else {
            throw UsageProblem("--none forgets all addresses; give either it or addresses")
        }
        let isSetting = isNone || !addresses.isEmpty
        let profile =
            isSetting
            ? try await site.setAddresses(try addresses.map { try Address.checked($0) })
            : try await site.profile()
        if output.isJSON {
            try context.printJSON(profile)
            return .done
        }
        context.print(
            profile.addresses.isEmpty
                ? "No address was set: partners are told where 'kithd' listens, if that is one."
                : "Partners reach this site at \(profile.addresses.joined(separator: ", ")).")
        if isSetting { context.print("They are told at the next sync.") }
        return .done
    }
}
