internal import Foundation

/// The service manager that started the daemon, told over the socket that it named.
///
/// Source: sd_notify(3); one datagram a message. Does nothing when no socket is named.
struct ServiceManager: Sendable {
    private let path: String?
    /// How often the manager has to be told that the daemon is alive, lest it is started anew; nil when
    /// nobody watches over it.
    let watchdog: Duration?

    /// Reads the socket's name from `NOTIFY_SOCKET`, and from `WATCHDOG_USEC` how long the daemon may be
    /// silent; `WATCHDOG_PID`, where it is set, says which process is meant.
    init(
        environment: [String: String], process: Int32 = ProcessInfo.processInfo.processIdentifier
    ) {
        path = environment["NOTIFY_SOCKET"]
        let isOurs = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        watchdog = environment["WATCHDOG_USEC"].flatMap { text in
            guard isOurs, let microseconds = Int64(text), microseconds > 0 else { return nil }
            return .microseconds(microseconds)
        }
    }

    /// The daemon serves.
    func ready() { send("READY=1") }

    /// The daemon does what it is there for.
    func alive() { send("WATCHDOG=1") }

    /// The daemon has begun to stop.
    func stopping() { send("STOPPING=1") }

    private func send(_ message: String) {
        guard let path, path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // An abstract socket's name begins with a zero byte, written as "@".
        if path.hasPrefix("@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + name.count } ?? 0
        let bytes = Array(message.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                // Nobody to tell is no reason not to run.
                sendto(descriptor, bytes, bytes.count, 0, generic, socklen_t(length))
            }
        }
    }
}
