import Foundation

/// How the tests of slow links take time.
enum SlowLinkTiming {
    /// How many times faster than the links' real figures: twenty in the short form; in the long form,
    /// `Scripts/test-slow-links`, once.
    static let faster: Int = {
        let value = ProcessInfo.processInfo.environment["KITH_TEST_LINKS_FASTER"]
        return max(value.flatMap(Int.init) ?? 20, 1)
    }()
}
