import Foundation
import Testing

/// Exchange with other systems, by the real program.
@Suite(.timeLimit(.minutes(5))) struct ExchangeTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    @Test func `what is no file to import is told and never read to its end`() throws {
        let home = try workspace.site("Elm House")
        let pipe = workspace.path + "/pipe.json"
        #expect(mkfifo(pipe, 0o600) == 0)
        let link = workspace.path + "/link.json"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "../../../../../../etc/passwd")
        for command in ["fhir", "contacts"] {
            for path in ["/dev/zero", pipe, link, "../../../../../../../etc/passwd", "/etc"] {
                let finished = try home.run("import", command, path, limit: 20)
                #expect(finished.status == 1, "\(command) \(path): \(finished)")
                #expect(finished.errors.split(separator: "\n").count >= 1)
                #expect(!finished.errors.contains("root:") && !finished.output.contains("root:"))
            }
        }
        #expect(try home.list("residents", "resident", "list").isEmpty)
        #expect(try home.list("contacts", "contact", "list").isEmpty)
    }

    @Test func `a resident goes out of one site and into another`() throws {
        let elm = try workspace.site("Elm House")
        try elm.must("partnership", "create", "Elm", "--purpose", "care")
        try elm.must(
            "resident", "add", "familyName=Whitfield", "givenName=Nell", "nhsNumber=943 476 5919")
        try elm.must("contact", "add", "name=Dr Rao", "phone=01642 555 0123", "role=GP")
        let bundle = workspace.path + "/nell.json"
        let made = try elm.must("export", "fhir", "Whitfield", "--output", bundle)
        // Where the line is broken depends on how long the path is.
        let said = made.errors.replacingOccurrences(of: "\n", with: " ")
        #expect(made.output.isEmpty && said.contains("1 Patient"))
        let again = try elm.run("export", "fhir", "--output", bundle)
        #expect(again.status != 0 && again.errors.contains("already"))
        let mode = try FileManager.default.attributesOfItem(atPath: bundle)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let cards = try elm.must("export", "contacts", "--format", "vcard").output
        let calendar = try elm.must("export", "calendar").output
        #expect(calendar.hasPrefix("BEGIN:VCALENDAR\r\n"))

        let oak = try workspace.site("Oak House")
        try oak.must("partnership", "create", "Oak", "--purpose", "care")
        try oak.must("import", "fhir", bundle)
        try oak.must("import", "contacts", try workspace.file("c.vcf", cards))
        #expect(
            try oak.list("residents", "resident", "list").first?["title"] as? String
                == "Whitfield, Nell")
        #expect(try oak.list("contacts", "contact", "list").count == 1)
    }
}
