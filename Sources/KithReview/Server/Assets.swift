import Crypto
import Foundation
import HTTPTypes

/// The style and the little script, under names that change when they do.
enum Assets {
    private static let style = PackageResources.kith_css
    private static let script = PackageResources.kith_js

    static let stylePath = "/assets/\(name(style)).css"
    static let scriptPath = "/assets/\(name(script)).js"

    static let iconPath = "/assets/\(name(icon)).svg"
    private static let icon = PackageResources.kith_svg

    private static func name(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).prefix(8).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// The file of a path.
    static func answer(_ path: String) -> Answer? {
        let (type, bytes): (String, [UInt8])
        switch path {
        case stylePath: (type, bytes) = ("text/css; charset=utf-8", style)
        case scriptPath: (type, bytes) = ("text/javascript; charset=utf-8", script)
        case iconPath: (type, bytes) = ("image/svg+xml", icon)
        default: return nil
        }
        return Answer(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "public, max-age=31536000, immutable",
            ], body: bytes)
    }
}
