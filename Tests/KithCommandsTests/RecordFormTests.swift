import Foundation
import KithModel
import KithSite
import Testing

@testable import KithCommands

/// A record as text that somebody edits.
@Suite struct RecordFormTests {
    private func form(_ record: RecordView) throws -> RecordForm {
        RecordForm(record, kind: try #require(Vocabulary.kind(named: record.kind)))
    }

    @Test(arguments: [
        Samples.smith, Samples.falls, Samples.allergy, Samples.decision, Samples.goal,
        Samples.action, Samples.contingency,
    ])
    func `a text that comes back as it was asks for nothing`(record: RecordView) throws {
        let form = try form(record)
        #expect(try form.assignments(in: form.text).isEmpty)
        #expect(form.text.contains("[\(record.short)]"))
    }

    @Test func `only what was changed is asked for, lines and all`() throws {
        let form = try form(Samples.goal)
        let field = try #require(form.text.range(of: "outcome:"))
        var text = form.text
        text.replaceSubrange(
            field, with: "outcome: Walked\n    as far as the gate\n# a remark\n    twice")
        #expect(try form.assignments(in: text) == ["outcome=Walked\nas far as the gate\ntwice"])
    }

    @Test func `every value of what is undecided is above an empty line`() throws {
        let text = try form(Samples.decision).text
        #expect(text.contains("# !! CPR decision: 2 values, not yet decided:"))
        #expect(
            text.contains("1) Not for cardiopulmonary") && text.contains("2) For cardiopulmonary"))
        #expect(text.contains("decision.value: \n"))
    }

    @Test func `a changed part writes its whole group, and an emptied group is cleared`() throws {
        let form = try form(Samples.decision)
        let filled = form.text.replacingOccurrences(
            of: "decision.value: ", with: "decision.value: not-for"
        ).replacingOccurrences(of: "decision.date: ", with: "decision.date: 2026-11-20")
        #expect(
            try form.assignments(in: filled) == [
                "decision.value=not-for", "decision.date=2026-11-20",
            ])
    }

    @Test(arguments: [
        ("no colon here", "is no line"), ("colour: red", "there is no field 'colour'"),
    ])
    func `a line that is no field is told`(line: String, words: String) throws {
        let form = try form(Samples.goal)
        let problem = #expect(throws: UsageProblem.self) {
            try form.assignments(in: form.text + line + "\n")
        }
        #expect(problem?.message.contains(words) == true)
    }
}
