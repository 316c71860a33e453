/// Two texts compared word by word.
///
/// **Source:** the longest common subsequence of words, by the table of Wagner and Fischer.
/// **Complexity:** the product of the numbers of words; beyond a bound the whole text counts as changed.
struct WordDiff {
    /// A run of words.
    struct Run: Equatable {
        /// What became of it.
        enum Change { case same, removed, added }
        var change: Change
        var text: String
    }

    /// The runs, in reading order; what was removed stands before what came in its place.
    let runs: [Run]

    private static let bound = 1_000_000

    init(from old: String, to new: String) {
        let (left, right) = (Self.words(old), Self.words(new))
        guard left.count * right.count <= Self.bound else {
            runs = [Run(change: .removed, text: old), Run(change: .added, text: new)]
            return
        }
        // Lengths of the longest common subsequence of what begins at each pair of places.
        let width = right.count + 1
        var lengths = [Int32](repeating: 0, count: (left.count + 1) * width)
        for i in stride(from: left.count - 1, through: 0, by: -1) {
            for j in stride(from: right.count - 1, through: 0, by: -1) {
                lengths[i * width + j] =
                    Self.same(left[i], right[j])
                    ? lengths[(i + 1) * width + j + 1] + 1
                    : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
            }
        }
        var runs: [Run] = []
        func add(_ change: Run.Change, _ word: Substring) {
            if runs.last?.change == change {
                runs[runs.count - 1].text += word
            } else {
                runs.append(Run(change: change, text: String(word)))
            }
        }
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if i < left.count, j < right.count, Self.same(left[i], right[j]) {
                add(.same, right[j])
                (i, j) = (i + 1, j + 1)
            } else if j == right.count
                || (i < left.count && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
            {
                add(.removed, left[i])
                i += 1
            } else {
                add(.added, right[j])
                j += 1
            }
        }
        self.runs = runs
    }

    /// Words with the space that follows each, so that the runs put together are the text.
    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var start = text.startIndex
        var wasSpace = false
        for index in text.indices {
            let isSpace = text[index].isWhitespace
            if wasSpace, !isSpace {
                words.append(text[start..<index])
                start = index
            }
            wasSpace = isSpace
        }
        if start < text.endIndex { words.append(text[start...]) }
        return words
    }

    /// Bytes decide: a word composed another way is another word, and so is one before another space.
    private static func same(_ left: Substring, _ right: Substring) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }
}
