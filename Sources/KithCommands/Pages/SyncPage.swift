import KithSite

/// How sessions went, as people read it.
struct SyncPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each session, then why some failed.
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
        let problems = reports.filter { !$0.isEqual || $0.problem != nil }.flatMap { report in
            Labelled("!", indent: 0, labelWidth: 2, look: .alarm).lines(
                "\(report.peer): \(report.problem ?? "the two sites did not become equal; sync again")",
                width: context.width)
        }
        return table.lines(width: context.width) + problems
    }
}
