import Foundation
import KithModel
import KithSample
import KithSite
import Testing

@Suite struct SampleHomeTests {
    private static let end = Day(earliestOf: PartialDate("2026-11-22") ?? Day(number: 0).date)

    private func withHome<Result>(
        _ sample: SampleHome, _ body: (LocalSite, SampleHome.Report) async throws -> Result
    ) async throws -> Result {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-sample-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let report = try await sample.make(at: path)
        let site = try await LocalSite.open(home: path)
        do {
            let result = try await body(site, report)
            await site.close()
            return result
        } catch {
            await site.close()
            throw error
        }
    }

    @Test func `a sample is a sound home, and holds what the vocabulary allows`() async throws {
        let sample = SampleHome(
            residents: 6, years: 0.25, seed: 7, routineConflicts: 3, criticalConflicts: 2,
            end: Self.end)
        try await withHome(sample) { site, report in
            let verified = try await site.verify()
            #expect(verified.ok, "\(verified.problems)")
            let rebuilt = try await site.rebuild(checkOnly: true)
            #expect(rebuilt.isEqual, "\(rebuilt.differences)")
            let conflicts = try await site.conflicts(ConflictQuery())
            #expect(conflicts.filter { $0.severity == .safetyCritical }.count == 2)
            #expect(conflicts.filter { $0.severity == .routine }.count == 3)
            #expect(report.conflicts == 5)
            for kind in Vocabulary.kinds {
                let found = try await site.records(
                    RecordQuery(kind: kind.name, includesArchived: true))
                #expect(found.count == report.records[kind.name] ?? 0, "\(kind.name)")
                for record in found { try check(record, of: kind) }
            }
        }
    }

    /// Checks that every value is of its field's type, and every field that is needed is there.
    private func check(_ record: RecordView, of kind: RecordKind) throws {
        for field in kind.fields {
            let view = try #require(record.field(field.name))
            #expect(!field.isRequired || !view.candidates.isEmpty, "\(kind.name).\(field.name)")
            for candidate in view.candidates {
                let value = try #require(candidate.value)
                #expect(isValue(value, of: field), "\(kind.name).\(field.name): \(value)")
            }
        }
    }

    private func isValue(_ value: FieldValue, of field: FieldDefinition) -> Bool {
        let entry = FieldEntry(zone: .gmt)
        switch (field.type, value) {
        case (.code(let set), .code(let code)): return set.contains(code)
        case (.reference, .reference), (.instant, .instant), (.boolean, .boolean): return true
        case (.integer(let range), .integer(let number)): return range.contains(number)
        case (.group(let members), .group(let parts)):
            return parts.allSatisfy { part in
                members.contains { $0.number == part.number && isValue(part.value, of: $0) }
            }
                && members.filter(\.isRequired).allSatisfy { member in
                    parts.contains { $0.number == member.number }
                }
        case (.date, .date(let date)):
            return (try? entry.value(of: field, from: date.description)) == value
        case (_, .text(let text)): return (try? entry.value(of: field, from: text)) == value
        default: return false
        }
    }

    @Test func `the same seed writes the same, another seed something else`() async throws {
        func digest(_ seed: UInt64) async throws -> [String] {
            let sample = SampleHome(residents: 2, years: 0.05, seed: seed, end: Self.end)
            return try await withHome(sample) { site, _ in
                var lines: [String] = []
                for kind in Vocabulary.kinds {
                    for record in try await site.records(RecordQuery(kind: kind.name)) {
                        let words = record.fields.map { field in
                            field.candidates.map(\.words).joined(separator: "/")
                        }
                        lines.append("\(record.id) \(words)")
                    }
                }
                return lines.sorted()
            }
        }
        let first = try await digest(1)
        #expect(!first.isEmpty)
        #expect(try await digest(1) == first)
        #expect(try await digest(2) != first)
    }

    @Test(arguments: [(1, 1.0, 0), (60, 0.0, 0), (60, 51.0, 0), (4, 1.0, 37)])
    func `what cannot be made is refused, and no folder is left`(
        residents: Int, years: Double, conflicts: Int
    ) async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-sample-\(UUID().uuidString.prefix(8))").path
        await #expect(throws: SiteError.self) {
            _ = try await SampleHome(
                residents: residents, years: years, routineConflicts: conflicts, end: Self.end
            ).make(at: path)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
