internal import KithModel
internal import KithSite
internal import Logging

/// Writes how sessions ended into the daemon's log: of partners the beginning of their ids, of people nothing.
struct SessionLog {
    let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    func log(_ report: SyncReport) {
        let metadata: Logger.Metadata = [
            "peer.site": "\(report.site.short)",
            "sync.equal": "\(report.isEqual)",
            "entries.sent": "\(report.sent)",
            "entries.received": "\(report.received)",
            "bytes.sent": "\(report.bytesSent)",
            "bytes.received": "\(report.bytesReceived)",
            "sync.milliseconds": "\(report.milliseconds)",
        ]
        guard let problem = report.problem else {
            return logger.info("a session ended", metadata: metadata)
        }
        logger.warning(
            report.isPaused ? "a session paused" : "a session failed",
            metadata: metadata.merging(["sync.problem": "\(problem)"]) { first, _ in first })
    }
}
