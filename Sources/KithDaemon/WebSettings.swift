internal import Foundation
internal import KithSite

/// How the daemon serves the web page.
public struct WebSettings: Sendable, Hashable {
    /// Where browsers connect.
    public var listen: ListenAddress
    /// Host names and addresses that browsers may ask for, in lower case.
    public var names: [String]
    /// PEM file of a certificate chain; nil: the site issues one.
    public var certificate: String?
    /// PEM file of its key.
    public var key: String?
    /// Whether only browsers with a certificate of an account get as far as the sign-in.
    public var needsBrowserCertificate: Bool

    /// Reads the settings; nil where the page is off.
    init?(_ reader: ConfigurationReader) throws {
        let place = try reader.value(
            "web.listen", default: "127.0.0.1:8443",
            wanted: "is HOST:PORT or off, for example 0.0.0.0:8443"
        ) { text -> Place? in text == "off" ? .off : ListenAddress(text).map(Place.at) }
        guard case .at(let listen) = place else { return nil }
        self.listen = listen
        names = try reader.value(
            "web.names", default: Self.usualNames(listen).joined(separator: ","),
            wanted: "is host names with commas, for example kith.elm.example"
        ) { Self.names($0) }
        certificate = try reader.value("web.certificate", default: "", wanted: "is a file") { $0 }
        key = try reader.value("web.key", default: "", wanted: "is a file") { $0 }
        if certificate?.isEmpty == true { certificate = nil }
        if key?.isEmpty == true { key = nil }
        guard (certificate == nil) == (key == nil) else {
            throw SiteError(
                .invalid, "web.certificate and web.key go together: give both files, or none")
        }
        needsBrowserCertificate = try reader.value(
            "web.browsers", default: "any", wanted: "is any or certificate"
        ) { ["any": false, "certificate": true][$0] }
    }

    private enum Place {
        case off
        case at(ListenAddress)
    }

    /// This machine under its usual names, and the address that is listened on.
    private static func usualNames(_ listen: ListenAddress) -> [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        for name in [ProcessInfo.processInfo.hostName, listen.host]
        where !["0.0.0.0", "::"].contains(name) && Self.names(name) != nil {
            if !names.contains(name.lowercased()) { names.append(name.lowercased()) }
        }
        return names
    }

    private static func names(_ text: String) -> [String]? {
        let names = text.split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        let plain = Set("abcdefghijklmnopqrstuvwxyz0123456789-.:".utf8)
        guard !names.isEmpty,
            names.allSatisfy({ $0.utf8.allSatisfy(plain.contains) && !$0.isEmpty })
        else { return nil }
        return names
    }
}
