internal import Foundation
internal import KithSite

/// One method of `Site` as it travels over the control socket: its name, and how it is performed.
///
/// Client and server both go through the declarations in `ControlCommands`, so the types that one
/// encodes are the types that the other decodes.
struct ControlCommand<
    Arguments: Codable & Sendable, Progress: Codable & Sendable, Value: Codable & Sendable
>: Sendable {
    /// The name on the wire; the method's own.
    let name: String
    /// Calls the method.
    let perform:
        @Sendable (any Site, Arguments, @escaping @Sendable (Progress) -> Void) async throws ->
            Value

    init(
        _ name: String,
        perform:
            @escaping @Sendable (any Site, Arguments, @escaping @Sendable (Progress) -> Void)
            async throws -> Value
    ) {
        self.name = name
        self.perform = perform
    }
}

/// A command as the server sees it: bytes in, bytes out.
protocol ServedCommand: Sendable {
    /// The name on the wire.
    var name: String { get }
    /// Decodes the arguments, performs the command, and encodes what it reports and gives.
    func serve(
        on site: any Site, arguments: Data, progress: @escaping @Sendable (Data) -> Void
    ) async throws -> Data
}

extension ControlCommand: ServedCommand {
    func serve(
        on site: any Site, arguments: Data, progress: @escaping @Sendable (Data) -> Void
    ) async throws -> Data {
        let decoded = try ControlCoding.decode(Arguments.self, from: arguments)
        let value = try await perform(site, decoded) { step in
            // Progress is for show: one that cannot be encoded must not fail the work.
            if let encoded = try? ControlCoding.encode(step) { progress(encoded) }
        }
        return try ControlCoding.encode(value)
    }
}

/// The one configuration of JSON on the control socket.
///
/// The views code their own instants and identifiers as texts, so nothing is left to the
/// strategies of the coders.
enum ControlCoding {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        try JSONDecoder().decode(type, from: data)
    }
}

/// What a command without arguments takes, and what one without progress reports.
struct Nothing: Codable, Sendable {}
