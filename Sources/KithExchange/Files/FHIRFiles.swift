import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Finds the files that arguments of a command mean, and reads them without being led astray.
///
/// An argument is a file, a folder (every `.json` in it, or what else is read, at any depth, by name), or `-` for
/// standard input. Only regular files are read: a pipe or a device would hang or never end. What
/// cannot be read is a problem of its own, and the rest goes on.
public struct FHIRFiles: Sendable {
    /// The most bytes a file may have, unless told otherwise: 64 MiB.
    public static let sizeLimit = JSONScanner.sizeLimit

    /// How deep folders may stand in each other.
    static let depthLimit = 32

    /// One file to read.
    public enum Found: Sendable {
        /// A file at a path.
        case file(String)
        /// Standard input.
        case standardInput
        /// An argument, or a file in a folder, that is refused.
        case refused(ImportProblem)
    }

    /// How many files one import may have.
    static let countLimit = 10_000

    private let limit: Int
    private let standardInput: Int32
    /// How the names of files end that are taken out of a folder.
    private let extensions: [String]

    /// Reads files up to a size in bytes, and standard input from a file descriptor.
    public init(
        limit: Int = Self.sizeLimit, standardInput: Int32 = 0, extensions: [String] = ["json"]
    ) {
        self.limit = limit
        self.extensions = extensions
        self.standardInput = standardInput
    }

    /// What to read, in the order of the arguments.
    public func find(_ arguments: [String]) -> [Found] {
        var found: [Found] = []
        var isStandardInputTaken = false
        for argument in arguments {
            if argument == "-" {
                found.append(
                    isStandardInputTaken
                        ? refused("-", "standard input can be read only once") : .standardInput)
                isStandardInputTaken = true
            } else {
                found += find(argument, inside: [], isNamed: true)
            }
        }
        guard found.count <= Self.countLimit else {
            return [
                refused(
                    arguments.first ?? "",
                    "leads to more than \(Self.countLimit) files; import them in parts")
            ]
        }
        return found
    }

    /// The name of a file and its bytes, or why it cannot be read.
    public func contents(
        of found: Found
    ) throws(ImportProblem) -> (file: String, bytes: [UInt8]) {
        switch found {
        case .refused(let problem): throw problem
        case .standardInput:
            let handle = FileHandle(fileDescriptor: standardInput, closeOnDealloc: false)
            return ("standard input", try bytes(from: handle, named: "standard input"))
        case .file(let path):
            // Not blocking, because a pipe may have taken the file's place since it was found.
            let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw ImportProblem(file: path, message: reason(errno)) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                throw ImportProblem(file: path, message: reason(errno))
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw ImportProblem(file: path, message: notRegular(status.st_mode))
            }
            guard status.st_size <= limit else { throw tooLong(path) }
            return (path, try bytes(from: handle, named: path))
        }
    }

    private struct Folder: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private func find(_ path: String, inside folders: [Folder], isNamed: Bool) -> [Found] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [refused(path, reason(errno))] }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return [.file(path)]
        case S_IFDIR: break
        default: return [refused(path, notRegular(status.st_mode))]
        }
        let folder = Folder(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard !folders.contains(folder) else {
            return [refused(path, "is a link back to a folder that holds it; remove the link")]
        }
        guard folders.count < Self.depthLimit else {
            return [refused(path, "is more than \(Self.depthLimit) folders deep")]
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            return [refused(path, "cannot be listed; check its permissions")]
        }
        let inner = folders + [folder]
        let found = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap {
            candidate($0, in: path, inside: inner)
        }
        if isNamed, found.isEmpty {
            let names = extensions.map { ".\($0)" }.joined(separator: " or ")
            return [refused(path, "holds no \(names) file")]
        }
        return found
    }

    private func candidate(_ name: String, in path: String, inside folders: [Folder]) -> [Found] {
        guard !name.hasPrefix(".") else { return [] }
        let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
        if extensions.contains(where: { name.lowercased().hasSuffix(".\($0)") }) {
            return find(inner, inside: folders, isNamed: false)
        }
        var status = stat()
        guard stat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
        return find(inner, inside: folders, isNamed: false)
    }

    private func bytes(
        from handle: FileHandle, named file: String
    ) throws(ImportProblem) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
                bytes += chunk
                if bytes.count > limit { break }
            }
        } catch {
            throw ImportProblem(file: file, message: "cannot be read to its end")
        }
        guard bytes.count <= limit else { throw tooLong(file) }
        return bytes
    }

    private func refused(_ file: String, _ message: String) -> Found {
        .refused(ImportProblem(file: file, message: message))
    }

    private func tooLong(_ file: String) -> ImportProblem {
        ImportProblem(
            file: file,
            message: "is longer than \(limit) bytes; split the bundle into several files")
    }

    private func notRegular(_ mode: mode_t) -> String {
        let kind =
            switch mode & S_IFMT {
            case S_IFDIR: "a folder"
            case S_IFIFO: "a pipe"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        return "is \(kind), not a regular file; to read from a pipe, name -"
    }

    private func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "does not exist; check the name"
        case EACCES, EPERM: "may not be read by this user; check its permissions"
        case ELOOP: "is a link that leads to itself; remove the link"
        case ENAMETOOLONG: "has a name that is too long"
        default: "cannot be read: \(String(cString: strerror(code)))"
        }
    }
}

extension FHIRReader {
    /// Finds and reads files one after the other; what is refused is a reading with a problem.
    public func read(_ found: FHIRFiles.Found, from files: FHIRFiles) -> ImportReading {
        do {
            let (file, bytes) = try files.contents(of: found)
            return read(file, bytes)
        } catch {
            return ImportReading(error)
        }
    }
}

extension ContactExchange {
    /// Finds and reads files one after the other; what is refused is a reading with a problem.
    public func read(_ found: FHIRFiles.Found, from files: FHIRFiles) -> ImportReading {
        do {
            let (file, bytes) = try files.contents(of: found)
            return read(file, bytes)
        } catch {
            return ImportReading(error)
        }
    }
}
