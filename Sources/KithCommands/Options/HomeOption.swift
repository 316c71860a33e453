import ArgumentParser

/// Which site a command works on.
struct HomeOption: ParsableArguments {
    @Option(
        name: .customLong("home"),
        help: ArgumentHelp("The site's folder (or KITH_HOME).", valueName: "dir"))
    var home: String?

    /// The folder that was given, or that the environment gives.
    func path(in context: CommandContext) throws -> String {
        if let home {
            guard !home.isEmpty else { throw UsageProblem("--home needs a folder; it is empty") }
            return home
        }
        guard let home = context.console.environment["KITH_HOME"], !home.isEmpty else {
            throw UsageProblem(
                "no site given; name its folder with --home DIR or in KITH_HOME "
                    + "('kith init' makes a new one)")
        }
        return home
    }
}

/// How a command prints.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON for other programs.")
    var isJSON = false
}
