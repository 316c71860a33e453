/// The most that anything from outside may be. The same table stands in `Protocol/limits.md`.
public enum Limits {
    /// Bytes of a serialized header.
    public static let headerBytes = 65_536
    /// Bytes of a sealed skeleton.
    public static let skeletonBytes = 262_144
    /// Bytes of a sealed body.
    public static let bodyBytes = 1_048_576
    /// Parts of one entry.
    public static let parts = 1_024
    /// Operations of one part; the stride between parts in an operation's index.
    public static let operations = 4_096
    /// Operations that one operation may name.
    public static let supersedes = 1_024
    /// Feeds that one header may name; so many fit, with the parts of an entry.
    public static let knows = 512
    /// Feeds whose ends a removal may name.
    public static let cutEnds = 1_024
    /// Parts that one erasure may name.
    public static let erasedParts = 4_096
    /// Bytes of one text in a skeleton: a person's name, a role.
    public static let personBytes = 1_024
    /// Members of one atomic group.
    public static let groupMembers = 256
    /// Bytes of the entries of one batch; a single larger entry is a batch of its own.
    public static let batchBytes = 524_288
    /// Entries of one batch.
    public static let batchEntries = 5_000
    /// Batches that may be on their way without an acknowledgement.
    public static let batchesInFlight = 10
    /// Bytes of all statements that one side sends in a session.
    public static let proofBytes = 67_108_864
    /// Bytes of one message of a session.
    public static let messageBytes = 4_194_304
    /// Feeds of one compartment that a session compares.
    public static let feeds = 100_000
    /// Compartments that a session compares.
    public static let holdings = 100_000
    /// Buckets of the two-level digest.
    public static let buckets = 4_096
    /// Entries of one compartment that are asked for again.
    public static let wanted = 1_000
    /// Partnerships that one message may offer.
    public static let offers = 1_000
    /// Letterboxes that one site may keep at a relay.
    public static let letterboxes = 100
    /// Bytes of what is sealed for or in a letterbox: a notice, a join request.
    public static let sealedJoinBytes = 16_384
    /// Join requests in one letterbox, each by another site.
    public static let joinsInLetterbox = 4
    /// Join requests that one answer of a relay hands over; the others come with the next.
    public static let joinsCollected = 64
    /// The greatest sequence: what SQLite and every other language can hold.
    public static let sequence: UInt64 = 1 << 62
}
