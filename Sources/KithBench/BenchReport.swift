import Foundation

/// The machine that a run ran on.
package struct Machine: Codable, Sendable {
    /// The processor, as it calls itself.
    package let processor: String
    /// How many cores.
    package let cores: Int
    /// Bytes of memory.
    package let memory: UInt64
    /// How many others wanted a core when the run ended.
    package let load: Double
    /// Whether the programs are built to be quick.
    package let isOptimised: Bool

    /// Describes this machine, now.
    package init() {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor =
            model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
            ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        memory = ProcessInfo.processInfo.physicalMemory
        let loads = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        load = loads.split(separator: " ").first.flatMap { Double($0) } ?? 0
        #if DEBUG
            isOptimised = false
        #else
            isOptimised = true
        #endif
    }
}

/// What a run measured.
package struct BenchReport: Codable, Sendable {
    /// Whether the sizes were a tenth of what the targets are about.
    package let isQuick: Bool
    /// Where it ran.
    package let machine: Machine
    /// The measures.
    package let measures: [Measure]

    /// Puts a run together.
    package init(isQuick: Bool, machine: Machine, measures: [Measure]) {
        self.isQuick = isQuick
        self.machine = machine
        self.measures = measures
    }

    /// The report as JSON.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// The report as people read it, at most 80 columns wide.
    package var table: String {
        var lines = [
            "\(machine.processor), \(machine.cores) cores, load \(machine.load)"
                + (machine.isOptimised ? "" : "; NOT an optimised build")
        ]
        if isQuick { lines.append("At a tenth of the sizes that the targets are about.") }
        lines.append("")
        for measure in measures {
            let name = measure.name.padding(toLength: 24, withPad: " ", startingAt: 0)
            let ratio = Self.number(measure.ratio)
            let target = Self.number(measure.target)
            lines.append("\(name)\(ratio)  target \(target)  \(measure.reached ? "yes" : "NO")")
            lines.append("    \(measure.detail)")
        }
        return lines.joined(separator: "\n")
    }

    private static func number(_ value: Double) -> String {
        let text = String(format: value < 10 ? "%.2f" : "%.0f", value)
        return String(repeating: " ", count: max(8 - text.count, 0)) + text
    }
}
