import Foundation
import KithModel
import KithSite
import Mustache
import Testing

@testable import KithReview

@Suite struct RenderingTests {
    @Test func `every template of the folder is built in, and only pictures are not escaped`()
        throws
    {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        folder.appendPathComponent("Sources/KithReview/Templates")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(
            Set(files) == Set(Templates.sources.map { "\($0.name).mustache" }), "register each")
        for (name, bytes) in Templates.sources {
            let text = String(decoding: bytes, as: UTF8.self)
            let raw = text.components(separatedBy: "{{{").dropFirst().map {
                $0.components(separatedBy: "}}}")[0]
            }
            #expect(Set(raw).isSubset(of: ["timeline", "hospital", "map"]), "\(name)")
            #expect(!text.contains("{{&"), "\(name)")
            for forbidden in ["style=", "onclick", "onload", "<script>", "<style", "http://"] {
                #expect(!text.contains(forbidden), "\(name): \(forbidden)")
            }
        }
    }

    @Test(arguments: [
        ("a b c", "a b c"), ("", "new words"), ("old words", ""), ("5 mg daily", "10 mg daily"),
        ("one two three four", "one three four five"), ("  spaces   stay ", "  spaces stay "),
        ("line one\nline two", "line one\nline 2"), ("x", "y"),
    ])
    func `the runs of a comparison put together are both texts`(old: String, new: String) {
        let runs = WordDiff(from: old, to: new).runs
        #expect(
            runs.filter { $0.change != .added }.map(\.text).joined().filter { !$0.isWhitespace }
                == old.filter { !$0.isWhitespace })
        #expect(runs.filter { $0.change != .removed }.map(\.text).joined() == new)
        if old == new { #expect(runs.allSatisfy { $0.change == .same }) }
    }

    @Test func `a comparison names the words that changed and no others`() {
        let runs = WordDiff(from: "give 5 mg at night", to: "give 10 mg at night").runs
        #expect(runs.map(\.text) == ["give ", "5 ", "10 ", "mg at night"])
        #expect(runs.map(\.change) == [.same, .removed, .added, .same])
        // Words without end take no time without end.
        let long = String(repeating: "word ", count: 5000)
        #expect(WordDiff(from: long, to: long + "more").runs.count == 2)
    }

    @Test func `what means something in a page is escaped byte by byte, and the rest is as it was`()
    {
        #expect(
            PageText.escaped("Nell O'Brien & <b>\"x\"")
                == "Nell O&#39;Brien &amp; &lt;b&gt;&quot;x&quot;")
        for text in ["", "Zoë", "👩‍⚕️ e\u{301}", "\u{202E}"] {
            #expect(PageText.escaped(text) == text)
        }
        for mark in ["<", ">", "&", "\"", "'"] {
            for accent in ["\u{301}", "\u{338}", "\u{20E3}", "\u{FE0F}", "\u{200D}"] {
                let escaped = PageText.escaped("a\(mark)\(accent)b")
                let isRaw = escaped.utf8.contains(mark.utf8.first ?? 0) && mark != "&"
                #expect(!isRaw && escaped.hasPrefix("a&"), "\(mark)")
                #expect(
                    Array(escaped.utf8.suffix(accent.utf8.count + 1)) == Array("\(accent)b".utf8))
            }
        }
    }

    @Test func `a page is the same text as its templates make of its values one by one`() throws {
        var plain = MustacheLibrary()
        for (name, bytes) in Templates.sources {
            try plain.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        let value: Node = [
            "words": "5 <mg>", "hasParts": false, "parts": [Node](), "isAbsent": false,
            "isAuthorRemoved": true, "said": [["words": "Mary & \"co\""]] as [Node],
        ]
        let field: Node = [
            "label": "Dose", "plain": false, "isOpen": true, "count": 2, "values": [value, value],
            "also": [Node](),
            "hasAlso": false, "absence": false, "conflict": "/conflicts/x", "undo": false,
        ]
        let node: Node = [
            "isNoLongerUpdated": false, "isUnknown": true, "hasFields": true,
            "fields": [field, ["label": "When", "plain": "at <night>"]] as [Node],
            "said": "Mary", "edit": "/e", "comment": false, "proposal": false, "history": "/h",
            "kind": "Allergy", "title": "Latex", "heading": "h3",
        ]
        let expected = try #require(plain.render(node, withTemplate: "record_card"))
        #expect(Templates.render("record_card", node) == expected)
        #expect(expected.contains("5 &lt;mg&gt;") && expected.contains("2 values"))
        #expect(expected.contains("<p class=\"text\">at &lt;night&gt;</p>"))
    }

    @Test func `pictures hold what people wrote as text`() {
        let map = Pictures.map(
            "Elm <b>", [("\"><script>alert(1)</script>", "late"), ("Riverside & Co", "never")])
        #expect(!map.contains("<script>") && !map.contains("<b>"))
        #expect(map.contains("&amp; Co") && map.contains("role=\"img\""))
        #expect(!map.contains("style="))
    }

    @Test(arguments: [
        ("localhost", "localhost"), ("LOCALHOST:8443", "localhost"), ("[::1]:8443", "::1"),
        ("[::1]", "::1"), ("192.0.2.1:1", "192.0.2.1"), ("", nil), ("a b", nil), ("a/b", nil),
        ("user@host", nil), ("host:", nil), ("host:x", nil), ("[::1", nil), ("a:1:2", nil),
    ])
    func `a host header is a name with a port, or nothing`(header: String, host: String?) {
        #expect(HostNames.host(in: header) == host)
    }

    @Test func `a form is read as it was encoded, and never more than it may have`() throws {
        let form = try #require(FormFields(encoded: "a=1&b=x+y%26&a=2&c&d="))
        #expect(form["a"] == "1" && form.values("a") == ["1", "2"])
        #expect(form["b"] == "x y&" && form.has("c") && form["d"].isEmpty)
        #expect(FormFields(encoded: "a=%ff") == nil && FormFields(encoded: "a=%zz") == nil)
        #expect(FormFields(encoded: String(repeating: "a&", count: 2001)) == nil)
    }

    @Test(arguments: [
        (2026, 11, 25, 2026, 11, 26, 1), (2024, 2, 28, 2024, 3, 1, 2),
        (2026, 12, 31, 2027, 1, 1, 1),
        (2000, 1, 1, 2001, 1, 1, 366),
    ])
    func `days are counted as the calendar has them`(
        y: Int, m: Int, d: Int, y2: Int, m2: Int, d2: Int, days: Int
    ) {
        let one = Days.number(DateComponents(year: y, month: m, day: d))
        #expect(Days.number(DateComponents(year: y2, month: m2, day: d2)) - one == days)
    }
}
