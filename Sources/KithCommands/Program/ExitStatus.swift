/// How a command ended, as scripts see it (`ARCHITECTURE.md`, "The command line").
enum ExitStatus: Int32, Sendable {
    /// Done.
    case done = 0
    /// Failed.
    case failed = 1
    /// Asked wrongly; nothing was changed.
    case usage = 2
    /// Something needs a person.
    case needsPerson = 3
}

/// A wrong use of a command that the command itself notices, before anything is changed.
struct UsageProblem: Error {
    /// One line: what is wrong, and what to do.
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
