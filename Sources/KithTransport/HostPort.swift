/// Where a site listens or is reached: a host name or address, and a TCP port.
///
/// **Shape:** `surgery.example:7440`, `192.0.2.7:7440` or `[2001:db8::7]:7440`; the port is 0 to
/// 65535, and 0 asks the system for a free one when listening.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// The host name or address, without brackets; at most 253 bytes.
    public let host: String
    /// The port.
    public let port: UInt16

    /// Takes a host, without brackets, and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`.
    ///
    /// Errors: `TransportError` with `invalidAddress`.
    public init(text: String) throws {
        guard let parsed = Self.parse(text) else {
            throw TransportError(
                .invalidAddress,
                """
                "\(printable(text, limit: 80))" is not an address. Write it as host:port, for \
                example surgery.example:7440 or [2001:db8::7]:7440.
                """)
        }
        self = parsed
    }

    private static func parse(_ text: String) -> HostPort? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        let allowed = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }
        guard !host.isEmpty, host.utf8.count <= 253, allowed else { return nil }
        return HostPort(host: String(host), port: port)
    }

    /// The text that `init(text:)` reads.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A text from outside, made fit for one line of an error: printable, and not longer than a limit.
func printable(_ text: String, limit: Int) -> String {
    let kept = text.unicodeScalars.prefix(limit).map { scalar -> Character in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            return "?"
        default:
            return Character(scalar)
        }
    }
    return String(kept)
}
