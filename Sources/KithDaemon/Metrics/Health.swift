internal import KithModel
internal import KithSite

/// Whether a site can do its work, for whoever watches over the machine.
struct Health: Equatable {
    /// What is wrong, a line each; empty when nothing is.
    let problems: [String]

    init(_ status: StatusView, at now: Instant) {
        var problems: [String] = []
        if status.entriesDamaged > 0 {
            problems.append("entries are damaged here; see 'kith doctor'")
        }
        if status.diskFreeBytes < StatusView.leastFreeBytes {
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
