import ArgumentParser
import KithSite

/// A command that does something, as opposed to one that only has subcommands.
protocol Runnable: ParsableCommand {
    func run(in context: CommandContext) async throws -> ExitStatus
}

/// A command on an existing site.
protocol SiteCommand: Runnable {
    var place: HomeOption { get }
    func run(on site: any Site, in context: CommandContext) async throws -> ExitStatus
}

extension SiteCommand {
    func run(in context: CommandContext) async throws -> ExitStatus {
        let site = try await context.opener.open(home: place.path(in: context))
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
