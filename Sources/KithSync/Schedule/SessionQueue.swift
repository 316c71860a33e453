/// Whom of several peers to meet next: a bounded number at a time, so that one that is slow or dead holds
/// up nobody but itself, and once more whoever was met before another one brought news.
///
/// Peers are numbers from zero. Without the second meeting, what one peer brings would reach the others a
/// night later wherever their sessions ran beside its own. Source: architecture D32. Complexity: linear
/// in the peers for each session.
public struct SessionQueue: Sendable {
    private enum Place: Equatable {
        case waiting
        case running
        case met
        /// It failed: when it is met again is for its back-off to say.
        case failed
    }

    /// The most sessions that one peer has in one run.
    public static let mostSessions = 3

    private let limit: Int
    private var places: [Place]
    private var sessions: [Int]
    /// How many sessions had brought news when the latest one with each peer began, and its own since.
    private var known: [Int]
    private var news = 0

    /// Queues that many peers, of whom at most `limit` are met at once; at least one is.
    public init(peers: Int, limit: Int) {
        self.limit = max(limit, 1)
        places = Array(repeating: .waiting, count: peers)
        sessions = Array(repeating: 0, count: peers)
        known = Array(repeating: 0, count: peers)
    }

    /// How many sessions run.
    public var running: Int { places.count { $0 == .running } }

    /// The peer to begin a session with now; nil when nobody is to be met before another session ends.
    ///
    /// Whoever has not been met yet comes first.
    public mutating func next() -> Int? {
        guard running < limit else { return nil }
        guard let peer = places.firstIndex(of: .waiting) ?? firstToMeetAgain else { return nil }
        places[peer] = .running
        sessions[peer] += 1
        known[peer] = news
        return peer
    }

    /// A session has ended, well or not, and brought something new or not.
    public mutating func ended(_ peer: Int, isEqual: Bool, broughtNews: Bool) {
        precondition(places[peer] == .running, "no session runs with peer \(peer)")
        places[peer] = isEqual ? .met : .failed
        guard broughtNews else { return }
        // What came of a peer is no news to it; what others brought meanwhile is.
        if known[peer] == news { known[peer] += 1 }
        news += 1
    }

    private var firstToMeetAgain: Int? {
        places.indices.first {
            places[$0] == .met && known[$0] < news && sessions[$0] < Self.mostSessions
        }
    }
}
