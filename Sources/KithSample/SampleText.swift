import Foundation

/// Names that sample people have. Shape: `people.json`.
struct SamplePeople: Decodable {
    let familyNames: [String]
    let women: [String]
    let men: [String]
    /// Login, name and role.
    let staff: [[String]]
    /// Name, role and organisation.
    let professionals: [[String]]
    /// Name, word of the kind, and ODS code, empty for none.
    let organisations: [[String]]

    static let shared: SamplePeople = SampleFile.read(PackageResources.people_json)
}

/// What sample people write. Shape: `phrases.json`.
struct SamplePhrases: Decodable {
    let needs: [String]
    let goals: [String]
    let actions: [String]
    let strengths: [String]
    /// Name, triggers, what should happen, whom to contact, early warning signs.
    let contingencies: [[String]]
    let notes: [String]
    let softSigns: [String]
    let readings: [String]
    let subjects: [String]
    let agreed: [String]
    let outcomes: [String]
    let conditions: [String]
    /// Name and dose.
    let medicines: [[String]]
    let doses: [String]
    /// Agent and reaction.
    let allergens: [[String]]
    let alerts: [String]
    let transferReasons: [String]
    let services: [String]
    let tasks: [String]
    let requirements: [String]
    /// One for each section of About me, in their order.
    let aboutMe: [String]
    let advice: [String]
    let comments: [String]

    static let shared: SamplePhrases = SampleFile.read(PackageResources.phrases_json)
}

private enum SampleFile {
    static func read<Content: Decodable>(_ bytes: [UInt8]) -> Content {
        do {
            return try JSONDecoder().decode(Content.self, from: Data(bytes))
        } catch {
            preconditionFailure("a sample file built into the program does not parse: \(error)")
        }
    }
}
