/// An organisation's code from the NHS Organisation Data Service: three to ten letters and digits.
public struct ODSCode: Hashable, Sendable, CustomStringConvertible {
    /// The identifier system that FHIR uses for it.
    public static let system = "https://fhir.nhs.uk/Id/ods-organization-code"

    /// The code in upper case.
    public let description: String

    /// Reads a code in any case; nil for anything but three to ten ASCII letters and digits.
    public init?(_ text: String) {
        let code = text.uppercased()
        guard (3...10).contains(code.utf8.count),
            code.utf8.allSatisfy({
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            })
        else { return nil }
        description = code
    }
}
