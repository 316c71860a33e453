import Foundation
import Testing

@testable import KithExchange

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct FHIRFilesTests {
    /// A folder that is removed again after the test.
    final class Folder {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "kith-files-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String = "{}") throws {
            let url = URL(filePath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }

        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(
                atPath: "\(path)/\(name)", withDestinationPath: target)
        }

        /// What is found in arguments below the folder, in words without the folder's path.
        func found(_ arguments: [String], _ files: FHIRFiles = FHIRFiles()) -> [String] {
            files.find(arguments.map { $0 == "-" ? $0 : "\(path)/\($0)" }).map { found in
                do {
                    let (file, bytes) = try files.contents(of: found)
                    return "\(file) \(bytes.count)".replacing(path + "/", with: "")
                } catch {
                    return "\(error)".replacing(path + "/", with: "")
                }
            }
        }
    }

    @Test func `a folder is its JSON files at any depth by name`() throws {
        let folder = try Folder()
        for name in ["in/b.json", "in/a.JSON", "in/c/z.json", "in/.h.json", "in/n.txt", "in/d/x"] {
            try folder.write(name)
        }
        #expect(folder.found(["in"]) == ["in/a.JSON 2", "in/b.json 2", "in/c/z.json 2"])
        #expect(folder.found(["in/n.txt", "in/b.json"]) == ["in/n.txt 2", "in/b.json 2"])
    }

    @Test func `what cannot be read is one problem and the rest goes on`() throws {
        let folder = try Folder()
        try folder.write("good.json")
        try folder.write("empty/readme.txt")
        try folder.link("self.json", to: "self.json")
        try folder.link("null.json", to: "/dev/zero")
        #expect(mkfifo("\(folder.path)/pipe.json", 0o600) == 0)
        #expect(
            folder.found(["missing.json", "good.json/x", "empty", "good.json"]) == [
                "missing.json: does not exist; check the name",
                "good.json/x: does not exist; check the name",
                "empty: holds no .json file", "good.json 2",
            ])
        #expect(
            folder.found([""]) == [
                "good.json 2",
                "null.json: is a device, not a regular file; to read from a pipe, name -",
                "pipe.json: is a pipe, not a regular file; to read from a pipe, name -",
                "self.json: is a link that leads to itself; remove the link",
            ])
    }

    @Test func `a pipe that takes a file's place does not hang the reader`() throws {
        let folder = try Folder()
        try folder.write("a.json")
        let files = FHIRFiles()
        let found = try #require(files.find(["\(folder.path)/a.json"]).first)
        try FileManager.default.removeItem(atPath: "\(folder.path)/a.json")
        #expect(mkfifo("\(folder.path)/a.json", 0o600) == 0)
        let problem = #expect(throws: ImportProblem.self) { try files.contents(of: found) }
        #expect(problem?.message.hasPrefix("is a pipe") == true)
        withExtendedLifetime(folder) {}
    }

    @Test func `a link back up is refused`() throws {
        let folder = try Folder()
        try folder.write("in/a.json")
        try folder.link("in/up", to: "..")
        try folder.link("in/z.json", to: "a.json")
        #expect(
            folder.found(["in"]) == [
                "in/a.json 2",
                "in/up/in: is a link back to a folder that holds it; remove the link",
                "in/z.json 2",
            ])
    }

    @Test func `an unreadable file is refused`() throws {
        let folder = try Folder()
        try folder.write("a.json")
        #expect(chmod("\(folder.path)/a.json", 0) == 0)
        guard geteuid() != 0 else { return }
        #expect(
            folder.found(["a.json"]) == [
                "a.json: may not be read by this user; check its permissions"
            ])
    }

    @Test func `a file over the limit is refused`() throws {
        let folder = try Folder()
        try folder.write("a.json", "[  ]")
        #expect(folder.found(["a.json"], FHIRFiles(limit: 4)) == ["a.json 4"])
        #expect(
            folder.found(["a.json"], FHIRFiles(limit: 3)) == [
                "a.json: is longer than 3 bytes; split the bundle into several files"
            ])
    }

    @Test func `a folder of more files than an import may have is refused`() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/in", withIntermediateDirectories: true)
        try folder.write("a.json")
        for number in 0...FHIRFiles.countLimit {
            #expect(link("\(folder.path)/a.json", "\(folder.path)/in/\(number).json") == 0)
        }
        #expect(
            folder.found(["in"]) == [
                "in: leads to more than 10000 files; import them in parts"
            ])
    }

    @Test func `a folder of contacts is its cards and tables`() throws {
        let folder = try Folder()
        for name in ["in/a.VCF", "in/b.csv", "in/c.json"] { try folder.write(name) }
        let files = FHIRFiles(extensions: ["vcf", "csv"])
        #expect(folder.found(["in"], files) == ["in/a.VCF 2", "in/b.csv 2"])
        try folder.write("none/c.json")
        #expect(folder.found(["none"], files) == ["none: holds no .vcf or .csv file"])
    }

    @Test func `standard input is read once and to the limit`() throws {
        let pipe = Pipe()
        pipe.fileHandleForWriting.write(Data("[1,2]".utf8))
        try pipe.fileHandleForWriting.close()
        let files = FHIRFiles(standardInput: pipe.fileHandleForReading.fileDescriptor)
        #expect(
            try Folder().found(["-", "-"], files) == [
                "standard input 5", "-: standard input can be read only once",
            ])
        let zero = try #require(FileHandle(forReadingAtPath: "/dev/zero"))
        let endless = FHIRFiles(limit: 1000, standardInput: zero.fileDescriptor)
        #expect(try Folder().found(["-"], endless).first?.contains("longer than 1000") == true)
    }

    @Test func `a refused file is a reading with its problem`() throws {
        let files = FHIRFiles()
        let found = try #require(files.find(["/no/such.json"]).first)
        let reading = FHIRReader().read(found, from: files)
        #expect(reading.file == "/no/such.json")
        #expect(reading.problem?.line == nil)
        #expect(reading.records.isEmpty)
    }
}
