/// A session when nothing differs, over few and over many shared partnerships.
struct NothingNew {
    let programs: Programs
    let scale: Scale

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        var measures: [Measure] = []
        for full in [1, 100, 10_000] {
            let count = full == 1 ? 1 : scale.of(full)
            tell("\(count) partnerships")
            try await homes.share(count)
            let elm = try homes.startElm()
            let session = try homes.sync()
            try elm.stop()
            let most = max(session.bytesSent, session.bytesReceived)
            measures.append(
                Measure(
                    "nothing-new-\(full)", Double(most), atMost: 1_024,
                    "bytes of messages in the busier direction; \(session.roundTrips) round trips, \(session.milliseconds) ms, \(count) partnerships"
                ))
            measures.append(
                Measure(
                    "nothing-new-\(full)-turns", Double(session.roundTrips), atMost: 1,
                    "round trips, \(count) partnerships"))
        }
        programs.remove("elm")
        programs.remove("oak")
        return measures
    }
}
