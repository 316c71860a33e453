import Foundation

/// The numbers that clocks go by, from a data file with its source.
public struct ClockRules: Sendable, Decodable {
    /// Where they come from.
    public let source: String
    /// Working days after (re)admission by which a person is assessed and has an agreed plan.
    public let assessmentWorkingDays: Int
    /// Days without an interaction after which a contact is worth a call.
    public let quietContactDays: Int
    /// Codes of the kinds of hospital contact from which coming back is a readmission.
    public let admissionKinds: [String]

    /// Those built into the program.
    public static let standard: ClockRules = {
        do {
            return try JSONDecoder().decode(
                ClockRules.self, from: Data(PackageResources.clocks_json))
        } catch {
            preconditionFailure("the clocks built into the program do not parse: \(error)")
        }
    }()
}
