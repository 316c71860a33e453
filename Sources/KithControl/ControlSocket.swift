internal import Foundation
internal import KithSite

/// The Unix socket in a site's home, as file descriptors.
///
/// A socket's address holds at most 107 bytes of path. A longer path is reached through an open
/// descriptor of the home (`/proc/self/fd/N/control.sock`), so homes may lie as deep as they like.
enum ControlSocket {
    /// The socket's name in the home.
    static let name = "control.sock"

    /// Tells one socket file from another of the same name.
    struct Identity: Equatable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    /// A bound, listening socket.
    struct Listening: Sendable {
        let descriptor: Int32
        let identity: Identity
    }

    /// Makes the socket with mode 0600, in place of one that a dead process left behind.
    ///
    /// The caller holds the lock of the home: whoever owned an existing socket is gone.
    static func listen(in home: String) throws(SiteError) -> Listening {
        let folder = try openFolder(home)
        defer { close(folder) }
        try removeStale(in: folder, home: home)
        let descriptor = try makeSocket(home)
        do throws(SiteError) {
            let problem = withAddress(folder: folder, home: home) { address, length in
                bind(descriptor, address, length)
            }
            if let problem { throw failure("make", home, problem) }
            // Nobody can connect before `listen`: there is no moment with a wider mode.
            guard fchmodat(folder, name, 0o600, 0) == 0,
                let identity = identity(in: folder),
                Foundation.listen(descriptor, ControlLimits.backlog) == 0
            else { throw failure("make", home, errno) }
            return Listening(descriptor: descriptor, identity: identity)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Takes the socket's name away, if it still names this socket.
    static func remove(_ identity: Identity, in home: String) {
        guard let folder = try? openFolder(home) else { return }
        defer { close(folder) }
        if self.identity(in: folder) == identity { unlinkat(folder, name, 0) }
    }

    /// Connects to the daemon of a home; nil when there is none.
    static func connect(in home: String) throws(SiteError) -> Int32? {
        let folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("reach", home, errno)
        }
        defer { close(folder) }
        let descriptor = try makeSocket(home)
        let problem = withAddress(folder: folder, home: home) { address, length in
            Foundation.connect(descriptor, address, length)
        }
        guard let problem else { return descriptor }
        close(descriptor)
        switch problem {
        case ENOENT, ECONNREFUSED, ENOTDIR: return nil
        default: throw failure("reach", home, problem)
        }
    }

    // MARK: Pieces

    private static func openFolder(_ home: String) throws(SiteError) -> Int32 {
        let folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("make", home, errno) }
        return folder
    }

    private static func makeSocket(_ home: String) throws(SiteError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw failure("make", home, errno) }
        return descriptor
    }

    private static func removeStale(in folder: Int32, home: String) throws(SiteError) {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return }
            throw failure("look at", home, errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SiteError(
                .home, "\(home)/\(name) is not a socket: move it away, then start kithd again")
        }
        guard unlinkat(folder, name, 0) == 0 else { throw failure("replace", home, errno) }
    }

    private static func identity(in folder: Int32) -> Identity? {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Calls a system call with the socket's address; gives the `errno` of a call that failed.
    private static func withAddress(
        folder: Int32, home: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        var path = Array("\(home)/\(name)".utf8)
        if path.count > capacity { path = Array("/proc/self/fd/\(folder)/\(name)".utf8) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                call(generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? nil : errno
            }
        }
    }

    private static func failure(_ verb: String, _ home: String, _ code: Int32) -> SiteError {
        let path = "\(home)/\(name)"
        switch code {
        case EACCES, EPERM:
            return SiteError(
                .home, "this account may not \(verb) \(path): use the account that owns the home")
        case EAGAIN:
            return SiteError(
                .network, "the daemon of \(home) is too busy to answer: try again in a moment")
        default:
            return SiteError(
                .home, "cannot \(verb) \(path): \(String(cString: strerror(code)))")
        }
    }
}
