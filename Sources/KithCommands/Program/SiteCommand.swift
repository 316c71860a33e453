import ArgumentParser
import KithSite

/// A command that does something, as opposed to one that only has subcommands.
protocol Runnable: ParsableCommand {
    func run(in context: CommandContext) async throws -> ExitStatus
}

/// A command on an existing site.
protocol SiteCommand: Runnable {
    var place: HomeOption { get }
    /// What a person typed among the arguments and would miss; kept in a file when the site cannot be
    /// opened. What fails later is for `run(on:in:)` to keep.
    var typed: TypedText? { get }
    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus
}

extension SiteCommand {
    var typed: TypedText? { nil }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let home = try place.path(in: context)
        let site = try await KeptText.guarding(typed, in: context) {
            try await context.opener.open(home: home)
        }
        do {
            let status = try await run(
                on: site.acting(for: context.user(), through: .commandLine), in: context)
            await context.opener.close(site)
            return status
        } catch {
            await context.opener.close(site)
            throw error
        }
    }
}
