internal import Foundation
internal import GRPCCore
internal import KithSite
internal import Logging
internal import SwiftProtobuf

/// Performs calls on the site, and answers each with its progress and then its result or failure.
struct ControlService: Kith_V1_Control.SimpleServiceProtocol {
    let site: any Site
    let version: String
    let logger: Logger

    func call(
        request: Kith_V1_CallRequest, response: RPCWriter<Kith_V1_CallResponse>,
        context: ServerContext
    ) async throws {
        let (steps, progress) = AsyncStream.makeStream(
            of: Data.self, bufferingPolicy: .bufferingNewest(ControlLimits.progressBacklog))
        async let answer = answer(to: request, progress: progress, context: context)
        for await step in steps {
            try await response.write(.with { $0.progressJson = step })
        }
        try await response.write(await answer)
    }

    /// Performs a call; cancels it when the caller goes away or the server stops.
    private func answer(
        to request: Kith_V1_CallRequest, progress: AsyncStream<Data>.Continuation,
        context: ServerContext
    ) async -> Kith_V1_CallResponse {
        defer { progress.finish() }
        return await withTaskGroup(of: Kith_V1_CallResponse?.self) { group in
            group.addTask { await performed(request, progress: progress) }
            group.addTask {
                try? await context.cancellation.cancelled
                return nil
            }
            var answer: Kith_V1_CallResponse?
            for await ended in group {
                // Either the work has ended, or it has to: one is left to wait for at most.
                group.cancelAll()
                answer = ended ?? answer
            }
            return answer ?? response(to: CancellationError(), in: request.command)
        }
    }

    private func performed(
        _ request: Kith_V1_CallRequest, progress: AsyncStream<Data>.Continuation
    ) async -> Kith_V1_CallResponse {
        do {
            guard request.version == version else {
                throw ControlFailure.versionsDiffer(daemon: version, caller: request.version)
            }
            guard let command = ControlCommands.byName[request.command] else {
                throw ControlFailure.unknownCommand(request.command)
            }
            guard
                let actor = try? ControlCoding.decode(Author.self, from: request.actorJson)
            else { throw ControlFailure.nobody }
            guard
                let scope = try? ControlCoding.decode(AccessScope.self, from: request.scopeJson)
            else { throw ControlFailure.nobody }
            let result = try await command.serve(
                on: site.acting(for: actor, through: .commandLine, within: scope),
                arguments: request.argumentsJson, progress: { progress.yield($0) })
            guard result.count <= ControlLimits.payloadBytes else {
                throw ControlFailure.answerTooLarge
            }
            return .with { $0.resultJson = result }
        } catch {
            return response(to: error, in: request.command)
        }
    }

    private func response(to error: any Error, in command: String) -> Kith_V1_CallResponse {
        switch error {
        case let error as SiteError:
            return .with { $0.failure = Kith_V1_CallFailure(error) }
        case is CancellationError:
            return .with { $0.failure = Kith_V1_CallFailure(ControlFailure.stopping) }
        default:
            // What it was stays here: a foreign error may carry content of records.
            logger.error(
                "a call failed for an unexpected reason",
                metadata: [
                    "call.command": "\(command)", "error.type": "\(type(of: error))",
                ])
            return .with { $0.failure = Kith_V1_CallFailure(ControlFailure.unexpected(command)) }
        }
    }
}

extension Kith_V1_CallFailure {
    /// A site's error as it travels.
    init(_ error: SiteError) {
        self.init()
        code = error.code.rawValue
        message = error.description
        exitStatus = UInt32(error.exitStatus)
    }

    /// The site's error that travelled.
    var siteError: SiteError {
        // Both programs are of one version, so an unknown code means a broken build.
        SiteError(SiteError.Code(rawValue: code) ?? .version, message)
    }
}
