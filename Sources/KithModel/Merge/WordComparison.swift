/// How texts differ from what they were made of, word by word: for the person who decides between
/// them. Nothing is ever merged by it (D12).
///
/// A place is a run of words of the base that some version changed, with what each version has there.
/// Words are compared by their bytes; spaces between them count for nothing, line breaks are words.
public struct WordComparison: Sendable, Codable {
    /// One place where at least one version differs from the base.
    public struct Place: Sendable, Codable, Equatable {
        /// The few words before it, in the base.
        public let before: String
        /// The words of the base; empty where something was put in.
        public let base: String
        /// The words of each version; equal to `base` where it changed nothing.
        public let versions: [String]
        /// The few words behind it, in the base.
        public let after: String
        /// Whether several versions changed it, and differently.
        public let isClash: Bool
    }

    /// Words shown on either side of a place.
    static let context = 6
    /// Pairs of words beyond which texts are not compared, but shown as replaced.
    static let limit = 4_000_000

    /// The places, in the order of the base.
    public let places: [Place]

    /// Compares versions with the text that they were made of.
    public init(base: String, versions: [String]) {
        let baseWords = Word.words(of: base)
        let versionWords = versions.map(Word.words)
        let changes = versionWords.map { Self.changes(from: baseWords, to: $0) }
        places = Self.regions(changes).map { region in
            let texts = zip(versionWords, changes).map { words, changes in
                Word.text(words[Self.range(in: changes, of: region)])
            }
            let base = Word.text(baseWords[region])
            let changed = zip(texts, changes).filter { _, changes in
                changes.contains { Self.touches($0.base, region) }
            }.map(\.0)
            return Place(
                before: Word.text(
                    baseWords[max(0, region.lowerBound - Self.context)..<region.lowerBound]),
                base: base, versions: texts,
                after: Word.text(
                    baseWords[
                        region
                            .upperBound..<min(
                                baseWords.count, region.upperBound + Self.context)]),
                isClash: Set(changed.map { Array($0.utf8) }).count > 1)
        }
    }

    private struct Change {
        var base: Range<Int>
        var version: Range<Int>
    }

    /// The runs of words that differ, in order.
    private static func changes(from base: [Word], to version: [Word]) -> [Change] {
        var start = 0
        while start < base.count, start < version.count, base[start] == version[start] {
            start += 1
        }
        var end = 0
        while end < base.count - start, end < version.count - start,
            base[base.count - 1 - end] == version[version.count - 1 - end]
        {
            end += 1
        }
        let baseMiddle = base[start..<(base.count - end)]
        let versionMiddle = version[start..<(version.count - end)]
        if baseMiddle.isEmpty, versionMiddle.isEmpty { return [] }
        guard baseMiddle.count * versionMiddle.count <= limit else {
            return [Change(base: baseMiddle.indices, version: versionMiddle.indices)]
        }
        return changes(baseMiddle, versionMiddle)
    }

    private static func changes(_ base: ArraySlice<Word>, _ version: ArraySlice<Word>) -> [Change] {
        var isRemoved = Array(repeating: false, count: base.count)
        var isInserted = Array(repeating: false, count: version.count)
        for change in Array(version).difference(from: Array(base)) {
            switch change {
            case .remove(let offset, _, _): isRemoved[offset] = true
            case .insert(let offset, _, _): isInserted[offset] = true
            }
        }
        var changes: [Change] = []
        var (left, right) = (0, 0)
        while left < base.count || right < version.count {
            let (leftStart, rightStart) = (left, right)
            while left < base.count, isRemoved[left] { left += 1 }
            while right < version.count, isInserted[right] { right += 1 }
            if left > leftStart || right > rightStart {
                changes.append(
                    Change(
                        base: (base.startIndex + leftStart)..<(base.startIndex + left),
                        version: (version.startIndex + rightStart)..<(version.startIndex + right)))
            } else {
                left += 1
                right += 1
            }
        }
        return changes
    }

    /// The runs of the base that any version changed; those that meet are one.
    private static func regions(_ changes: [[Change]]) -> [Range<Int>] {
        var regions: [Range<Int>] = []
        for change in changes.joined().map(\.base).sorted(by: {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }) {
            if let last = regions.last, touches(change, last) {
                regions[regions.count - 1] =
                    last.lowerBound..<max(last.upperBound, change.upperBound)
            } else {
                regions.append(change)
            }
        }
        return regions
    }

    private static func touches(_ range: Range<Int>, _ region: Range<Int>) -> Bool {
        range.lowerBound <= region.upperBound && region.lowerBound <= range.upperBound
    }

    /// Where a version has what a region of the base became.
    private static func range(in changes: [Change], of region: Range<Int>) -> Range<Int> {
        var shift = 0
        var (lower, upper) = (region.lowerBound, region.upperBound)
        var inner = 0
        for change in changes {
            let growth = change.version.count - change.base.count
            if touches(change.base, region) {
                inner += growth
            } else if change.base.upperBound < region.lowerBound {
                shift += growth
            }
        }
        lower += shift
        upper += shift + inner
        return lower..<upper
    }
}

/// A word of a text, compared by its bytes (D38).
private struct Word: Hashable {
    let text: String

    static func == (left: Word, right: Word) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    static func words(of text: String) -> [Word] {
        var words: [Word] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if number > 0 { words.append(Word(text: "\n")) }
            words += line.split(whereSeparator: \.isWhitespace).map { Word(text: String($0)) }
        }
        return words
    }

    static func text(_ words: ArraySlice<Word>) -> String {
        var text = ""
        for word in words {
            if !text.isEmpty, word.text != "\n", text.last != "\n" { text += " " }
            text += word.text
        }
        return text
    }
}
