import ArgumentParser
import Foundation

/// The passphrase of a recovery kit: asked for on a terminal, or read from a file. Never an argument
/// or a variable, which other users of the machine can see.
struct PassphraseOption: ParsableArguments {
    /// Bytes of a passphrase file that are looked at.
    private static let limit = 4096

    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp(
            "Read the passphrase from the first line of a file ('-': standard input) instead of "
                + "asking.", valueName: "file"))
    var file: String?

    /// A new passphrase: on a terminal it is typed twice.
    func chosen(in context: CommandContext) throws -> String {
        if let file { return try line(of: file, in: context) }
        let first = try ask("A passphrase of at least twelve characters:", in: context)
        guard try ask("The same once more:", in: context) == first else {
            throw UsageProblem("the two passphrases differ; nothing was written")
        }
        return first
    }

    /// The passphrase of a kit that exists.
    func known(in context: CommandContext) throws -> String {
        if let file { return try line(of: file, in: context) }
        return try ask("The passphrase of the recovery kit:", in: context)
    }

    private func ask(_ question: String, in context: CommandContext) throws -> String {
        guard context.console.isInteractive else {
            throw UsageProblem(
                "a passphrase is needed and there is no terminal to ask on; give "
                    + "--passphrase-file FILE")
        }
        context.console.errors(question + " ")
        guard let answer = context.console.readSecret(), !answer.isEmpty else {
            throw UsageProblem("no passphrase was given; nothing was done")
        }
        return answer
    }

    private func line(of file: String, in context: CommandContext) throws -> String {
        let text =
            file == "-"
            ? context.console.readLine() : try InputFile.text(of: file, atMost: Self.limit)
        guard let line = text?.split(whereSeparator: \.isNewline).first, !line.isEmpty else {
            throw UsageProblem("the passphrase is empty; its file holds it in the first line")
        }
        return String(line)
    }
}

/// Small files that people name.
enum InputFile {
    /// The text of a regular file; what is longer than the limit is none of ours.
    static func text(of path: String, atMost limit: Int) throws -> String {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        // A pipe or a device could be without end.
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: limit + 1)
        else { throw UsageProblem("'\(path)' is not a file that this user can read") }
        guard data.count <= limit, let text = String(data: data, encoding: .utf8) else {
            throw UsageProblem("'\(path)' is not such a file: it is too long, or not text")
        }
        return text
    }
}

/// Files that must not exist yet, for this user alone.
enum NewFile {
    static func write(_ text: String, to path: String) throws {
        try write(Data(text.utf8), to: path)
    }

    static func write(_ bytes: Data, to path: String) throws {
        guard try writeUnlessThere(bytes, to: path) else {
            throw UsageProblem("there is a file \(path) already; choose another name")
        }
    }

    /// Writes a file; false where there is something of that name, which is left alone. What could be
    /// written only in part is removed again.
    static func writeUnlessThere(_ bytes: Data, to path: String) throws -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw UsageProblem("\(path) cannot be written; choose another folder")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: bytes)
            try handle.synchronize()
        } catch {
            unlink(path)
            throw UsageProblem("\(path) cannot be written; check that the disk is not full")
        }
        return true
    }
}
