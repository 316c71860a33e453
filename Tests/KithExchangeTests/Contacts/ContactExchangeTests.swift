import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

@Suite(.timeLimit(.minutes(10))) struct ContactExchangeTests {
    /// A site with contacts that formats stumble over; one number is undecided.
    private static func site() async throws -> ExchangeSite {
        let one = try await ExchangeSite()
        try await one.take(
            VocabularySample.records.filter {
                ["contact", "organisation"].contains($0.source.kind)
            })
        let rao = try await one.add(
            "contact", ("name", "=HYPERLINK(\"http://x\")"), ("role", "'+quoted"),
            ("organisationName", "Elm; Oak, and \\ co"), ("notes", "-1\nline two, \"two\""),
            ("phone", "+44 1642 555 0123"))
        try await one.contest(
            rao, [("escalationPhone", "01642 555 0001")], [("escalationPhone", "01642 555 0002")])
        return one
    }

    @Test(arguments: [ContactFormat.vcard, .csv])
    func `contacts come back at another site as they were`(format: ContactFormat) async throws {
        let (one, other) = (try await Self.site(), try await ExchangeSite())
        let made = try await ContactExchange().export(format, from: one.site, partnership: nil)
        #expect(made.records == ["contact": 2, "organisation": 1] && made.undecided == 1)
        let reading = ContactExchange().read("contacts", Array(made.text.utf8))
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        try await other.take(reading.records)
        expectSame(try await one.everything(), try await other.everything())
        for site in [one, other] {
            let again = try await site.take(reading.records)
            #expect(again.created == [:] && again.changed == [:], "\(again)")
        }
    }

    @Test func `cells that a spreadsheet would run are guarded`() async throws {
        let made = try await ContactExchange().export(
            .csv, from: try await Self.site().site, partnership: nil)
        #expect(made.text.contains("\"'=HYPERLINK(\"\"http://x\"\")\""))
        #expect(made.text.contains(",''+quoted,"))
        #expect(made.text.contains(",'+44 1642 555 0123,"))
        #expect(made.text.contains("escalationPhone 1 of 2"))
        #expect(made.text.contains("escalationPhone 2 of 2"))
        #expect(made.text.hasSuffix("\r\n"))
    }

    @Test func `an independent reader finds the same values in the cards`() async throws {
        let one = try await Self.site()
        let made = try await ContactExchange().export(.vcard, from: one.site, partnership: nil)
        for line in made.text.split(separator: "\r\n") { #expect(line.utf8.count <= 75) }
        guard let output = try Python.run("read_vcard.py", on: made.text) else { return }
        let cards = try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String])
        }
        #expect(cards.count == 3)
        let rao = try #require(cards.first { $0.contains("FN =HYPERLINK(\"http://x\")") })
        for line in [
            "ROLE '+quoted", "ORG Elm; Oak, and \\ co", "NOTE -1\nline two, \"two\"",
            "TEL +44 1642 555 0123", "TEL 01642 555 0001", "TEL 01642 555 0002", "VERSION 4.0",
            "KIND individual",
        ] { #expect(rao.contains(line), "\(line) in \(rao)") }
    }

    @Test func `a spreadsheet's file with mark, line ends and quotes is read`() throws {
        let text =
            "\u{FEFF}name,phone,organisationName,notes\r\n"
            + "Dr Rao,01642 555 0123,\"Elm, Street\",\"two\nlines \"\"quoted\"\"\"\r\n\r\nB,,,\n"
        let reading = ContactExchange().read("a.csv", Array(text.utf8))
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        #expect(
            reading.records.map(\.words) == [
                [
                    "name: Dr Rao", "phone: 01642 555 0123", "notes: two\nlines \"quoted\"",
                    "organisationName: Elm, Street",
                ], ["name: B"],
            ])
    }

    @Test(arguments: [
        ("name,nickname\nA,b\n", "a.csv:1: expected columns among record"),
        ("phone\n1\n", "a.csv:1: expected a column \"name\""),
        ("name,name\nA,B\n", "a.csv:1: expected each column once"),
        ("name,phone\nA\n", "a.csv:2: expected 2 cells, found 1"),
        ("name,phone\nA,\"1\n", "a.csv:2: expected the closing quote"),
        ("name,phone\nA,\"1\"2\n", "a.csv:2: expected a comma after the closing quote"),
        ("name,phone\nA,1\"2\n", "a.csv:2: expected quotes around the whole cell"),
        ("name,phone\nA,call me\n", "a.csv:2: column phone takes a telephone number"),
        ("name,keyWorker\n\"A\nB\",maybe\n", "a.csv:2: column name takes a single line"),
        ("record,name\nresident,A\n", "a.csv:2: column record: expected contact or organisation"),
        ("record,name,role\norganisation,A,b\n", "a.csv:2: column role: is no field of"),
        ("name\nA\nA\n", "a.csv:3: expected each row once"),
        ("source,name\nx,\n", "a.csv:2: column name: is empty"),
        ("", "a.csv:1: expected a first row"),
        ("name\nA\0\n", "a.csv:2: expected text, found a zero byte"),
        ("BEGIN:VCARD\nFN:A\n", "a.csv:1: expected END:VCARD"),
        ("BEGIN:VCARD\nBEGIN:VCARD\n", "a.csv:2: expected END:VCARD before"),
        ("BEGIN:VCARD\nTEL:1\nEND:VCARD\n", "a.csv:2: TEL: phone takes"),
        ("BEGIN:VCARD\nNOTE:x\nEND:VCARD\n", "a.csv:1: expected FN in this card"),
        ("BEGIN:VCARD\nFN\nEND:VCARD\n", "a.csv:2: expected NAME:value"),
    ])
    func `what is wrong in a file of contacts is told with its line`(
        text: String, message: String
    ) throws {
        let reading = ContactExchange().read("a.csv", Array(text.utf8))
        let problem = try #require(reading.problem)
        #expect(problem.description.hasPrefix(message), "\(problem)")
        #expect(reading.records.isEmpty)
    }

    @Test func `contacts in another encoding or with huge cells are refused`() throws {
        func problem(_ bytes: [UInt8]) -> String {
            ContactExchange().read("a.csv", bytes).problem?.description ?? "none"
        }
        #expect(
            problem(Array("name\nJos".utf8) + [0xE9, 0x0A]).hasPrefix("a.csv:2: expected UTF-8"))
        #expect(problem([0xFF, 0xFE, 0x6E, 0x00]).contains("UTF-16"))
        let huge = Array("name,notes\nA,\"".utf8) + [UInt8](repeating: 0x78, count: 10 << 20)
        #expect(problem(huge + Array("\"\n".utf8)).contains("cells of at most 1048576 bytes"))
        let long = String(repeating: "x", count: 20_001)
        #expect(problem(Array("name,notes\nA,\(long)\n".utf8)).contains("at most 20000 characters"))
    }

    @Test func `an archive, a database or a PDF is told by what it is`() {
        for (bytes, word) in [
            (Array("PK\u{3}\u{4}".utf8) + [0, 0], "zip archive"),
            ([0x1F, 0x8B, 8, 0], "compressed"), (Array("SQLite format 3\0".utf8), "database"),
            (Array("%PDF-1.7".utf8), "PDF"),
        ] {
            let contacts = ContactExchange().read("x", bytes).problem?.description
            let fhir = FHIRReader().read("x", bytes).problem?.description
            #expect(contacts?.contains(word) == true && fhir?.contains(word) == true)
        }
    }
}
