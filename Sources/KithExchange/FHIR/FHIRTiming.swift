/// When something is to be done, in words that people read.
struct FHIRTiming {
    /// The words; nil when the element says nothing.
    let words: FHIRText?

    private static let understood = [
        "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay",
        "when", "boundsPeriod",
    ]
    private static let units = [
        "s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month",
        "a": "year",
    ]

    /// Reads a Timing.
    init(_ timing: FHIRElement) throws {
        if let text = try timing.concept("code")?.text {
            words = text
            return
        }
        var parts = try timing.texts("event").map(\.text)
        if let pattern = try timing.element("repeat") {
            if let rate = try Self.rate(pattern) { parts.append(rate) }
            for name in ["dayOfWeek", "timeOfDay", "when"] {
                parts += try pattern.texts(name).map(\.text)
            }
            if let bounds = try pattern.element("boundsPeriod"),
                let period = try Self.period(bounds)
            {
                parts.append(period.text)
            }
            // A schedule of which a part is missing reads like a different schedule.
            if !pattern.names.allSatisfy({ Self.understood.contains($0) }) {
                parts.append("more in the source")
            }
        }
        words =
            parts.isEmpty
            ? nil : FHIRText(text: parts.joined(separator: ", "), offset: timing.offset)
    }

    /// `from … until …` of a Period.
    static func period(_ period: FHIRElement) throws -> FHIRText? {
        let start = try period.dateTime("start").map { "from \($0.date)" }
        let end = try period.dateTime("end").map { "until \($0.date)" }
        let words = [start, end].compactMap(\.self).joined(separator: " ")
        return words.isEmpty ? nil : FHIRText(text: words, offset: period.offset)
    }

    private static func rate(_ pattern: FHIRElement) throws -> String? {
        let times = try range(pattern, "frequency")
        let period = try range(pattern, "period")
        let unit = try pattern.text("periodUnit")?.text
        guard let period, let unit else { return times.map { "\($0) times" } }
        let name = units[unit] ?? unit
        let every = period == "1" ? "every \(name)" : "every \(period) \(name)s"
        return times == nil || times == "1" ? every : "\(times ?? "") times \(every)"
    }

    private static func range(
        _ pattern: FHIRElement, _ name: String
    ) throws -> String? {
        guard let least = try pattern.number(name) else { return nil }
        return try pattern.number("\(name)Max").map { "\(least.text) to \($0.text)" } ?? least.text
    }
}

extension FHIRElement {
    /// The names of its elements.
    var names: [String] {
        guard case .object(let members) = node.value else { return [] }
        return members.map(\.name)
    }
}
