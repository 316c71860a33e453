import Foundation

/// Three sites in one partnership, the first with a daemon.
struct Trio {
    var pair: Pair
    let oak: TestHome

    init() throws {
        pair = try Pair()
        oak = try pair.workspace.site("Oak Lodge")
        try oak.must("partnership", "join", try pair.elm.invite(Pair.partnership), "--yes")
        try pair.sync()
    }

    /// Everybody meets the daemon twice, so that what one brought reaches the others.
    func sync() throws {
        for home in [pair.riverside, oak, pair.riverside] { try home.must("sync") }
    }

    var homes: [TestHome] { [pair.elm, pair.riverside, oak] }
}
