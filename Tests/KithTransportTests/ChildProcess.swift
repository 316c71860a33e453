import Foundation
import Glibc
import Synchronization

/// A program that runs beside a test: its output comes as a stream that ends with the program.
///
/// Foundation's `Process` will not do: started from a task, its child inherits a signal mask that
/// blocks nearly everything, and its end is sometimes not noticed.
final class ChildProcess: Sendable {
    /// The chunks of standard output; ends when the program has ended.
    let output: AsyncStream<[UInt8]>

    private let identifier: pid_t
    private let input: Int32
    private let ended = Mutex(false)

    init(_ path: String, _ arguments: [String], errorsTo errors: String) throws {
        let (inputRead, inputWrite) = try Self.pipe()
        let (outputRead, outputWrite) = try Self.pipe()
        defer {
            close(inputRead)
            close(outputWrite)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputRead, 0)
        posix_spawn_file_actions_adddup2(&actions, outputWrite, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
        // Not the tests' listening sockets, which would then outlive their servers.
        for descriptor: Int32 in 3..<1024 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = ([path] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var child = pid_t()
        let failure = posix_spawn(&child, path, &actions, &attributes, words + [nil], environ)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
        identifier = child
        input = inputWrite
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        output = stream
        Thread.detachNewThread { [self] in
            read(from: outputRead, into: continuation)
        }
    }

    /// Whether the program has ended.
    var hasEnded: Bool { ended.withLock { $0 } }

    /// Writes to the program's standard input; what it has no interest in is lost.
    func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    }

    /// Ends the program, if it has not ended.
    func kill() {
        // Under the lock, so that the number is not another program's by then.
        ended.withLock { ended in
            if !ended { _ = Glibc.kill(identifier, SIGKILL) }
        }
    }

    private func read(from descriptor: Int32, into stream: AsyncStream<[UInt8]>.Continuation) {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            stream.yield(Array(buffer[..<count]))
        }
        close(descriptor)
        close(input)
        ended.withLock { ended in
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
            ended = true
        }
        stream.finish()
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        // So that no other child keeps them open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
