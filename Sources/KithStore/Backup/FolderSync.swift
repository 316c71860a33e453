import Foundation
import Glibc

/// Brings the names in folders to disk: a file that was synced can still be gone after a loss of power
/// while its name was not (`fsync(2)`).
package enum FolderSync {
    /// Brings what was made, renamed and removed in a folder to disk.
    package static func synchronise(_ path: String) throws {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Brings the name of a file to disk, in the folder that it lies in.
    package static func synchroniseName(of path: String) throws {
        try synchronise(parent(of: path))
    }

    /// Makes a folder, and those above it that are missing, for its owner alone; on disk when this
    /// returns.
    package static func make(_ path: String) throws {
        var missing: [String] = []
        var next = path
        while !FileManager.default.fileExists(atPath: next) {
            missing.append(next)
            next = parent(of: next)
        }
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for folder in missing { try synchroniseName(of: folder) }
    }

    private static func parent(of path: String) -> String {
        let parent = (path as NSString).deletingLastPathComponent
        return parent.isEmpty ? "." : parent
    }
}
