import Crypto
import Foundation
import KithModel
import KithSite

/// What every page is made with: the site, the rules, and what is remembered between requests.
final class Review: Sendable {
    /// The site.
    let site: LocalSite
    /// What it is called.
    let siteName: String
    /// How the page is served.
    let configuration: ReviewConfiguration
    /// How often each address asks.
    let ledger = RequestLedger()
    /// Forms that were carried out.
    let submissions = Submissions()
    /// Tokens of sessions that go on under another.
    let renewed = RenewedTokens()
    /// The time that is shown and by which things are due.
    let now: @Sendable () -> Instant
    /// Where times are shown.
    let zone: TimeZone

    init(
        site: LocalSite, siteName: String, configuration: ReviewConfiguration, zone: TimeZone,
        now: @escaping @Sendable () -> Instant
    ) {
        self.site = site
        self.siteName = siteName
        self.configuration = configuration
        self.zone = zone
        self.now = now
    }

    /// A random name for a form, so that it is carried out once.
    func newFormID() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    /// Whether a form carries the token of a session; takes the same time either way.
    func isFormToken(_ text: String, of session: WebSession) -> Bool {
        let (left, right) = (Array(text.utf8), Array(session.formToken.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A moment as people read it.
    func words(_ instant: Instant) -> String { instant.formatted(in: zone) }

    /// Today where the site is.
    var today: DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.dateComponents([.year, .month, .day], from: now().date)
    }
}
