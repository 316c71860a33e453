import Crypto
import Foundation
import KithModel
import KithStore

/// What happened in a run, a line each, in an order that is the same for the same plan.
package final class Trace {
    private var hash = SHA256()
    private var story = SHA256()
    private let isKept: Bool
    private let sink: ((Int, String) -> Void)?
    /// Lines so far.
    package private(set) var steps = 0

    /// A trace that hands on every line with its number, or is only counted.
    package init(isKept: Bool, sink: ((Int, String) -> Void)? = nil) {
        self.isKept = isKept
        self.sink = sink
    }

    /// Adds a line; the text is made only if somebody wants it.
    ///
    /// - Parameter hashes: what is to be read with it that depends on hashes of entries.
    func note(
        _ time: Int64, _ line: @autoclosure () -> String, hashes: @autoclosure () -> String = ""
    ) {
        steps += 1
        guard isKept else { return }
        let minutes = (time - SimulatedClock.beginning.milliseconds) / SimulatedClock.minute
        let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let told = "day \(day) \(two(hour)):\(two(minute))  \(line())"
        let text = told + hashes()
        hash.update(data: Data((text + "\n").utf8))
        story.update(data: Data((told + "\n").utf8))
        sink?(steps, text)
    }

    /// SHA-256 of all lines; the same for every empty or uncollected trace.
    package var digest: String { Data(hash.finalize()).hexadecimal }

    /// The same of what does not depend on hashes of entries: what happened, however it is signed and sealed.
    package var storyDigest: String { Data(story.finalize()).hexadecimal }
}
