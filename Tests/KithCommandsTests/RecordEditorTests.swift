import Foundation
import KithModel
import KithSite
import Testing

/// Changing a record in an editor.
@Suite struct RecordEditorTests {
    private func play(_ edit: @escaping @Sendable (String) -> Int32) -> Play {
        var play = Play()
        play.isTerminal = true
        play.editor = edit
        return play
    }

    private static func replace(_ old: String, by new: String, in file: String) -> Int32 {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8), text.contains(old)
        else { return 7 }
        try? text.replacingOccurrences(of: old, with: new)
            .write(toFile: file, atomically: false, encoding: .utf8)
        return 0
    }

    @Test func `what was changed in the editor is saved, and nothing else`() async {
        let play = play { Self.replace("outcome:", by: "outcome: Walked", in: $0) }
        let result = await play("goal", "edit", Samples.goal.short)
        #expect(result.status == 0, "\(result)")
        let saved = play.site.told.saved
        #expect(saved.count == 1)
        #expect(saved.first?.edit.values.map(\.field) == ["outcome"])
        #expect(saved.first?.edit.values.map(\.text) == ["Walked"])
        #expect(saved.first?.edit.seen == Samples.goal.version)
    }

    @Test func `closing the editor without a change changes nothing`() async {
        let play = play { _ in 0 }
        let result = await play("goal", "edit", Samples.goal.short)
        #expect(result.status == 0 && result.err.contains("Nothing was changed"))
        #expect(play.site.told.saved.isEmpty)
    }

    @Test func `what could not be saved is left in a file that is named`() async throws {
        let edits: [@Sendable (String) -> Int32] = [
            { file in
                _ = Self.replace("outcome:", by: "outcome: Walked\nno field", in: file)
                return 0
            }, { _ in 3 },
        ]
        for edit in edits {
            let play = play(edit)
            let result = await play("goal", "edit", Samples.goal.short)
            #expect(result.status == 2 && result.isOneLine, "\(result)")
            let words = try #require(result.err.range(of: "what you typed is in "))
            let file = result.err[words.upperBound...].trimmingCharacters(
                in: .whitespacesAndNewlines)
            #expect(FileManager.default.fileExists(atPath: file))
            try FileManager.default.removeItem(atPath: file)
            #expect(play.site.told.saved.isEmpty)
        }
    }

    @Test func `people who edit one record at one moment have a file each, and lose none`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "kith-editors-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = await withTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                group.addTask {
                    var play = play { file in
                        _ = Self.replace("outcome:", by: "outcome: by \(number).", in: file)
                        return 3
                    }
                    play.environment["TMPDIR"] = folder.path
                    let error = await play("goal", "edit", Samples.goal.short).err
                    let file = error.split(separator: "what you typed is in ").last ?? ""
                    return file.trimmingCharacters(in: .whitespacesAndNewlines)
                }
            }
            return await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(Set(files).count == 40, "each has a file of its own")
        let texts = files.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
        let found = (0..<40).filter { number in
            texts.contains { $0.contains("outcome: by \(number).") }
        }
        #expect(found == Array(0..<40), "and what each typed is in it")
    }
}
