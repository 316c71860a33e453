internal import Configuration
internal import Foundation
internal import KithSite
internal import SystemPackage

/// `kith.yaml` in the home: its values, and the keys that it has.
struct ConfigurationFile {
    /// The file's name in the home.
    static let name = "kith.yaml"

    /// The values.
    let values: any ConfigProvider
    /// The keys with dots, in the order of the file.
    let keys: [String]

    /// Reads the file of a home; nil when there is none, or nothing in it.
    static func read(home: String) async throws -> ConfigurationFile? {
        let path = home + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SiteError(.home, "\(path) cannot be read: it has to be UTF-8 and ours to read")
        }
        let keys = keys(in: text)
        // The YAML reader wants a map at the top, and a file of comments only has none.
        let isEmpty = text.split(separator: "\n").allSatisfy { line in
            let line = line.trimmingCharacters(in: .whitespaces)
            return line.isEmpty || line.hasPrefix("#") || line == "---"
        }
        if isEmpty { return nil }
        do {
            let values = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
            return ConfigurationFile(values: values, keys: keys)
        } catch {
            let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "unknown"
            throw SiteError(.invalid, "\(path) is not a YAML map: \(reason)")
        }
    }

    /// The keys of a map in block style, joined with dots.
    ///
    /// The configuration library answers for a key but does not list keys, so this reads the
    /// indentation. Maps in flow style (`{a: 1}`) are not looked into: they only go unwarned.
    static func keys(in text: String) -> [String] {
        var open: [(indent: Int, key: String)] = []
        var found: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let content = line.drop { $0 == " " }
            guard let first = content.first, first != "#", first != "-", first != "\"",
                let colon = content.firstIndex(of: ":")
            else { continue }
            let after = content[content.index(after: colon)...]
            guard after.isEmpty || after.first == " " else { continue }
            let indent = line.count - content.count
            while let last = open.last, last.indent >= indent { open.removeLast() }
            let key = String(content[..<colon])
            let path = (open.map(\.key) + [key]).joined(separator: ".")
            let value = after.drop { $0 == " " }
            if value.isEmpty || value.first == "#" {
                open.append((indent, key))
            } else {
                found.append(path)
            }
        }
        return found
    }
}
