import KithSite

/// How sessions went, as people read it.
struct SyncPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each session.
    func lines(_ reports: [SyncReport]) -> [Line] {
        var table = Table([
            .init("Peer"), .init("Result"), .init("Sent", number: true),
            .init("Received", number: true), .init("Data", number: true),
            .init("Time", number: true),
        ])
        for report in reports {
            table.add(
                [
                    report.peer, report.isEqual ? "equal" : "NOT EQUAL", String(report.sent),
                    String(report.received),
                    Amount.bytes(Int64(report.bytesSent) + Int64(report.bytesReceived)),
                    Amount.duration(milliseconds: report.milliseconds),
                ], report.isEqual ? .plain : .alarm)
        }
        return table.lines(width: context.width)
    }

    /// Says on standard error why sessions failed, a line each; false when one did.
    func tellProblems(_ reports: [SyncReport]) -> Bool {
        let failed = reports.filter { !$0.isEqual || $0.problem != nil }
        context.note(
            failed.map { report in
                let why = report.problem ?? "the two sites did not become equal; sync again"
                return Line("kith: \(report.peer): \(why)")
            })
        return failed.isEmpty
    }
}
