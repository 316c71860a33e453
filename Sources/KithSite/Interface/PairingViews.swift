public import KithModel

/// How to pair by phone.
public struct PairingRequest: Codable, Sendable {
    /// Where the other site waits, as HOST:PORT; nil: this site waits for the other to dial.
    public var address: String?
    /// Whether a wait goes on in which words have differed; else it is begun anew.
    public var isAnotherTry: Bool

    /// Describes how to pair.
    public init(address: String?, isAnotherTry: Bool = false) {
        self.address = address
        self.isAnotherTry = isAnotherTry
    }
}

/// What two people compare. What the other site says of itself is unproven until they have.
public struct ComparisonView: Codable, Sendable {
    /// Names the comparison in the decision.
    public var id: String
    /// Six words, in order.
    public var words: [String]
    /// The other site, proven by TLS to be whoever is at the other end.
    public var site: SiteID
    /// What it calls itself.
    public var name: String
    /// The code of the kind of organisation that it says it is.
    public var kind: String

    /// Describes a comparison.
    public init(id: String, words: [String], site: SiteID, name: String, kind: String) {
        self.id = id
        self.words = words
        self.site = site
        self.name = name
        self.kind = kind
    }
}

/// What two people found.
public struct PairingDecision: Codable, Sendable {
    /// The comparison's id.
    public var id: String
    /// Whether both read the same words.
    public var isSame: Bool

    /// Describes a decision.
    public init(id: String, isSame: Bool) {
        self.id = id
        self.isSame = isSame
    }
}

/// What came of a comparison.
public struct PairingOutcome: Codable, Sendable {
    /// The new peer; nil when the words differed.
    public var peer: PeerView?
    /// How often this site still answers before its person has to begin anew.
    public var triesLeft: Int

    /// Describes what came of it.
    public init(peer: PeerView?, triesLeft: Int) {
        self.peer = peer
        self.triesLeft = triesLeft
    }
}
