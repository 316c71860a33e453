import Foundation

/// FHIR bundles to import: real ones beside the project, and ones that the tests make themselves.
enum Bundles {
    /// Where the real ones are; empty when they are not here, which is said once.
    static let synthea: [String] = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        url.appendPathComponent("../shared/data/synthea-r4")
        let folder = url.standardizedFileURL.path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if names.isEmpty {
            print("LEFT OUT: the 61 bundles of ../shared/data/synthea-r4; using five made here")
        }
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder + "/" + $0 }
    }()

    /// Some real ones, or five made in a workspace where there are none.
    static func real(atMost count: Int, in workspace: Workspace) throws -> [String] {
        if !synthea.isEmpty { return Array(synthea.prefix(count)) }
        return try (1...5).map { try workspace.file("bundle-\($0).json", people($0..<($0 + 1))) }
    }

    /// People whose family name is "Person" and a number, each with an allergy and a plan with one
    /// action, whose description has so many bytes that hardly compress.
    static func people(_ numbers: Range<Int>, descriptionBytes: Int = 0) -> String {
        let entries = numbers.map { number in
            var random = SeededRandom(seed: UInt64(number))
            let bytes = (0..<descriptionBytes).map { _ in Self.letters[Int(random.next() % 64)] }
            return person(number, description: String(decoding: bytes, as: UTF8.self))
        }
        return """
            {"resourceType": "Bundle", "type": "collection", "entry": [
              \(entries.joined(separator: ",\n"))
            ]}
            """
    }

    private static let letters = Array(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)

    private static func person(_ number: Int, description: String) -> String {
        """
        {"fullUrl": "urn:uuid:p\(number)", "resource": {"resourceType": "Patient",
          "id": "p\(number)", "name": [{"family": "Person\(number)", "given": ["Test"]}],
          "birthDate": "1940-01-\(number % 28 + 1 < 10 ? "0" : "")\(number % 28 + 1)",
          "gender": "female"}},
        {"fullUrl": "urn:uuid:a\(number)", "resource": {"resourceType": "AllergyIntolerance",
          "id": "a\(number)", "patient": {"reference": "urn:uuid:p\(number)"},
          "code": {"text": "Substance \(number)"}}},
        {"fullUrl": "urn:uuid:c\(number)", "resource": {"resourceType": "CarePlan",
          "id": "c\(number)", "status": "active", "intent": "plan", "title": "Plan \(number)",
          "subject": {"reference": "urn:uuid:p\(number)"},
          \(description.isEmpty ? "" : "\"description\": \"\(description)\",")
          "activity": [{"detail": {"status": "in-progress",
            "code": {"text": "Action \(number)"}}}]}}
        """
    }
}
