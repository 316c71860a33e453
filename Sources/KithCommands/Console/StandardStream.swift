import Foundation
import KithModel
import Synchronization

/// Standard output or standard error of this process.
///
/// A reader that goes away (`kith resident list | head -1`) is not an error: the rest is dropped
/// and the command ends as it would have. Any other failure to write is kept and told at the end.
final class StandardStream: Sendable {
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var problem: String?
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Why something could not be written, if something could not.
    var problem: String? { state.withLock(\.problem) }

    /// Writes all of a text.
    func write(_ text: String) {
        state.withLock { state in
            guard !state.isClosed else { return }
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress, $0.count)
                }
                if count >= 0 {
                    bytes = bytes.dropFirst(count)
                } else if errno == EAGAIN {
                    // Somebody made the terminal non-blocking: wait until it takes more.
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&ready, 1, -1)
                } else if errno != EINTR {
                    state.isClosed = true
                    if errno != EPIPE { state.problem = String(cString: strerror(errno)) }
                    return
                }
            }
        }
    }
}

extension Console {
    /// The console of this process. From here on a closed pipe is an error code, not a signal.
    public static func standard() -> Console {
        signal(SIGPIPE, SIG_IGN)
        let output = StandardStream(descriptor: STDOUT_FILENO)
        let errors = StandardStream(descriptor: STDERR_FILENO)
        return Console(
            output: { output.write($0) }, errors: { errors.write($0) },
            readLine: { Swift.readLine(strippingNewline: true) },
            readSecret: { readSecret { errors.write("\n") } }, readKey: { TerminalKey.read() },
            edit: { Editor.run(on: $0, environment: ProcessInfo.processInfo.environment) },
            isInputTerminal: isatty(STDIN_FILENO) == 1,
            isOutputTerminal: isatty(STDOUT_FILENO) == 1,
            isErrorTerminal: isatty(STDERR_FILENO) == 1,
            columns: terminalColumns(), environment: ProcessInfo.processInfo.environment,
            login: NSUserName(), zone: .current, now: { Instant(Date()) },
            outputProblem: { output.problem })
    }

    /// Reads a line with the terminal's echo off. Signals and line editing are done here, so that an
    /// interruption cannot leave the terminal silent; it ends the input.
    private static func readSecret(thenBreak: () -> Void) -> String? {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            return Swift.readLine(strippingNewline: true)
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
            thenBreak()
        }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) == 1 {
            switch byte {
            case 0x0A, 0x0D: return String(bytes: line, encoding: .utf8)
            case 0x03, 0x04, 0x1C: return nil
            case 0x15: line = []
            case 0x08, 0x7F:
                // A character is its last byte and the continuation bytes before it.
                while let last = line.popLast(), last & 0xC0 == 0x80 {}
            default: line.append(byte)
            }
        }
        return nil
    }

    private static func terminalColumns() -> Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return Int(size.ws_col)
    }
}
