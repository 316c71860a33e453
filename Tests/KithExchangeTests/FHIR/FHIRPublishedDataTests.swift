import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

/// Reads data that others published, where it lies beside the project.
@Suite struct FHIRPublishedDataTests {
    /// The folder of that name; nil, with a printed line, when it is not on this machine.
    static func folder(_ name: String) -> String? {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder = root.appending(path: "../shared/data/\(name)").standardizedFileURL.path
        if FileManager.default.fileExists(atPath: folder) { return folder }
        print("skipped: \(folder) is not on this machine")
        return nil
    }

    static func readings(_ name: String) -> [ImportReading]? {
        guard let folder = folder(name) else { return nil }
        let files = FHIRFiles()
        return files.find([folder]).map { FHIRReader().read($0, from: files) }
    }

    @Test func `all Synthea bundles are read and every resource is counted`() throws {
        let start = ContinuousClock.now
        guard let readings = Self.readings("synthea-r4") else { return }
        print("\(readings.count) Synthea bundles read in \(ContinuousClock.now - start)")
        #expect(readings.count == 61)
        var records: [String: Int] = [:]
        var expected: [String: Int] = [:]
        for reading in readings {
            #expect(reading.problem == nil)
            try FHIRReaderTests.check(reading)
            let recount = try Recount(reading.file)
            let counted = reading.mapped.merging(reading.unmapped) { $0 + $1 }
            #expect(counted == recount.resources)
            let types = Set(reading.mapped.keys)
            #expect(types.isDisjoint(with: reading.unmapped.keys))
            #expect(types.isSubset(of: Recount.kinds.keys))
            var found: [String: Int] = [:]
            for record in reading.records { found[record.source.kind, default: 0] += 1 }
            #expect(found == recount.records)
            records.merge(found) { $0 + $1 }
            expected.merge(recount.records) { $0 + $1 }
            #expect(
                reading.records.filter { $0.parent?.kind == "plan" && $0.source.kind == "goal" }
                    .count == recount.goalsOfPlans)
        }
        #expect(records == expected)
        #expect(
            records == [
                "resident": 61, "plan": 177, "goal": 160, "action": 374, "allergy": 5,
                "contact": 89, "organisation": 89, "condition": 524, "medication": 714,
                "hospitalContact": 1827,
            ])
    }

    /// Counts by Foundation's parser, which shares nothing with the reader.
    struct Recount {
        static let kinds = [
            "Patient": "resident", "CarePlan": "plan", "Goal": "goal",
            "AllergyIntolerance": "allergy", "Practitioner": "contact",
            "Organization": "organisation", "Condition": "condition",
            "MedicationRequest": "medication", "Encounter": "hospitalContact",
        ]
        var resources: [String: Int] = [:]
        var records: [String: Int] = [:]
        var goalsOfPlans = 0

        init(_ file: String) throws {
            let data = try Data(contentsOf: URL(filePath: file))
            let bundle = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            var goals: Set<String> = []
            for entry in try #require(bundle["entry"] as? [[String: Any]]) {
                let resource = try #require(entry["resource"] as? [String: Any])
                let type = try #require(resource["resourceType"] as? String)
                resources[type, default: 0] += 1
                if let kind = Self.kinds[type] { records[kind, default: 0] += 1 }
                let activities = (resource["activity"] as? [Any] ?? []).count
                if activities > 0 { records["action", default: 0] += activities }
                for goal in resource["goal"] as? [[String: String]] ?? [] {
                    goals.insert(try #require(goal["reference"]))
                }
            }
            goalsOfPlans = goals.count
        }
    }

    @Test func `times of Synthea are sane`() throws {
        guard let readings = Self.readings("synthea-r4") else { return }
        let years =
            Instant(milliseconds: -1_900_000_000_000)...Instant(milliseconds: 1_800_000_000_000)
        var moments = 0
        for record in readings.flatMap(\.records) {
            var bounds: [String: Instant] = [:]
            for field in record.fields {
                guard case .instant(let instant) = field.value else { continue }
                #expect(years.contains(instant), "\(record.source)")
                bounds[field.name] = instant
                moments += 1
            }
            if let start = bounds["start"], let end = bounds["end"] { #expect(start <= end) }
        }
        #expect(moments == 2 * 1827)
    }

    @Test func `a Synthea person is taken over as published`() throws {
        guard let readings = Self.readings("synthea-r4") else { return }
        let reading = try #require(readings.first)
        let resident = try #require(reading.records.first { $0.source.kind == "resident" })
        #expect(resident.source.identity == "fhir:Patient/018f428e-34f6-4707-8009-5ad742f901e7")
        #expect(
            resident.words.prefix(3) == [
                "familyName: Koepp", "givenName: Abdul", "dateOfBirth: 1956-08-03",
            ])
    }

    @Test func `UK Core examples are read, or say that their patient is elsewhere`() throws {
        guard let readings = Self.readings("uk-core") else { return }
        #expect(readings.count == 13)
        for reading in readings {
            let name = URL(filePath: reading.file).lastPathComponent
            let type = try #require(name.split(separator: "-").dropFirst().first).description
            switch type {
            case "Organization", "Patient", "Practitioner":
                #expect(reading.problem == nil)
                #expect(reading.mapped == [type: 1])
                try FHIRReaderTests.check(reading)
            case "AllergyIntolerance", "CarePlan", "RelatedPerson", "Encounter", "Flag",
                "ServiceRequest", "EpisodeOfCare":
                let isOfPatient = ["AllergyIntolerance", "RelatedPerson", "EpisodeOfCare"]
                    .contains(type)
                let element = isOfPatient ? "patient" : "subject"
                #expect(reading.problem?.path == element)
                #expect(reading.problem?.message.contains("is not in the file") == true)
            default:
                #expect(reading.problem == nil)
                #expect(reading.records.isEmpty)
                #expect(reading.unmapped == [type: 1])
            }
        }
    }

    @Test func `UK Core examples in one bundle become one person's records`() throws {
        guard let folder = Self.folder("uk-core") else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let entries = try names.map {
            "{\"resource\": \(try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8))}"
        }
        let reading = Sample.read(
            """
            {"resourceType": "Bundle", "type": "collection",
             "entry": [\(entries.joined(separator: ","))]}
            """)
        #expect(reading.problem == nil)
        try FHIRReaderTests.check(reading)
        let richard = "https://fhir.nhs.uk/Id/nhs-number|9912003888"
        #expect(
            try reading.record("resident", richard).words == [
                "familyName: SMITH", "givenName: Richard", "dateOfBirth: 1970-09-11",
                "nhsNumber: 991 200 3888", "nhsNumberStatus: Number present and verified",
                "gender: Male", "address: 4 Sandmoor Drive\nLEEDS",
                "postcode: LS17 7DF", "phone: 01131231234",
                "language: British Sign Language, Makaton vocabulary",
            ])
        #expect(
            try reading.record(
                "contact", "fhir:Practitioner/UKCore-Practitioner-DoctorPaulRastall-Example"
            ).words == [
                "name: Dr Paul Rastall", "role: General practitioner",
                "organisation → fhir:Organization/UKCore-Organization-WhiteRoseMedicalCentre-Example",
                "speciality: General Medical Practice", "phone: 0113 6323200",
                "identifier: G12345678",
            ])
        let plan = "fhir:CarePlan/UKCore-CarePlan-WellnessPlan-Example"
        #expect(
            try reading.record("action", "\(plan)#activity[0]").words == [
                "what: Body weight\nWhere: Patient's home\nReason for the status: "
                    + "Achieved weight loss to mitigate diabetes risk.\n"
                    + "Outcome: Progressive weight loss",
                "who: Richard SMITH", "when: every day", "status: Completed", "code: Body weight",
            ])
        #expect(reading.mapped["PractitionerRole"] == 1)
        #expect(reading.unmapped == ["CareTeam": 1, "Consent": 1])
    }
}
