import Foundation

/// One key of the terminal.
///
/// The terminal is as it was between two keys, so that whatever ends the program there leaves it in
/// order. An interruption is read as a key, for the same reason.
enum TerminalKey {
    /// The next key; nil at the end of input, for an interruption, and where there is no terminal.
    static func read() -> Character? {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
        var bytes: [UInt8] = []
        while let byte = next() {
            switch byte {
            case 0x03, 0x04, 0x1C: return nil
            case 0x1B:
                // An arrow key sends several bytes, of which none is meant as a key of its own.
                while isReady(milliseconds: 20), next() != nil {}
                return "\u{1B}"
            default:
                bytes.append(byte)
                if let text = String(validating: bytes, as: UTF8.self) { return text.first }
                if bytes.count >= 4 { bytes = [] }
            }
        }
        return nil
    }

    private static func next() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }

    private static func isReady(milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, milliseconds) == 1
    }
}

/// The editor of whoever sits at the terminal.
enum Editor {
    /// Lets it edit a file; gives its exit status, nil when it could not start.
    ///
    /// It is started in the foreground of the terminal, which `Process` does not do, and this program
    /// does not hear an interruption that is meant for it.
    static func run(on file: String, environment: [String: String]) -> Int32? {
        let named = [environment["VISUAL"], environment["EDITOR"]].compactMap(\.self)
            .first { !$0.isEmpty }
        let command = named.map { "\($0) \"$1\"" } ?? "sensible-editor \"$1\" || vi \"$1\""
        let words = ["/bin/sh", "-c", command, "sh", file]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let before = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, before) }
        var child: pid_t = 0
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var heard = sigset_t()
        sigemptyset(&heard)
        sigaddset(&heard, SIGINT)
        sigaddset(&heard, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &heard)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        guard posix_spawn(&child, "/bin/sh", nil, &attributes, &arguments, environ) == 0 else {
            return nil
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}
