import KithExchange
import Testing

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "{}", "[]", "0", "-0", "1e400", "-1.5E-7", "10", "0.1", "true", "false", "null", "\"\"",
        " [ 1 , 2 ] \r\n\t", "{\"a\":{\"b\":[]}}", "\"\\u00e9\\n\\/\\\"\\\\\\b\\f\\r\\t\"",
        "\"\\ud83d\\ude00\"", "\"\u{1F600}\u{7F}\"", "\"\\u0000\"", "\u{FEFF}{}",
        "{\"e\\u0301\":1,\"\\u00e9\":2}", "123456789012345678901234567890",
    ])
    func `JSON is accepted`(text: String) throws {
        _ = try JSONScanner().scan(Array(text.utf8))
    }

    @Test(arguments: [
        ("", 1, "a value"), ("{", 2, "a name"), ("[1,]", 4, "a value"), ("{\"a\":1,}", 8, "a name"),
        ("{a:1}", 2, "a name"), ("{\"a\" 1}", 6, "\":\""), ("[1 2]", 4, "\",\""),
        ("01", 2, "nothing"),
        ("-", 2, "a digit"), ("1.", 3, "a digit"), (".5", 1, "a value"), ("1e", 3, "a digit"),
        ("+1", 1, "a value"), ("tru", 1, "true"), ("nul", 1, "null"), ("NaN", 1, "a value"),
        ("'a'", 1, "a value"), ("\"a", 3, "closing quote"), ("\"\n\"", 2, "control"),
        ("\"\0\"", 2, "control"), ("\0", 1, "a value"), ("{}\0", 3, "nothing"),
        ("{} {}", 4, "nothing"), ("[]]", 3, "nothing"), ("\"\\x\"", 3, "one of"),
        ("\"\\u12g4\"", 6, "hexadecimal"), ("\"\\ud800\"", 2, "surrogate"),
        ("\"\\udc00\"", 2, "surrogate"), ("\"\\ud800\\u0041\"", 2, "surrogate"),
        ("\"\\ud800\\ud800\"", 2, "surrogate"), ("\"\\u\u{FF11}000\"", 4, "hexadecimal"),
        ("{\"a\":1,\"a\":1}", 8, "once"), ("{\"a\":1,\"\\u0061\":2}", 8, "once"),
        ("// no\n1", 1, "a value"), ("\u{FEFF}\u{FEFF}1", 1, "a value"), ("\u{A0}1", 1, "a value"),
    ])
    func `what is not JSON is refused where it goes wrong`(
        text: String, column: Int, expected: String
    ) throws {
        let problem = try #require(throws: JSONProblem.self) {
            try JSONScanner().scan(Array(text.utf8))
        }
        #expect(problem.place.line == 1)
        #expect(problem.place.column == column, "\(problem)")
        #expect(problem.expected.contains(expected), "\(problem)")
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82],
            [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused at the first of them`(invalid: [UInt8]) throws {
        let bytes = Array("{\n \"é\": \"ü".utf8) + invalid + Array("\"}".utf8)
        let problem = try #require(throws: JSONProblem.self) { try JSONScanner().scan(bytes) }
        #expect(problem.found == "a byte that is not UTF-8")
        #expect(problem.place.line == 2)
        #expect(problem.place.column == 9)
        #expect(problem.place.offset == 12)
    }

    @Test func `a hundred levels are read and the next one is refused`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONScanner().scan(nested(100))
        let problem = try #require(throws: JSONProblem.self) { try JSONScanner().scan(nested(101)) }
        #expect(problem.place.column == 101)
        #expect(problem.place.path == String(repeating: "[0]", count: 100))
        #expect(throws: JSONProblem.self) {
            try JSONScanner().scan(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
    }

    @Test func `a million levels end in one line`() throws {
        for opening in ["[", "{\"a\":"] {
            let deep = Array(String(repeating: opening, count: 1_000_000).utf8)
            let reading = FHIRReader().read("deep.json", deep)
            let problem = try #require(reading.problem?.description)
            #expect(problem.contains("at most 100 levels"))
            #expect(problem.count < 400 && !problem.contains("\n"))
        }
    }

    @Test func `a text over the limit is refused unread`() throws {
        _ = try JSONScanner(limit: 2).scan(Array("[]".utf8))
        #expect(throws: JSONProblem.self) { try JSONScanner(limit: 2).scan(Array("[] ".utf8)) }
    }

    @Test func `numbers keep their digits and escapes become text`() throws {
        let text = #"{"n":[1e400,-0.50],"t":"a\u0000\ud83d\ude00\\"}"#
        let root = try JSONScanner().scan(Array(text.utf8)).root
        guard case .array(let numbers)? = root["n"]?.value,
            case .number(let great) = numbers[0].value, case .number(let exact) = numbers[1].value,
            case .string(let string)? = root["t"]?.value
        else {
            Issue.record("the values have other types")
            return
        }
        #expect(great == "1e400")
        #expect(exact == "-0.50")
        #expect(Array(string.utf8) == Array("a\0\u{1F600}\\".utf8))
    }

    @Test func `names that only look the same are two names`() throws {
        let root = try JSONScanner().scan(Array(#"{"\u00e9":1,"e\u0301":2}"#.utf8)).root
        guard case .number(let one)? = root["\u{E9}"]?.value,
            case .number(let two)? = root["e\u{301}"]?.value
        else {
            Issue.record("a name is missing")
            return
        }
        #expect(one == "1")
        #expect(two == "2")
    }

    @Test func `every value knows its line, column and path`() throws {
        let text = "\u{FEFF}{\n  \"é\": 1, \"entry\": [\r\n    {}, {\"a b\": [true]}]}"
        let document = try JSONScanner().scan(Array(text.utf8))
        func place(_ node: JSONNode?) throws -> String {
            let place = document.place(at: try #require(node).range.lowerBound)
            return "\(place.line):\(place.column) \(place.path)"
        }
        #expect(try place(document.root) == "1:1 ")
        #expect(try place(document.root["é"]) == "2:8 [\"é\"]")
        guard case .array(let entries)? = document.root["entry"]?.value,
            case .array(let inner)? = entries[1]["a b"]?.value
        else {
            Issue.record("a list is missing")
            return
        }
        #expect(try place(entries[1]) == "3:9 entry[1]")
        #expect(try place(inner[0]) == "3:18 entry[1][\"a b\"][0]")
    }

    @Test func `a problem names the path to the value that is broken`() throws {
        let text = "{\"entry\": [{}, {\"resource\": {\"birthDate\": 19-38}}]}"
        let problem = try #require(throws: JSONProblem.self) {
            try JSONScanner().scan(Array(text.utf8))
        }
        #expect(problem.place.path == "entry[1].resource")
        #expect(problem.description.hasPrefix("1:45 entry[1].resource: expected \",\" or \"}\""))
    }

    @Test func `a control character in what was found is not repeated`() throws {
        let problem = try #require(throws: JSONProblem.self) {
            try JSONScanner().scan(Array("\u{1B}[2J".utf8))
        }
        #expect(problem.found == "\"[U+001B]\"")
    }

    @Test func `every truncation of a bundle is refused`() {
        let bytes = Array(Sample.bundle.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONProblem.self, "\(length) bytes") {
                try JSONScanner().scan(Array(bytes[..<length]))
            }
        }
    }

    @Test(arguments: 1...8)
    func `no flipped bytes make the reader trap`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let original = Array(Sample.bundle.utf8)
        for round in 0..<250 {
            var bytes = original
            for _ in 0...(round % 4) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            let reading = FHIRReader().read("flipped.json", bytes)
            #expect(reading.problem == nil || reading.records.isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: 1...4)
    func `no tokens in any order make the scanner trap`(seed: UInt64) {
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u", "d800", "1", "-", "e", ".",
            "t",
            "true", "null", " ", "\n", "\u{301}", "é",
        ]
        var random = SplitMix(state: seed)
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                tokens[Int.random(in: 0..<tokens.count, using: &random)]
            }.joined()
            _ = try? JSONScanner().scan(Array(text.utf8))
        }
    }
}

/// A random source that a seed determines.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
