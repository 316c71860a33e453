public import Foundation
public import KithModel

/// Everything that the commands see of the world outside: the seam that tests replace.
public struct Console: Sendable {
    /// Writes to standard output; never fails, see `StandardStream`.
    public var output: @Sendable (String) -> Void
    /// Writes to standard error.
    public var errors: @Sendable (String) -> Void
    /// Reads a line from standard input, without its end; nil at the end of input.
    public var readLine: @Sendable () -> String?
    /// Reads a line that is not shown while it is typed.
    public var readSecret: @Sendable () -> String?
    /// Reads one key without waiting for the end of a line, and without showing it; nil at the end of
    /// input and for an interruption.
    public var readKey: @Sendable () -> Character?
    /// Lets a person edit a file in their editor; gives its exit status, nil when it could not start.
    public var edit: @Sendable (_ file: String) -> Int32?
    /// Whether standard input is a terminal.
    public var isInputTerminal: Bool
    /// Whether standard output is a terminal.
    public var isOutputTerminal: Bool
    /// Whether standard error is a terminal.
    public var isErrorTerminal: Bool
    /// Columns of the terminal; 80 where there is none.
    public var columns: Int
    /// The environment.
    public var environment: [String: String]
    /// The login of whoever runs the program.
    public var login: String
    /// The zone in which times are shown and entered.
    public var zone: TimeZone
    /// The present moment, for ages and for pacing progress.
    public var now: @Sendable () -> Instant
    /// Why output could not be written, once it could not; nil while all is well.
    public var outputProblem: @Sendable () -> String?

    /// Describes a console; what is left out is as in a pipe without an environment.
    public init(
        output: @escaping @Sendable (String) -> Void, errors: @escaping @Sendable (String) -> Void,
        readLine: @escaping @Sendable () -> String? = { nil },
        readSecret: @escaping @Sendable () -> String? = { nil },
        readKey: @escaping @Sendable () -> Character? = { nil },
        edit: @escaping @Sendable (_ file: String) -> Int32? = { _ in nil },
        isInputTerminal: Bool = false,
        isOutputTerminal: Bool = false, isErrorTerminal: Bool = false, columns: Int = 80,
        environment: [String: String] = [:], login: String, zone: TimeZone,
        now: @escaping @Sendable () -> Instant,
        outputProblem: @escaping @Sendable () -> String? = { nil }
    ) {
        self.output = output
        self.errors = errors
        self.readLine = readLine
        self.readSecret = readSecret
        self.readKey = readKey
        self.edit = edit
        self.isInputTerminal = isInputTerminal
        self.isOutputTerminal = isOutputTerminal
        self.isErrorTerminal = isErrorTerminal
        self.columns = columns
        self.environment = environment
        self.login = login
        self.zone = zone
        self.now = now
        self.outputProblem = outputProblem
    }

    /// Whether questions can be asked: they go to standard error, answers come from input.
    public var isInteractive: Bool { isInputTerminal && isErrorTerminal }

    /// Whether colour is wanted (see no-color.org); it never carries meaning alone.
    public var isColoured: Bool {
        isOutputTerminal && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }
}
