/// Why a safety-critical slot shows no value.
public enum Absence: String, Sendable, Codable {
    /// Nobody wrote anything.
    case notRecorded
    /// Somebody took the value away and put nothing in its place.
    case cleared
    /// This site is not a member of the compartment.
    case notShared
    /// A partner is known to hold something that has not arrived yet.
    case awaited
    /// The value was erased.
    case erased
    /// The value is of a kind that only a newer version of Kith can show.
    case needsNewerVersion
    /// The key to the value has not arrived yet.
    case unreadable

    /// The words that every view shows in place of a value.
    public var words: String {
        switch self {
        case .notRecorded: "not recorded"
        case .cleared: "taken away, nothing recorded since"
        case .notShared: "not shared with this site"
        case .awaited: "awaited from a partner"
        case .erased: "erased"
        case .needsNewerVersion: "needs a newer version of Kith"
        case .unreadable: "here, but its key has not arrived"
        }
    }
}
