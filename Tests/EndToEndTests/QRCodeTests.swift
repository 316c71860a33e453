import Foundation
import KithTrust
import Testing

/// The QR code of an invitation, read back by a program that knows nothing of Kith.
@Suite struct QRCodeTests {
    private let ink = "\u{1B}[30;107m"

    @Test func `a camera reads from the terminal what was printed beside it`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Elm", "--purpose", "Joint care plans")
        for addresses in [1, 2, 5] {
            let shown = try Program.inTerminal(
                ["--home", home.path, "partnership", "invite", "Elm"]
                    + (0..<addresses).flatMap { ["--address", "site-\($0).example.org:7443"] })
            #expect(shown.status == 0, "\(shown)")
            let rows: [String] = shown.output.split(whereSeparator: \.isNewline).filter {
                $0.contains(ink)
            }.map { String($0.replacing(/\u{1B}\[[0-9;]*m/, with: "")) }
            #expect(rows.allSatisfy { $0.count == rows[0].count && $0.count <= 80 })
            let read = try scan(rows, in: workspace)
            #expect(!read.contains("-"))
            let code = try InvitationCode(text: read)
            #expect(code.addresses.count == addresses)
            // The same code as the one that is to be typed.
            #expect(try InvitationCode(text: typed(shown.output)) == code)
        }
    }

    @Test func `in a pipe it is printed when asked for, and in black for paper`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Elm", "--purpose", "Joint care plans")
        let invite = ["partnership", "invite", "Elm", "--address", "elm.example.org:7443"]
        let plain = try Program.kith(["--home", home.path] + invite)
        #expect(plain.status == 0 && !plain.output.contains("█"))
        let asked = try Program.kith(["--home", home.path] + invite + ["--qr"])
        #expect(!asked.output.contains("\u{1B}"))
        let rows = asked.output.split(separator: "\n").map(String.init).filter {
            $0.contains { "█▀▄".contains($0) }
        }
        #expect(
            try InvitationCode(text: scan(rows, in: workspace))
                == InvitationCode(text: typed(asked.output)))
        let refused = try Program.inTerminal(["--home", home.path] + invite + ["--no-qr"])
        #expect(!refused.output.contains("█"))
    }

    @Test func `a code that is too long for 80 columns says so, and is typed`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Elm", "--purpose", "Joint care plans")
        let address = String(repeating: "long.", count: 40) + "example.org:7443"
        let shown = try Program.inTerminal(
            ["--home", home.path, "partnership", "invite", "Elm"]
                + (0..<4).flatMap { _ in ["--address", address] })
        #expect(shown.status == 0 && !shown.output.contains("█"), "\(shown)")
        #expect(shown.output.contains("too many addresses for a QR code"))
        #expect(try InvitationCode(text: typed(shown.output)).addresses.count == 4)
    }

    /// The code that is printed for typing: the indented lines of groups.
    private func typed(_ page: String) -> String {
        page.replacing(/\u{1B}\[[0-9;]*m/, with: "").split(whereSeparator: \.isNewline)
            .filter { $0.wholeMatch(of: /[ ]{4}[0-9A-Z\-]+/) != nil }.joined()
    }

    /// Takes a picture of rows of half blocks, black on white, and has `zbarimg` read it.
    private func scan(_ rows: [String], in workspace: Workspace) throws -> String {
        let scale = 4
        let width = rows.map(\.count).max() ?? 0
        var modules: [[Bool]] = []
        for row in rows {
            let characters = Array(row) + Array(repeating: " ", count: width - row.count)
            modules.append(characters.map { "█▀".contains($0) })
            modules.append(characters.map { "█▄".contains($0) })
        }
        // Rows without ink are not found in a pipe: the picture has a margin of its own.
        let margin = Array(repeating: false, count: width)
        modules = Array(repeating: margin, count: 4) + modules + Array(repeating: margin, count: 4)
        var picture = Data("P5 \(width * scale) \(modules.count * scale) 255\n".utf8)
        for line in modules {
            let pixels = line.flatMap { Array(repeating: $0 ? UInt8(0) : 255, count: scale) }
            for _ in 0..<scale { picture += pixels }
        }
        let file = workspace.path + "/\(UUID().uuidString).pgm"
        try picture.write(to: URL(fileURLWithPath: file))
        let read = try Program.run("/usr/bin/zbarimg", ["--quiet", "--raw", file])
        #expect(read.status == 0, "\(read.errors)")
        return read.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
