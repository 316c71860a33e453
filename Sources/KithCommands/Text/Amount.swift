import KithModel

/// Sizes, durations and counts in few characters.
enum Amount {
    /// Bytes in the unit that leaves one to three digits before the point: `1.4 MB`.
    static func bytes(_ count: Int64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = count
        var unit = 0
        let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 1_000_000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return value >= 100_000
            ? "\(value / 1000) \(units[unit])"
            : "\(value / 1000).\(value % 1000 / 100) \(units[unit])"
    }

    /// A duration: `0.4 s`, `3 min 20 s`.
    static func duration(milliseconds: Int) -> String {
        let tenths = max(0, milliseconds) / 100
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10) s" }
        return "\(tenths / 600) min \(tenths / 10 % 60) s"
    }

    /// How long ago something was, in its largest unit: `3 days ago`.
    static func age(of instant: Instant, at now: Instant) -> String {
        let minutes = (now.milliseconds - instant.milliseconds) / 60_000
        switch minutes {
        case ..<0: return "in the future"
        case 0: return "just now"
        case 1..<120: return "\(count(Int(minutes), "minute", "minutes")) ago"
        case 120..<(48 * 60): return "\(minutes / 60) hours ago"
        default: return "\(minutes / 1440) days ago"
        }
    }

    /// A number with its noun: `1 value`, `2 values`.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
