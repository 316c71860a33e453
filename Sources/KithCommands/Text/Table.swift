/// Rows and columns that fit a width, whatever is in them.
///
/// Columns that may be shortened give way, the widest first; a text that is cut ends in `…`.
struct Table: Sendable {
    /// A column.
    struct Column: Sendable {
        let title: String
        /// Numbers stand to the right.
        let isNumber: Bool
        /// Ids and times are of no use when cut: they give way last.
        let isFixed: Bool
        /// What does not fit goes on in the next line, instead of being cut.
        let isWrapped: Bool

        init(
            _ title: String, number: Bool = false, fixed: Bool = false, wrapped: Bool = false
        ) {
            self.title = title
            isNumber = number
            isFixed = fixed
            isWrapped = wrapped
        }
    }

    private struct Cell {
        let text: String
        let look: Line.Look
        let width: Int
    }

    private static let gap = 2
    /// Nothing beyond this is ever shown of a cell, so nothing beyond it is looked at.
    private static let cellLimit = 400

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Whether it has no rows.
    var isEmpty: Bool { rows.isEmpty }

    /// Adds a row; missing cells are empty.
    mutating func add(_ texts: [String], _ look: Line.Look = .plain) {
        rows.append(
            columns.indices.map { column in
                let source = texts.indices.contains(column) ? texts[column] : ""
                let text = TerminalText.line(String(source.prefix(Self.cellLimit)))
                return Cell(text: text, look: look, width: DisplayWidth.of(text))
            })
    }

    /// The table as lines of at most a width.
    func lines(width: Int, indent: Int = 0) -> [Line] {
        let widths = fittingWidths(in: width - indent)
        let titles = columns.map {
            Cell(text: $0.title, look: .bold, width: DisplayWidth.of($0.title))
        }
        return ([titles] + rows).flatMap { row in
            let texts = zip(row, columns).enumerated().map { place, pair in
                let (cell, column) = pair
                // Nothing narrower can be wrapped.
                return column.isWrapped && widths[place] >= 8
                    ? Wrapping.lines(cell.text, width: widths[place])
                    : [DisplayWidth.cut(cell.text, to: widths[place])]
            }
            return (0..<(texts.map(\.count).max() ?? 1)).map { number in
                var line = Line(String(repeating: " ", count: indent))
                for (column, cell) in row.enumerated() {
                    let text = texts[column].indices.contains(number) ? texts[column][number] : ""
                    let padded = DisplayWidth.padded(
                        text, to: widths[column], right: columns[column].isNumber)
                    if column > 0 { line = line + Line(String(repeating: " ", count: Self.gap)) }
                    line = line + Line(padded, cell.look)
                }
                return line
            }
        }
    }

    private func fittingWidths(in width: Int) -> [Int] {
        var widths = columns.enumerated().map { number, column in
            max(DisplayWidth.of(column.title), rows.map { $0[number].width }.max() ?? 0)
        }
        let room = max(columns.count * 2, width - Self.gap * (columns.count - 1))
        while widths.reduce(0, +) > room {
            let giving =
                widths.indices.filter { !columns[$0].isFixed && widths[$0] > 6 }
                .max { widths[$0] < widths[$1] }
                ?? widths.indices.max { widths[$0] < widths[$1] }
            guard let giving, widths[giving] > 1 else { break }
            // Down to the next widest at once would be faster; cells are short enough not to care.
            widths[giving] -= 1
        }
        return widths
    }
}
