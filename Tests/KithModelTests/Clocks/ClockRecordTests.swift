import Foundation
import Testing

@testable import KithModel

@Suite struct ClockRecordTests {
    private func record(_ name: String, _ values: [String: [FieldValue?]]) throws -> ClockRecord {
        let kind = try #require(Vocabulary.kind(named: name))
        var byNumber: [UInt32: [FieldValue?]] = [:]
        for (name, said) in values {
            byNumber[try #require(kind.field(named: name)).number] = said
        }
        return ClockRecord(kind: kind, values: byNumber, zone: .gmt)
    }

    private func date(_ text: String) throws -> FieldValue {
        .date(try #require(PartialDate(text)))
    }

    private func code(_ code: String) -> FieldValue {
        .code(Code(system: "s", code: code, display: code))
    }

    @Test func `every field of the vocabulary in which something is due gives a deadline`() throws {
        var count = 0
        for kind in Vocabulary.kinds {
            for field in kind.fields
            where field.due != nil || field.members.contains(where: { $0.due != nil }) {
                let member = field.members.first { $0.due != nil }
                let isMoment = if case .instant = field.type { true } else { false }
                let day: FieldValue =
                    isMoment
                    ? .instant(try #require(Instant(rfc3339: "2026-11-22T10:00:00Z")))
                    : try date("2026-11-22")
                let value = member.map { FieldValue.group([GroupMember($0.number, day)]) } ?? day
                let found = try record(kind.name, [field.name: [value]]).deadlines
                let path = member.map { "\(field.name).\($0.name)" } ?? field.name
                #expect(found.map(\.field) == [path], "\(kind.name)")
                #expect(found.map(\.day) == [KithModelTests.day("2026-11-22")], "\(kind.name)")
                #expect(found.map(\.what) == [field.due?.what ?? member?.due?.what], "\(kind.name)")
                count += 1
            }
        }
        #expect(count > 30)
    }

    @Test func `of several days the earliest is due, of a month its last day`() throws {
        let plan = try record(
            "plan", ["nextReview": [try date("2026-12"), try date("2026-12-05"), .cleared]])
        let deadline = try #require(plan.deadlines.first)
        #expect(deadline.day == day("2026-12-05"))
        #expect(deadline.days == [day("2026-12-05"), day("2026-12-31")])
        #expect(deadline.isContested)
        let alone = try record("plan", ["nextReview": [try date("2026-12")]]).deadlines
        #expect(alone.map(\.day) == [day("2026-12-31")])
        #expect(alone.map(\.isContested) == [false])
        #expect(try record("plan", ["nextReview": [.cleared]]).deadlines.isEmpty)
        #expect(try record("plan", ["nextReview": [nil]]).deadlines.isEmpty)
    }

    @Test func `what was done is not due, unless somebody says that it was not`() throws {
        let due = try date("2026-11-22")
        func count(_ done: [FieldValue?]) throws -> Int {
            try record("interaction", ["nextDue": [due], "followedUp": done]).deadlines.count
        }
        #expect(try count([]) == 1)
        #expect(try count([try date("2026-11-20")]) == 0)
        #expect(try count([try date("2026-11-20"), .cleared]) == 1)
        #expect(try count([nil]) == 1)
    }

    @Test func `a record is closed by what the vocabulary says, when everyone says so`() throws {
        let today = day("2026-11-22")
        #expect(try record("plan", ["status": [code("completed")]]).isClosed(on: today))
        #expect(try !record("plan", ["status": [code("active")]]).isClosed(on: today))
        #expect(
            try !record("plan", ["status": [code("completed"), code("active")]])
                .isClosed(on: today))
        #expect(try !record("plan", ["status": [.cleared]]).isClosed(on: today))
        #expect(try record("plan", ["archived": [.boolean(true)]]).isClosed(on: today))
        #expect(
            try !record("plan", ["archived": [.boolean(true), .boolean(false)]])
                .isClosed(on: today))
    }

    @Test func `a day closes a record from the day after it`() throws {
        let today = day("2026-11-22")
        for (end, isClosed) in [
            ("2026-11-21", true), ("2026-11-22", false), ("2026-12-01", false), ("2026-11", false),
            ("2026-10", true),
        ] {
            let stay = try record("residency", ["end": [try date(end)]])
            #expect(stay.isClosed(on: today) == isClosed, "\(end)")
        }
    }

    @Test func `a part of a group closes a record`() throws {
        let today = day("2026-11-22")
        let kind = try #require(Vocabulary.kind(named: "libertyAuthorisation"))
        let status = try #require(
            kind.field(named: "authorisation")?.members.first { $0.name == "status" })
        for (word, isClosed) in [("authorised", false), ("refused", true)] {
            let value = FieldValue.group([GroupMember(status.number, code(word))])
            #expect(
                try record("libertyAuthorisation", ["authorisation": [value]])
                    .isClosed(on: today) == isClosed)
        }
        let withdrawn = try #require(
            Vocabulary.kind(named: "adrt")?.field(named: "decision")?.members.first {
                $0.name == "withdrawn"
            })
        let value = FieldValue.group([GroupMember(withdrawn.number, try date("2026-01-01"))])
        #expect(try record("adrt", ["decision": [value]]).isClosed(on: today))
        #expect(try !record("adrt", ["decision": [.group([])]]).isClosed(on: today))
    }
}
