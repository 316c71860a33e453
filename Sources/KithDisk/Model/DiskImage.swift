import Foundation
import Glibc

/// What is on a disk below a folder: the content of every file, nil for folders, by path from there.
package struct DiskImage: Equatable, Sendable {
    package var entries: [String: [UInt8]?] = [:]

    package init() {}

    /// Reads what is in a folder.
    package init(ofFolder folder: String) throws {
        for case let path as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            let whole = folder + "/" + path
            var info = stat()
            guard lstat(whole, &info) == 0 else { continue }
            switch info.st_mode & S_IFMT {
            case S_IFDIR: entries[path] = .some(nil)
            case S_IFREG:
                entries[path] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole)))
            // A socket is nothing that a disk keeps.
            default: continue
            }
        }
    }

    /// The part that lies in one of the folders at the top, with paths from there; nil when that
    /// folder is not there.
    package func folder(_ name: String) -> DiskImage? {
        guard entries[name] != nil else { return nil }
        var part = DiskImage()
        for (path, content) in entries where path.hasPrefix(name + "/") {
            part.entries[String(path.dropFirst(name.count + 1))] = content
        }
        return part
    }

    /// The files with their sizes, in one line.
    package var summary: String {
        entries.sorted { $0.key < $1.key }
            .map { path, content in content.map { "\(path) \($0.count)" } ?? path + "/" }
            .joined(separator: ", ")
    }

    /// Puts this in the place of whatever a folder holds. The folder itself stays, and with it its
    /// inode, by which a home knows that it is where it was.
    package func replaceContents(ofFolder folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        for (path, content) in entries.sorted(by: { $0.key < $1.key }) {
            let whole = folder + "/" + path
            guard let content else {
                guard mkdir(whole, 0o700) == 0 else { throw TraceProblem("no folder at \(whole)") }
                continue
            }
            let descriptor = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: content)
        }
    }
}
