import Foundation
import KithModel
import KithProtocol
import KithStore
import KithSync

/// One thing that must hold, looked at whenever something happened that could break it.
///
/// Throws a `Violation`. Of a member that lies nothing is asked, and of what it alone wrote little.
protocol Checker: AnyObject {
    init(_ simulation: Simulation)
    /// A commit brought entries to an installation.
    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws
    /// A commit has touched fields of one installation.
    func touched(_ fields: [TouchedField]) throws
    /// A side has sent a message; what it says has to be true by now.
    func sent(_ message: Kith_V1_SessionMessage, from end: SessionEnd) throws
    /// A message has come through.
    func arrived(
        _ bytes: Data, _ message: Kith_V1_SessionMessage, from: SessionEnd, at end: SessionEnd
    ) throws
    /// A side of a session is over.
    func sessionEnded(_ end: SessionEnd, _ outcome: SyncSession.Outcome) throws
    /// An installation has started again.
    func restarted(_ installation: Installation) throws
    /// An installation has looked through its log.
    func scrubbed(_ installation: Installation) throws
    /// A backup has taken the place of a database that knew these parts to be erased.
    func restored(_ installation: Installation, erased: [PartID]) throws
    /// Some installations have been looked at: `Survey.changed` is what is new there.
    func surveyed() throws
    /// A night is over.
    func nightEnded() throws
    /// The faults have stopped, and everyone has synced for long enough.
    func settled() throws
}

extension Checker {
    func committed(_: [Chronicle.Arrival], at _: Installation) throws {}
    func touched(_: [TouchedField]) throws {}
    func sent(_: Kith_V1_SessionMessage, from _: SessionEnd) throws {}
    func arrived(
        _: Data, _: Kith_V1_SessionMessage, from _: SessionEnd, at _: SessionEnd
    ) throws {}
    func sessionEnded(_: SessionEnd, _: SyncSession.Outcome) throws {}
    func restarted(_: Installation) throws {}
    func scrubbed(_: Installation) throws {}
    func restored(_: Installation, erased: [PartID]) throws {}
    func surveyed() throws {}
    func nightEnded() throws {}
    func settled() throws {}

    /// The name of the invariant.
    static var name: String { "\(Self.self)" }

    func violation(_ detail: String) -> Violation { Violation(Self.name, detail) }
}

/// All checkers of a run, in the order in which they look.
enum Checkers {
    static var types: [any Checker.Type] {
        [
            Authenticity.self, NoReuse.self, Confinement.self, BoundedResend.self, Prefix.self,
            NothingLost.self, Convergence.self, EqualsOracle.self, ConflictKept.self,
            NoResurrection.self, ResolutionIsKept.self, AuthorRemovedIsShown.self,
            ViewsNameWhatIsMissing.self, Progress.self,
        ]
    }

    static func all(_ simulation: Simulation) -> [any Checker] {
        types.map { $0.init(simulation) }
    }
}
