import KithModel
import KithSite

/// What a command works with: the world outside, the way to a site, and the rules of printing.
struct CommandContext: Sendable {
    /// The widest that anything is printed, however wide the terminal is.
    static let widest = 80

    let console: Console
    let opener: any SiteOpener

    /// The columns to print in.
    var width: Int { min(Self.widest, max(console.columns, 40)) }

    /// Prints lines on standard output.
    func print(_ lines: [Line]) {
        let isColoured = console.isColoured
        console.output(lines.map { $0.rendered(coloured: isColoured) + "\n" }.joined())
    }

    /// Prints one paragraph on standard output, wrapped; a name in it cannot begin a new line.
    func print(_ text: String) {
        print(Wrapping.lines(TerminalText.line(text), width: width).map { Line($0) })
    }

    /// Prints lines as they are, for other programs to read.
    func printRaw(_ lines: [String]) {
        console.output(lines.map { $0 + "\n" }.joined())
    }

    /// Prints a value as JSON.
    func printJSON(_ value: some Encodable) throws {
        console.output(try JSONText.of(value))
    }

    /// Prints lines on standard error: what a person should know, but a pipe should not get.
    func note(_ lines: [Line]) {
        console.errors(lines.map { $0.rendered(coloured: false) + "\n" }.joined())
    }

    /// Asks on standard error; nil when the input has ended. Only where `isInteractive`.
    func ask(_ question: String) -> String? {
        console.errors(TerminalText.line(question) + " ")
        guard let answer = console.readLine() else {
            console.errors("\n")
            return nil
        }
        return answer.trimmingSpaces
    }

    /// Asks for a yes; anything else is a no.
    func confirms(_ question: String) -> Bool {
        ["y", "yes"].contains((ask(question + " [y/N]") ?? "").lowercased())
    }

    /// Today where the command is run: what ended before is done with.
    var calendarDay: Day { Day(console.now(), in: console.zone) }

    /// A moment in local time with its zone.
    func time(_ instant: Instant) -> String {
        instant.formatted(in: console.zone)
    }

    /// A moment that may not have come yet.
    func time(_ instant: Instant?, orElse words: String) -> String {
        instant.map(time) ?? words
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
