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
}
