import Foundation
import Testing

@testable import KithCommands

/// Output that cannot be written: quiet where the reader has gone, told where it is lost.
@Suite struct StandardStreamTests {
    @Test func `a reader that has gone is no error`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let stream = StandardStream(descriptor: ends[1])
        stream.write("a line\n")
        stream.write(String(repeating: "x", count: 1_000_000))
        #expect(stream.problem == nil)
        close(ends[1])
    }

    @Test func `a full disk is told`() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        let stream = StandardStream(descriptor: full)
        stream.write("a line\n")
        #expect(stream.problem?.contains("space") == true)
        close(full)
    }

    @Test func `a reader that is slow gets all of it`() throws {
        let pipe = Pipe()
        let text = String(repeating: "0123456789", count: 30_000)
        let stream = StandardStream(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let writer = Thread {
            stream.write(text)
            try? pipe.fileHandleForWriting.close()
        }
        writer.start()
        let read = try pipe.fileHandleForReading.readToEnd()
        #expect(read == Data(text.utf8))
    }
}
