import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

/// A site in this process with one shared partnership, in a temporary home that goes with the object.
final class ExchangeSite: Sendable {
    static let partnership = "Elm and Riverside"
    static let nurse = Author(user: "nurse", name: "N Nurse", role: "nurse")
    static let now = Instant(milliseconds: 1_795_600_000_000)

    let home: String
    let site: LocalSite

    init() async throws {
        home =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-exchange-\(UUID().uuidString.prefix(8))").path
        _ = try await LocalSite.initialise(
            home: home, name: "Elm House", kind: "care-home", ods: nil)
        site = try await LocalSite.open(home: home)
        _ = try await site.createPartnership(
            PartnershipDraft(name: Self.partnership, purpose: "Joint care plans"))
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    /// Takes records over.
    @discardableResult
    func take(_ records: [ImportRecord]) async throws -> ImportReport {
        try await site.importRecords(
            ImportBatch(partnership: nil, records: records), by: Self.nurse, progress: { _ in })
    }

    /// Makes or changes a record by what a person types.
    @discardableResult
    func write(
        _ target: RecordEdit.Target, _ values: [(String, String)], seen: Int64? = nil
    ) async throws -> RecordView {
        try await site.save(
            [
                RecordEdit(
                    target: target, values: values.map { RecordEdit.Assignment($0.0, $0.1) },
                    seen: seen)
            ], by: Self.nurse)[0]
    }

    /// A new record under another.
    @discardableResult
    func add(
        _ kind: String, under parent: RecordID? = nil, _ values: (String, String)...
    ) async throws -> RecordView {
        try await write(
            .new(
                kind: kind, partnership: parent == nil ? Self.partnership : nil,
                parent: parent?.description), values)
    }

    /// Makes a field hold two values that nobody decides between.
    func contest(
        _ record: RecordView, _ one: [(String, String)], _ other: [(String, String)]
    ) async throws {
        let target = RecordEdit.Target.existing(record.id.description)
        try await write(target, one, seen: record.version)
        try await write(target, other, seen: record.version)
    }

    /// Everything that stands at the site, in words, by what names each record: for comparing sites.
    func everything(withSources: Bool = false) async throws -> [String: [String]] {
        var views: [RecordView] = []
        for kind in Vocabulary.kinds {
            views += try await site.records(
                RecordQuery(
                    kind: kind.name, partnership: Self.partnership, includesArchived: true))
        }
        let names = Dictionary(uniqueKeysWithValues: views.map { ($0.id, Self.name($0)) })
        var all: [String: [String]] = [:]
        for view in views {
            var lines: [String] = []
            for field in view.fields where withSources || field.name != "source" {
                let values = field.candidates.map { candidate in
                    if case .reference(let id)? = candidate.value {
                        return names[id] ?? "outside"
                    }
                    return candidate.value.map { "\($0)" } ?? "?"
                }
                lines.append("\(field.name): \(values.sorted())")
            }
            all["\(view.kind) \(Self.name(view))"] = lines
        }
        return all
    }

    /// What names a record at every site.
    private static func name(_ view: RecordView) -> String {
        if case .text(let source)? = view.field("source")?.candidates.first?.value { return source }
        return ImportRecord.Source.own(view.id, view.partnershipID)
    }

    /// Exports residents as FHIR.
    func bundle(_ residents: String..., restricted: Bool = true) async throws -> FHIRExport.Result {
        try await FHIRExport(site).bundle(
            ExportRequest(residents: residents, includesRestricted: restricted), now: Self.now)
    }
}

/// Compares what two sites hold, record by record and field by field.
func expectSame(
    _ one: [String: [String]], _ other: [String: [String]],
    _ location: SourceLocation = #_sourceLocation
) {
    let missing = Set(one.keys).subtracting(other.keys).sorted().prefix(10)
    #expect(missing.isEmpty, "lost: \(missing)", sourceLocation: location)
    let extra = Set(other.keys).subtracting(one.keys).sorted().prefix(10)
    #expect(extra.isEmpty, "made up: \(extra)", sourceLocation: location)
    var shown = 0
    for (name, lines) in one.sorted(by: { $0.key < $1.key }) where shown < 10 {
        guard let others = other[name], lines != others else { continue }
        let differing = zip(lines, others).filter { $0 != $1 }
        #expect(
            differing.isEmpty,
            "\(name): \(differing.map { "\($0.0) became \($0.1)" }.joined(separator: "; "))",
            sourceLocation: location)
        shown += 1
    }
}
