import KithModel

/// A hundred new entries in one of a thousand partnerships: over a long log it must cost what it costs
/// over a short one.
struct FewOfMany {
    let programs: Programs
    let scale: Scale

    private static let partnerships = 1_000
    private static let entries = 100
    private static let rounds = 5

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        let count = scale.of(Self.partnerships)
        try await homes.share(count)
        let (short, long) = (scale.of(10_000), scale.of(1_000_000))
        let before = try await fill(homes, to: short, tell)
        let after = try await fill(homes, to: long, from: short, tell)
        programs.remove("elm")
        programs.remove("oak")
        let where_ = "\(Self.entries) entries in one of \(count) partnerships"
        return [
            Measure(
                "few-of-many-time", after.milliseconds / before.milliseconds, atMost: 1.3,
                "\(Int(after.milliseconds)) ms over \(long) entries, \(Int(before.milliseconds)) over \(short); \(where_)"
            ),
            Measure(
                "few-of-many-turns", Double(after.roundTrips), atMost: 4, "round trips; \(where_)"),
            Measure(
                "few-of-many-bytes", Double(after.bytes - after.entryBytes), atMost: 6_144,
                "bytes of messages beyond the \(after.entryBytes) of the entries; \(where_)"),
        ]
    }

    private struct Sync {
        var milliseconds: Double
        var roundTrips: Int
        var bytes: Int
        var entryBytes: Int
    }

    /// Fills the first partnership, then measures a few entries in another, the fastest of some rounds.
    private func fill(
        _ homes: Neighbours, to size: Int, from: Int = 0, _ tell: (String) -> Void
    ) async throws -> Sync {
        tell("a log of \(size) entries")
        try await homes.open("elm") { site in
            try await CarePlanLog(partnership: homes.partnership)
                .write(size - from, to: site, from: from)
        }
        var elm = try homes.startElm()
        _ = try homes.sync()
        var best: Sync?
        for _ in 0..<Self.rounds {
            try elm.stop()
            let bytes = try await homes.open("elm") { site in
                let other = try await homes.other(at: site)
                return try await CarePlanLog(partnership: other)
                    .writeMeasured(Self.entries, to: site)
            }
            elm = try homes.startElm()
            let session = try homes.sync()
            guard session.received == Self.entries else {
                throw BenchProblem("\(session.received) entries came, not \(Self.entries)")
            }
            let sync = Sync(
                milliseconds: Double(session.milliseconds), roundTrips: session.roundTrips,
                bytes: session.bytesReceived + session.bytesSent, entryBytes: bytes)
            if best.map({ sync.milliseconds < $0.milliseconds }) ?? true { best = sync }
        }
        try elm.stop()
        guard let best else { throw BenchProblem("nothing was measured") }
        return best
    }
}
