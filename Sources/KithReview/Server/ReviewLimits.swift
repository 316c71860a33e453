import NIOCore

/// What browsers, and strangers that pose as such, may take.
enum ReviewLimits {
    /// Connections at once; more wait in the system's queue.
    static let connections = 256
    /// Connections of one address at once.
    static let connectionsOfAddress = 64
    /// For how long a handshake, or a request until its last byte, may take.
    static let request: TimeAmount = .seconds(20)
    /// For how long a connection may be silent between requests.
    static let idle: TimeAmount = .seconds(60)
    /// Bytes of one header field, of all, and how many there may be.
    static let headerField = 8 * 1024
    static let headers = 32 * 1024
    static let headerCount = 64
    /// Bytes of a form: the longest texts, each character as three escaped bytes or more.
    static let form = 1024 * 1024
    /// Fields of a form.
    static let formFields = 2000
    /// Bytes of a path with its query.
    static let target = 4096
    /// Requests that an address may make at once after a pause, and how many a second after that.
    static let burst = 240.0
    static let rate = 12.0
    /// Addresses whose requests are counted.
    static let addresses = 4096
    /// Forms of which it is remembered that they were carried out, against saving twice.
    static let submissions = 4096
    /// How many pages are made at once: as many as the database has readers for.
    static let pagesAtOnce = 4
    /// The same while a sync runs: a second one would be in the way of the sync on the other processor, and
    /// fifty readers hardly need it.
    static let pagesDuringSync = 1
}
