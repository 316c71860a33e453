import Foundation

/// Somebody who follows every link, and tries what no link leads to.
struct Crawler {
    private let served: ServedSite
    let browser: Browser
    /// The most pages that a crawl may find; more is a loop.
    private static let most = 900

    init(_ served: ServedSite, _ browser: Browser) {
        self.served = served
        self.browser = browser
    }

    /// Every page that links lead to from some first ones, by its address: its status and its text without
    /// what differs between two looks at one thing.
    func crawl(from first: [String]) async throws -> [String: String] {
        var found: [String: String] = [:]
        var left = first
        var seen: [String: Int] = [:]
        while let path = left.popLast() {
            guard found[path] == nil else { continue }
            guard found.count < Self.most else { throw Endless() }
            let reply = try await ask("GET", path)
            found[path] = "\(reply.status)\n\(Self.settled(reply.body))"
            let next = reply.header("Location").map { [$0] } ?? Self.links(in: reply.body)
            left += next.filter { found[$0] == nil && isWorthAsking($0, &seen) }
        }
        return found
    }

    /// How many are looked at of pages that are alike; the list that leads to them is read whole.
    private static let enough = ["edit": 15, "conflict": 25, "form": 2]

    /// Whether a link leads to something else than others did.
    private func isWorthAsking(_ path: String, _ seen: inout [String: Int]) -> Bool {
        var (kind, name) = ("", path)
        if path.hasPrefix("/assets/") { return false }
        if path.hasSuffix("/edit") { (kind, name) = ("edit", "edit") }
        if path.hasPrefix("/conflicts/") { (kind, name) = ("conflict", "conflict") }
        if path.hasPrefix("/records/new") {
            (kind, name) = ("form", String(path.prefix { $0 != "&" }))
        }
        guard let most = Self.enough[kind] else { return true }
        seen[name, default: 0] += 1
        return seen[name, default: 0] <= most
    }

    struct Endless: Error {}

    /// Asks for one page. The clock goes on a little, so that the limit of an address is not met.
    func ask(
        _ method: String, _ path: String, form: [(String, String)]? = nil
    ) async throws -> Browser.Reply {
        served.wait(milliseconds: 100)
        return try await browser.ask(method, path, form: form)
    }

    /// The addresses on a page that are links to other pages of it.
    static func links(in body: String) -> [String] {
        body.matches(of: /href="(\/[^"]*)"/).map {
            $0.1.replacingOccurrences(of: "&amp;", with: "&")
        }
    }

    /// A page without the moment at which it was shown, the tokens of its forms, and the number of the
    /// latest arrival, which forms carry as what was seen: that something came tells nothing of what.
    static func settled(_ body: String) -> String {
        body.replacing(/(?:Shown|Printed) \d{4}-\d\d-\d\d \d\d:\d\d/, with: "Shown")
            .replacing(
                /name="(?:token|once|seen|version|version\.\w+|v\.seenVersion)" value="\w*"/,
                with: "name=\"…\""
            )
            // What a form offers as the present moment.
            .replacing(/value="\d{4}-\d\d-\d\dT[\d:.]+Z"/, with: "value=\"now\"")
    }
}
