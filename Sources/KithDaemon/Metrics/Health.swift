internal import KithModel
internal import KithSite

/// Whether a site can do its work, for whoever watches over the machine.
struct Health: Equatable {
    /// Below this much free space a batch may not fit any more.
    static let leastFreeBytes: Int64 = 256 << 20

    /// What is wrong, a line each; empty when nothing is.
    let problems: [String]

    init(_ status: StatusView, at now: Instant) {
        var problems: [String] = []
        if status.entriesDamaged > 0 {
            problems.append("entries are damaged here; see 'kith doctor'")
        }
        if status.diskFreeBytes < Self.leastFreeBytes {
            problems.append("the disk is nearly full; make space where the home is")
        }
        if status.certificateEnds <= now {
            problems.append("the site's certificate has ended; see 'kith doctor'")
        }
        self.problems = problems
    }

    init(failure: String) { problems = [failure] }

    var isWell: Bool { problems.isEmpty }
    var text: String { (isWell ? ["ok"] : problems).joined(separator: "\n") + "\n" }
}
