import KithModel
import KithSite

/// A resident's page of which everything was read once, and is made into HTML again for each request.
struct FixedPage: @unchecked Sendable {
    // Never changed once it is made; only its type, `Any`, cannot promise that.
    private let node: Node

    /// Reads what the page says to somebody.
    init(_ review: Review, resident: String, login: String) async throws {
        guard let user = try await review.site.users().first(where: { $0.login == login }) else {
            throw SiteError(.notFound, "there is no account \(login); make it with 'kith user add'")
        }
        let now = review.now()
        let visit = Visit(
            review: review, target: "/residents/\(resident)", parameters: ["id": resident],
            query: FormFields(), form: FormFields(),
            session: WebSession(user: user, begun: now, proved: now, formToken: review.newFormID()),
            token: nil, device: nil, address: "", certificate: nil, now: now)
        let desk = try visit.desk()
        let shown = try await ResidentPage.node(visit, desk, try await desk.family(resident))
        node = visit.layout(title: shown.title, tab: "/residents").merging(shown.node) { $1 }
    }

    /// The page.
    func answer() -> Answer { .page(Templates.page("resident", node)) }
}
