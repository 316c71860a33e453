import Testing

@testable import KithCommands

/// Rows and columns that fit, whatever is in them.
@Suite struct TableTests {
    @Test func `what fits is left alone and aligned`() {
        var table = Table([.init("Name"), .init("Count", number: true)])
        table.add(["Elm", "7"])
        table.add(["山田", "12"])
        let lines = table.lines(width: 80).map { $0.rendered(coloured: false) }
        #expect(lines == ["Name  Count", "Elm       7", "山田     12"])
    }

    @Test func `the widest column gives way first, ids last`() {
        var table = Table([.init("ID", fixed: true), .init("Name"), .init("Note")])
        table.add(["ABCDEFGH", String(repeating: "n", count: 50), "short"])
        let lines = table.lines(width: 30).map { $0.rendered(coloured: false) }
        #expect(lines[1] == "ABCDEFGH  " + String(repeating: "n", count: 12) + "…  short")
    }

    @Test func `what may not be cut goes on in the next line`() {
        var table = Table([.init("ID", fixed: true), .init("What", wrapped: true), .init("Who")])
        table.add(["ABCDEFGH", "Send the chart to the practice", "Carol Pope"])
        table.add(["JKMNPQRS", "Ring", "Ben"])
        let lines = table.lines(width: 40).map { $0.rendered(coloured: false) }
        #expect(lines.count == 4)
        #expect(lines[1] == "ABCDEFGH  Send the chart to   Carol Pope")
        #expect(lines[2].trimmingSpaces == "the practice")
        #expect(lines[3].hasPrefix("JKMNPQRS  Ring"))
    }

    @Test func `every width from 20 to 100 is kept`() {
        var table = Table((0..<5).map { .init("Column \($0)", number: $0 == 2, fixed: $0 == 0) })
        table.add(["12345678", "a long text that goes on", "123456", "日本語のテキスト", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦"])
        table.add(["x"])
        for width in 20...100 {
            for line in table.lines(width: width) { #expect(line.width <= width) }
        }
        var wrapped = Table((0..<5).map { .init("Column \($0)", wrapped: $0 % 2 == 1) })
        wrapped.add(["12345678", "a long text that goes on", "123456", "日本語のテキスト", "x"])
        for width in 20...100 {
            for line in wrapped.lines(width: width) { #expect(line.width <= width) }
        }
    }
}

/// Lines broken between words.
@Suite struct WrappingTests {
    @Test func `breaks between words and keeps line breaks`() {
        #expect(
            Wrapping.lines("one two three\n\nfour", width: 8) == ["one two", "three", "", "four"])
        #expect(Wrapping.lines("", width: 8) == [""])
    }

    @Test func `breaks what is too long, wide letters whole`() {
        #expect(Wrapping.lines("abcdefghij k", width: 8) == ["abcdefgh", "ij k"])
        #expect(Wrapping.lines("日本語日本語", width: 9) == ["日本語日", "本語"])
    }

    @Test func `nothing is lost`() {
        let text = "Give 5 mg of amlodipine in the morning, and measure the pressure at night."
        for width in 8...90 {
            let lines = Wrapping.lines(text, width: width)
            #expect(lines.allSatisfy { DisplayWidth.of($0) <= width })
            #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
        }
    }

    @Test func `widths are those of terminals`() {
        #expect(DisplayWidth.of("e\u{301}") == 1)
        #expect(DisplayWidth.of("日本") == 4)
        #expect(DisplayWidth.of("🙂") == 2)
        #expect(DisplayWidth.of("❤\u{FE0F}") == 2)
        #expect(DisplayWidth.cut("日本語", to: 4) == "日…")
        #expect(DisplayWidth.cut("abc", to: 3) == "abc")
    }

    @Test func `sizes and ages are short`() {
        #expect(Amount.bytes(999) == "999 B")
        #expect(Amount.bytes(1_452_000) == "1.4 MB" || Amount.bytes(1_452_000) == "1.5 MB")
        #expect(Amount.bytes(48_000_000) == "48.0 MB")
        #expect(Amount.duration(milliseconds: 200_000) == "3 min 20 s")
    }
}
