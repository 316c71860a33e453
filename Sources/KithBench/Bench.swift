import Foundation

/// Takes the measures, one after the other.
package struct Bench {
    /// The names of all that can be measured together.
    package static let names = [
        "first-sync", "memory", "nothing-new", "few-of-many", "edits", "long-log", "local-saves",
        "web-page",
        "readers", "ring", "hundred", "year",
    ]

    private let scale: Scale
    private let folder: String?
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - folder: where homes and databases are to lie; nil for the system's temporary folder.
    ///   - tell: is told what goes on, a line at a time.
    package init(
        _ scale: Scale, in folder: String?, tell: @escaping @Sendable (String) -> Void
    ) {
        self.scale = scale
        self.folder = folder
        self.tell = tell
    }

    /// Takes some of the measures, in the order of `names`.
    package func run(_ wanted: Set<String>) async throws -> [Measure] {
        let programs = try Programs(in: folder)
        var measures: [Measure] = []
        for name in Self.names where wanted.contains(name) {
            tell("\(name) …")
            measures += try await measure(name, programs)
        }
        return measures
    }

    private func measure(_ name: String, _ programs: Programs) async throws -> [Measure] {
        switch name {
        case "first-sync": try await FirstSync(programs: programs, scale: scale).run(tell)
        case "memory": try await FirstSync(programs: programs, scale: scale).memory(tell)
        case "nothing-new": try await NothingNew(programs: programs, scale: scale).run(tell)
        case "few-of-many": try await FewOfMany(programs: programs, scale: scale).run(tell)
        case "edits": try await Edits(programs: programs, scale: scale).run(tell)
        case "long-log": try await LongLog(programs: programs, scale: scale).run(tell)
        case "local-saves": try await LocalSaves(programs: programs, scale: scale).run(tell)
        case "web-page": try await WebPage(programs: programs, scale: scale).run(tell)
        case "readers": try await Readers(programs: programs, scale: scale).run(tell)
        case "year": try await LongLife(programs: programs, scale: scale).run(tell)
        case "hundred": try await Hundred(programs: programs, scale: scale).run(tell)
        case "ring": try await Ring(programs: programs).run(tell)
        default: preconditionFailure("\(name) is not a measure")
        }
    }
}
