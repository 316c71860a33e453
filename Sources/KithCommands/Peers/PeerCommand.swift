import ArgumentParser
import KithModel
import KithSite

/// `kith peer`: who is dialled, where, and how far behind they are.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "The sites to sync with, and how far behind they are.",
        subcommands: [
            ListPeers.self, PairPeer.self, AddPeer.self, SetPeer.self, RemovePeer.self,
        ])
}

/// `kith peer list`.
struct ListPeers: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the peers with the last time that both were equal.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus {
        let peers = try await site.peers()
        if output.isJSON {
            try context.printJSON(["peers": peers])
        } else if peers.isEmpty {
            context.print("No peers; 'kith partnership invite' or 'join' brings the first.")
        } else {
            context.print(PeerPage(context).lines(peers))
        }
        return .done
    }
}

/// `kith peer add`: gives a fellow member an address.
struct AddPeer: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Says where a fellow member is dialled.",
        usage: "kith peer add SITE --address HOST:PORT [--address HOST:PORT]… [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The site's name, id, or the beginning of its id.")
    var site: String

    @Option(
        name: .customLong("address"), help: ArgumentHelp("Where it is.", valueName: "host:port"))
    var addresses: [String] = []

    func run(on home: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard !addresses.isEmpty else {
            throw UsageProblem("'kith peer add' needs --address HOST:PORT")
        }
        let change = PeerChange(
            peer: site, addresses: try addresses.map { try Address.checked($0) }, isEnabled: true)
        return try await PeerPage(context).set(change, on: home, asJSON: output.isJSON)
    }
}

/// `kith peer set`: changes where and whether a fellow member is dialled.
struct SetPeer: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Changes where, or whether, a fellow member is dialled.",
        usage: "kith peer set SITE [--address HOST:PORT]… [--enable | --disable] [--json]")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The site's name, id, or the beginning of its id.")
    var site: String

    @Option(
        name: .customLong("address"),
        help: ArgumentHelp(
            "Where it is; tried before what the site itself says, replaces earlier ones.",
            valueName: "host:port"))
    var addresses: [String] = []

    @Flag(name: .customLong("enable"), help: "Let the nightly sync dial it.")
    var isEnabling = false

    @Flag(name: .customLong("disable"), help: "Keep the nightly sync from dialling it.")
    var isDisabling = false

    func run(on home: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard !(isEnabling && isDisabling) else {
            throw UsageProblem("--enable and --disable exclude each other; give one")
        }
        guard !addresses.isEmpty || isEnabling || isDisabling else {
            throw UsageProblem(
                "nothing to set; give --address HOST:PORT, --enable or --disable")
        }
        let change = PeerChange(
            peer: site,
            addresses: addresses.isEmpty ? nil : try addresses.map { try Address.checked($0) },
            isEnabled: isEnabling ? true : isDisabling ? false : nil)
        return try await PeerPage(context).set(change, on: home, asJSON: output.isJSON)
    }
}

/// `kith peer remove`: forgets a site that was paired with.
struct RemovePeer: SiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forgets a site that was paired with by phone.",
        usage: "kith peer remove SITE [--yes] [--json]",
        discussion: "A fellow member is removed from its partnership: 'kith partnership remove'.")

    @OptionGroup var place: HomeOption
    @OptionGroup var output: OutputOptions

    @Argument(help: "The site's name, id, or the beginning of its id.")
    var site: String

    @Flag(name: .customLong("yes"), help: "Forget it without asking.")
    var isYes = false

    func run(on home: any Site, in context: CommandContext) async throws -> ExitStatus {
        guard try context.isAgreed("Forget \(site)?", isYes: isYes) else { return .failed }
        let peer = try await home.removePeer(site)
        if output.isJSON {
            try context.printJSON(peer)
        } else {
            context.print("\(peer.name) (\(peer.site.short)) is not known here any more.")
        }
        return .done
    }
}
