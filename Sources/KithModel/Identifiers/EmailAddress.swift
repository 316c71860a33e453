/// An e-mail address, as far as a program can tell: one `@` between two parts without spaces, and a
/// domain with a dot. Whether it exists shows when somebody writes to it.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as it was written.
    public let description: String

    /// Reads an address; nil for anything of another shape.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.count <= 254,
            !text.contains(where: { $0.isWhitespace || "<>,;:\"".contains($0) }),
            parts[1].split(separator: ".", omittingEmptySubsequences: false).count >= 2,
            parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy({
                !$0.isEmpty
            })
        else { return nil }
        description = text
    }
}
