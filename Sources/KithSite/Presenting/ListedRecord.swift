import Foundation
import KithModel
import KithProtocol
import KithStore

/// A record as lists choose and order it: what people call it, and the words that a search looks in.
///
/// It takes a small part of the time that the whole record takes, with everyone who said something in
/// it. So of thousands of records only those are read whole that somebody is shown.
struct ListedRecord {
    let row: Int64
    let id: RecordID
    let parent: RecordID?
    /// Its first act, which grows in the order of arrival.
    let firstAct: Int64
    let title: String
    let isArchived: Bool
    /// What the record that it is part of is called; nil unless a search needs it.
    fileprivate let parentTitle: String?
    /// The values of the fields that a search looks in; none unless it does.
    fileprivate let searched: [(field: FieldDefinition, words: [RecordPresenter.Standing])]

    /// The local arrival number of the entry that made it.
    var created: Int64 { firstAct >> 10 }

    /// Searches the title, that of what it is part of, and the fields that the vocabulary names;
    /// numbers with or without spaces.
    func matches(_ needle: SearchedText) -> Bool {
        if needle.isIn(title) || parentTitle.map(needle.isIn) ?? false { return true }
        return searched.contains { field, standing in
            standing.contains { value in
                if case .nhsNumber = field.type, case .text(let number)? = value.value {
                    return needle.isInNumber(number)
                }
                return needle.isIn(value.words)
            }
        }
    }
}

/// Text that is compared without case and accents.
struct SearchedText {
    /// The text, folded.
    let text: String
    private let bytes: [UInt8]?
    private let digits: String

    init(_ source: String) {
        text = Self.folded(source)
        bytes = Self.isASCII(text) ? Array(text.utf8) : nil
        digits = text.filter { $0 != " " && $0 != "-" }
    }

    /// A text in which upper case and accents do not count.
    static func folded(_ text: String) -> String {
        // Nearly all text is ASCII, which takes no tables.
        isASCII(text)
            ? text.lowercased()
            : text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// Whether a text contains it.
    func isIn(_ source: String) -> Bool {
        guard let bytes, Self.isASCII(source) else { return Self.folded(source).contains(text) }
        guard let first = bytes.first else { return true }
        let all = source.utf8
        var start = all.startIndex
        var left = all.count
        while left >= bytes.count {
            if Self.lowered(all[start]) == first,
                zip(all[start...], bytes).allSatisfy({ Self.lowered($0) == $1 })
            {
                return true
            }
            start = all.index(after: start)
            left -= 1
        }
        return false
    }

    /// Whether a number contains it, written without spaces.
    func isInNumber(_ number: String) -> Bool { !digits.isEmpty && number.contains(digits) }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}

extension RecordPresenter {
    /// The fields that any kind's title is made of.
    private static let titleFields = Set(
        Vocabulary.kinds.flatMap { kind in
            kind.title.compactMap { kind.field(named: $0)?.number }
        }
    ).sorted()

    /// What people call records, by id.
    func titles(
        of ids: Set<RecordID>, _ transaction: StoreTransaction
    ) throws -> [RecordID: Called] {
        var titles: [RecordID: Called] = [:]
        // In bites that SQLite can bind.
        var left = Array(ids)
        while !left.isEmpty {
            let found = try transaction.outlines(
                RecordSelection(ids: Array(left.suffix(10_000))), fields: Self.titleFields)
            for outline in found.sorted(by: { $0.firstAct < $1.firstAct }) {
                titles[outline.head.id] = Called(
                    title: title(of: outline),
                    kind: Self.kind(outline.head.kind, in: outline.head.compartment)?.name)
            }
            left.removeLast(min(10_000, left.count))
        }
        return titles
    }

    /// Records with what their titles are made of, by their rows.
    func outlines(
        ofRows rows: [Int64], _ transaction: StoreTransaction
    ) throws -> [Int64: RecordOutline] {
        let found = try transaction.outlines(
            RecordSelection(rows: rows), fields: Self.titleFields)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.head.row, $0) })
    }

    /// What people call a record.
    func title(of outline: RecordOutline) -> String {
        title(of: Self.kind(outline.head.kind, in: outline.head.compartment)) {
            standing(outline, $0)
        }
    }

    /// The values that stand in a field: equal ones are one.
    private func standing(_ outline: RecordOutline, _ field: FieldDefinition) -> [Standing] {
        guard let values = outline.values[field.number] else { return [] }
        guard values.count > 1 else { return [standing(values[0].value, of: field)] }
        return values.enumerated().filter { place, value in
            !values[..<place].contains { $0.value == value.value }
        }.map { standing($1.value, of: field) }
    }

    /// The records of a kind in a selection as lists choose them, in the order in which they came;
    /// with what a search looks in where there is one.
    func listed(
        _ kind: RecordKind, in selection: RecordSelection, isSearched: Bool = false,
        resolving: Bool = true, _ transaction: StoreTransaction
    ) throws -> [ListedRecord] {
        let named = kind.title.compactMap { kind.field(named: $0) }
        let searched = isSearched ? kind.fields.filter(\.isSearched) : []
        let read = (named + searched).map(\.number) + [Self.archivedField]
        let outlines = try transaction.outlines(selection, fields: read).filter {
            $0.head.kind == kind.number && $0.head.compartment == kind.compartment
        }
        var presenter = self
        if resolving {
            var ids = isSearched ? Set(outlines.compactMap(\.head.parent)) : []
            for field in named + searched {
                guard case .reference = field.type else { continue }
                for case .reference(let id)? in outlines.flatMap({ standing($0, field) })
                    .map(\.value)
                { ids.insert(id) }
            }
            presenter.titles = try titles(of: ids, transaction)
        }
        return outlines.map { presenter.listed($0, kind, searched) }
            .sorted { $0.firstAct < $1.firstAct }
    }

    private func listed(
        _ outline: RecordOutline, _ kind: RecordKind, _ searched: [FieldDefinition]
    ) -> ListedRecord {
        let archived = outline.values[Self.archivedField] ?? []
        return ListedRecord(
            row: outline.head.row, id: outline.head.id, parent: outline.head.parent,
            firstAct: outline.firstAct, title: title(of: outline),
            isArchived: !archived.isEmpty && archived.allSatisfy { $0.value == Self.yes },
            parentTitle: outline.head.parent.flatMap { titles[$0]?.title },
            searched: searched.map { ($0, standing(outline, $0)) })
    }

    private static let archivedField: UInt32 = 1
    private static let yes = FieldValue.boolean(true).encoded()
}
