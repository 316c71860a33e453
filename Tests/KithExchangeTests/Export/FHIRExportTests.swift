import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

@Suite(.timeLimit(.minutes(5))) struct FHIRExportTests {
    private static func read(_ text: String) -> ImportReading {
        FHIRReader().read("export.json", Array(text.utf8))
    }

    private static func resources(_ text: String, _ type: String) throws -> [[String: Any]] {
        let bundle = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let entries = try #require(bundle["entry"] as? [[String: Any]])
        return entries.compactMap { $0["resource"] as? [String: Any] }
            .filter { $0["resourceType"] as? String == type }
    }

    @Test func `every kind and every field comes back at another site as it was`() async throws {
        let (one, other) = (try await ExchangeSite(), try await ExchangeSite())
        let report = try await one.take(VocabularySample.records)
        #expect(report.created.values.reduce(0, +) == Vocabulary.kinds.count)
        let made = try await one.bundle()
        let reading = Self.read(made.text)
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        #expect(reading.unmapped == [:])
        try await other.take(reading.records)
        expectSame(
            try await one.everything(withSources: true),
            try await other.everything(withSources: true))
        if let output = try Python.run("check_fhir.py", on: made.text) {
            #expect(output.contains("\"wrong\": 0"), "\(output)")
        }
    }

    @Test func `what was imported comes out again, and taking it in again changes nothing`()
        async throws
    {
        let (one, other) = (try await ExchangeSite(), try await ExchangeSite())
        try await one.take(Sample.read(Sample.bundle).records)
        let made = try await one.bundle()
        let reading = Self.read(made.text)
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        try await other.take(reading.records)
        expectSame(
            try await one.everything(withSources: true),
            try await other.everything(withSources: true))
        for site in [one, other] {
            let again = try await site.take(reading.records)
            #expect(again.created == [:] && again.changed == [:], "\(again)")
        }
        #expect(try await other.bundle().resources == made.resources)
    }

    @Test func `what people wrote here is the same record when it comes back`() async throws {
        let one = try await ExchangeSite()
        let elm = try await one.add(
            "resident", ("familyName", "Elm"), ("nhsNumber", "943 476 5919"))
        let plan = try await one.add("plan", under: elm.id, ("title", "Falls"))
        try await one.add("goal", under: plan.id, ("text", "Walk\n\nto the garden"))
        try await one.add("action", under: plan.id, ("what", "Rails"), ("strategies", "Both sides"))
        let before = try await one.everything()
        let reading = Self.read(try await one.bundle("Elm").text)
        #expect(reading.problem == nil)
        let report = try await one.take(reading.records)
        #expect(report.created == [:] && report.changed == [:], "\(report)")
        expectSame(before, try await one.everything())
    }

    @Test func `every value that nobody decided goes along, marked, and comes back`() async throws {
        let (one, other) = (try await ExchangeSite(), try await ExchangeSite())
        let elm = try await one.add("resident", ("familyName", "Elm"))
        try await one.contest(
            elm, [("dateOfBirth", "1938-04-02")], [("dateOfBirth", "1938-04-03")])
        let decision = try await one.add(
            "cprDecision", under: elm.id, ("decision.value", "for"),
            ("decision.date", "2026-01-01"))
        try await one.contest(
            decision, [("decision.value", "for"), ("decision.date", "2026-03-01")],
            [("decision.value", "not-for"), ("decision.date", "2026-03-02")])
        let allergy = try await one.add(
            "allergy", under: elm.id, ("agent", "Penicillin"), ("severity", "mild"))
        try await one.contest(allergy, [("severity", "severe")], [("severity", "")])

        let made = try await one.bundle()
        #expect(made.undecided == 3)
        let values = try Self.resources(made.text, "Observation").map {
            ($0["valueCodeableConcept"] as? [String: Any])?["text"] as? String
        }
        #expect(
            Set(values) == [
                "For cardiopulmonary resuscitation", "Not for cardiopulmonary resuscitation",
            ])
        #expect(try Self.resources(made.text, "AllergyIntolerance").count == 2)
        let patients = try Self.resources(made.text, "Patient")
        #expect(patients.count == 1 && patients[0]["birthDate"] == nil)
        #expect(patients[0]["_birthDate"] != nil)
        let issues = try Self.resources(made.text, "DetectedIssue")
        #expect(issues.count == 3)
        let details = issues.compactMap { $0["detail"] as? String }.joined(separator: "\n")
        for words in [
            "1938-04-02 (N Nurse, Elm House", "1938-04-03 (N Nurse", "Not for cardiopulmonary",
            "taken away (N Nurse",
        ] { #expect(details.contains(words), "\(words) in \(details)") }
        for type in ["Observation", "AllergyIntolerance", "Patient"] {
            for resource in try Self.resources(made.text, type) {
                let tags = (resource["meta"] as? [String: Any])?["tag"] as? [[String: Any]]
                #expect(tags?.first?["code"] as? String == "undecided")
            }
        }

        let reading = Self.read(made.text)
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        try await other.take(reading.records)
        expectSame(try await one.everything(), Self.renamed(try await other.everything()))
        let again = try await other.take(reading.records)
        #expect(again.created == [:] && again.changed == [:])
        if let output = try Python.run("check_fhir.py", on: made.text) {
            #expect(output.contains("\"wrong\": 0"), "\(output)")
        }
    }

    private static func renamed(_ all: [String: [String]]) -> [String: [String]] { all }

    @Test func `what is absent says why, and who said what goes along`() async throws {
        let one = try await ExchangeSite()
        let elm = try await one.add("resident", ("familyName", "Elm"))
        try await one.add("allergy", under: elm.id, ("agent", "Nuts"))
        let made = try await one.bundle()
        let lists = try Self.resources(made.text, "List")
        let titles = lists.compactMap { $0["title"] as? String }
        #expect(titles.contains("CPR decision") && !titles.contains("Allergy"))
        #expect(made.text.contains("data-absent-reason"))
        let told = try Self.resources(made.text, "Provenance")
        #expect(told.count == 2)
        let agents = told.compactMap { ($0["agent"] as? [[String: Any]])?.first }
        #expect(
            agents.allSatisfy { ($0["who"] as? [String: Any])?["display"] as? String == "N Nurse" })
        // At another site the record still says who said so.
        let other = try await ExchangeSite()
        try await other.take(Self.read(made.text).records)
        let allergy = try #require(
            try await other.site.records(RecordQuery(kind: "allergy")).first)
        #expect(allergy.created.performer?.name == "N Nurse")
    }

    @Test func `only those who were asked for, and safeguarding only when asked`() async throws {
        let one = try await ExchangeSite()
        let elm = try await one.add("resident", ("familyName", "Elm"))
        let oak = try await one.add("resident", ("familyName", "Oak"))
        let surgery = try await one.add("organisation", ("name", "Surgery"))
        try await one.add("organisation", ("name", "Unrelated"))
        try await one.add(
            "hospitalContact", under: elm.id, ("kind", "emergency"),
            ("organisation", surgery.id.description))
        try await one.add("safeguardingConcern", under: elm.id, ("concern", "Bruise"))
        try await one.add("note", under: oak.id, ("text", "Secret of Oak"))
        let made = try await one.bundle("Elm", restricted: false)
        #expect(made.residents == 1 && made.hasRestrictedLeft)
        #expect(made.resources["Organization"] == 1)
        for word in ["Oak", "Bruise", "Unrelated"] { #expect(!made.text.contains(word)) }
        #expect(try await one.bundle("Elm").text.contains("Bruise"))
        _ = try await one.site.createPartnership(PartnershipDraft(name: "Second", purpose: "x"))
        let problem = await #expect(throws: SiteError.self) { try await one.bundle() }
        #expect(problem?.description.contains("--partnership") == true)
    }

    @Test func `a file that gives a record of ours another kind is refused`() async throws {
        let one = try await ExchangeSite()
        let elm = try await one.add("resident", ("familyName", "Elm"))
        let forged = ImportRecord(
            source: ImportRecord.Source(
                kind: "organisation",
                identity: ImportRecord.Source.own(elm.id, elm.partnershipID)),
            fields: [ImportRecord.Field("name", .text("Forged"))])
        await #expect(throws: SiteError.self) { try await one.take([forged]) }
        #expect(try await one.site.records(RecordQuery(kind: "organisation")).isEmpty)
    }

    @Test func `people of Synthea come out as they went in`() async throws {
        guard let readings = FHIRPublishedDataTests.readings("synthea-r4") else { return }
        let (one, other) = (try await ExchangeSite(), try await ExchangeSite())
        try await one.take(readings.prefix(4).flatMap(\.records))
        let made = try await one.bundle()
        let reading = Self.read(made.text)
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        try await other.take(reading.records)
        expectSame(
            try await one.everything(withSources: true),
            try await other.everything(withSources: true))
        if let output = try Python.run("check_fhir.py", on: made.text) {
            #expect(output.contains("\"wrong\": 0"), "\(output)")
        }
    }
}
