import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

@Suite struct FHIRReaderTests {
    @Test func `everything in a bundle is counted`() {
        let reading = Sample.read(Sample.bundle)
        #expect(reading.file == "elm.json")
        #expect(reading.problem == nil)
        #expect(
            reading.mapped == [
                "Patient": 1, "CarePlan": 1, "Goal": 1, "AllergyIntolerance": 1, "Practitioner": 1,
                "PractitionerRole": 1, "Organization": 1, "RelatedPerson": 1, "Condition": 2,
            ])
        #expect(reading.unmapped == ["Encounter": 1])
        #expect(reading.records.count == 12)
    }

    @Test func `the same file gives the same bytes again`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let first = try encoder.encode(Sample.read(Sample.bundle).records)
        let second = try encoder.encode(Sample.read(Sample.bundle, "other.json").records)
        #expect(first == second)
    }

    @Test func `identities, fields and references fit the vocabulary`() throws {
        try Self.check(Sample.read(Sample.bundle))
    }

    /// What holds for every reading: unique identities, known fields set once, targets that exist.
    static func check(_ reading: ImportReading) throws {
        let sources = Set(reading.records.map(\.source))
        #expect(sources.count == reading.records.count)
        for record in reading.records {
            let kind = try #require(Vocabulary.kind(named: record.source.kind))
            let names = record.fields.map(\.name)
            #expect(Set(names).count == names.count)
            for field in kind.fields where field.isRequired && field.name != "parent" {
                #expect(names.contains(field.name), "\(record.source) lacks \(field.name)")
            }
            for field in record.fields {
                let definition = try #require(kind.field(named: field.name))
                if case .code(let set) = definition.type, case .code(let code) = field.value {
                    #expect(set.contains(code))
                }
                if let target = field.target { #expect(sources.contains(target)) }
            }
            if let parent = record.parent {
                #expect(sources.contains(parent))
                #expect(kind.parents.contains(parent.kind))
            } else {
                #expect(kind.parents.isEmpty)
            }
        }
    }

    @Test func `a date that does not exist is named with its line, column and path`() {
        let text = """
            {
              "resourceType": "Bundle", "type": "collection",
              "entry": [{"resource": {"resourceType": "CareTeam"}},
                {"resource": {
                  "resourceType": "Patient", "id": "elm", "name": [{"family": "Elm"}],
                  "birthDate": "1938-13-02"}}]
            }
            """
        #expect(
            Sample.read(text).problem?.description
                == "elm.json:6:20 entry[1].resource.birthDate: "
                + "expected a date such as 1938-04-02, found \"1938-13-02\"")
    }

    @Test(arguments: [
        (#""birthDate": "1900-02-29""#, "birthDate", "a date"),
        (#""birthDate": "1938-04-02T10:00:00Z""#, "birthDate", "a date"),
        (#""birthDate": "2/4/1938""#, "birthDate", "a date"),
        (#""birthDate": 1938"#, "birthDate", "expected a text, found a number"),
        (#""birthDate": null"#, "birthDate", "expected a text, found null"),
        (#""gender": "Female""#, "gender", "expected one of female, male, other, unknown"),
        (#""gender": "fem\u0000ale""#, "gender", "found \"fem[U+0000]ale\""),
        (#""active": "true""#, "active", "expected true or false, found a text"),
        (#""address": {"text": "x"}"#, "address", "expected a list, found an object"),
        (#""address": ["x"]"#, "address[0]", "expected an object, found a text"),
        (#""deceasedDateTime": "2020-01-02T23:30""#, "deceasedDateTime", "or a time"),
        (#""deceasedDateTime": "2020-01-02T25:30:00Z""#, "deceasedDateTime", "or a time"),
        (#""deceasedDateTime": "2020", "deceasedBoolean": true"#, "", "found both"),
        (#""modifierExtension": [{}]"#, "modifierExtension", "does not know"),
        (#""implicitRules": "x""#, "", "implicitRules"),
        (#""telecom": [{"system": "phone", "value": "1\u0007"}]"#, "telecom[0].value", "control"),
        (
            #""identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765918"}]"#,
            "identifier[0].value", "an NHS number"
        ),
        (
            #""identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "９４３４７６５９１９"}]"#,
            "identifier[0].value", "an NHS number"
        ),
        (
            #""identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765919"},"#
                + #"{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9912003888"}]"#,
            "identifier[1].value", "one NHS number"
        ),
    ])
    func `a patient that is wrong is refused at the wrong element`(
        element: String, path: String, message: String
    ) throws {
        let text =
            #"{"resourceType": "Patient", "id": "x", "name": [{"family": "Elm"}], "#
            + element + "}"
        let reading = Sample.read(text)
        let problem = try #require(reading.problem)
        #expect(problem.path == path)
        #expect(problem.message.contains(message), "\(problem)")
        #expect(reading.records.isEmpty)
        #expect(reading.mapped.isEmpty && reading.unmapped.isEmpty)
    }

    @Test(arguments: [
        ("[]", "", "expected FHIR, found a list"), ("{}", "", "resourceType"),
        (#"{"resourceType": 1}"#, "resourceType", "a text"),
        (#"{"resourceType": "no type"}"#, "resourceType", "resource type"),
        (#"{"resourceType": "Bundle"}"#, "", "element type"),
        (#"{"resourceType": "Bundle", "type": "history"}"#, "type", "one of"),
        (#"{"resourceType": "Bundle", "type": "batch", "entry": [{}]}"#, "entry[0]", "resource"),
        (#"{"resourceType": "Patient", "id": "x"}"#, "", "element name"),
        (#"{"resourceType": "Patient", "name": [{"family": "Elm"}]}"#, "", "element id"),
        (#"{"resourceType": "Patient", "id": "a/../b", "name": []}"#, "id", "an id"),
        (#"{"resourceType": "Patient", "id": "x", "id": "y"}"#, "", "each name once"),
    ])
    func `what is not FHIR is refused`(text: String, path: String, message: String) throws {
        let problem = try #require(Sample.read(text).problem)
        #expect(problem.path == path)
        #expect(problem.message.contains(message), "\(problem)")
    }

    @Test(arguments: [
        (#""status": "live", "intent": "plan""#, "status", "expected one of draft, active"),
        (#""intent": "plan""#, "", "element status"),
        (#""status": "active""#, "", "element intent"),
        (#""status": "active", "intent": "wish""#, "intent", "one of proposal"),
        (
            #""status": "active", "intent": "plan", "activity": [{"detail": {"status": "gone", "description": "x"}}]"#,
            "activity[0].detail.status", "not-started"
        ),
        (#""status": "active", "intent": "plan", "activity": [{}]"#, "activity[0]", "detail"),
        (
            #""status": "active", "intent": "plan", "activity": [{"modifierExtension": [], "detail": {}}]"#,
            "activity[0].modifierExtension", "does not know"
        ),
    ])
    func `a care plan that is wrong is refused at the wrong element`(
        elements: String, path: String, message: String
    ) throws {
        let plan =
            #"{"resourceType": "CarePlan", "id": "x", "subject": {"reference": "Patient/elm"}, "#
            + elements + "}"
        let problem = try #require(Sample.read(Sample.bundle(with: plan)).problem)
        #expect(problem.path == (path.isEmpty ? "entry[1].resource" : "entry[1].resource.\(path)"))
        #expect(problem.message.contains(message), "\(problem)")
    }

    @Test func `a status from another code system is refused`() {
        let allergy = Sample.allergy(
            #""clinicalStatus": {"coding": [{"system": "urn:x", "code": "active"}]}"#)
        let problem = Sample.read(Sample.bundle(with: allergy)).problem
        #expect(problem?.path == "entry[1].resource.clinicalStatus")
    }

    @Test func `a text over the limit is refused`() {
        let long = String(repeating: "x", count: FieldEntry.textLimit + 1)
        let problem = Sample.read(
            Sample.bundle(with: Sample.allergy(#""note": [{"text": "\#(long)"}]"#))
        ).problem
        #expect(problem?.path == "entry[1].resource.note[0].text")
        #expect(problem?.message.contains("at most 20000 characters") == true)
    }

    @Test(arguments: [
        "Patient/other", "https://elsewhere.example/Patient/other", "urn:uuid:0", "#elm", "#", "/",
        "Patient?identifier=1", "Patient/elm/extra",
    ])
    func `a patient outside the file is a problem that says so`(reference: String) {
        let plan =
            #"{"resourceType": "CarePlan", "id": "x", "status": "active", "intent": "plan", "#
            + #""subject": {"reference": "\#(reference)"}}"#
        let problem = Sample.read(Sample.bundle(with: plan)).problem
        #expect(problem?.path == "entry[1].resource.subject")
        #expect(problem?.message.hasPrefix("expected a ") == true, "\(String(describing: problem))")
    }

    @Test func `an absolute reference to another server is not this file's patient`() {
        let bundle = """
            {"resourceType": "Bundle", "type": "searchset", "entry": [
              {"fullUrl": "https://a.example/Patient/elm", "resource": \(Sample.patient)},
              {"fullUrl": "https://a.example/Goal/g", "resource": {"resourceType": "Goal",
                "id": "g", "lifecycleStatus": "active", "description": {"text": "Eat"},
                "subject": {"reference": "https://HOST/Patient/elm"}}}]}
            """
        #expect(Sample.read(bundle.replacing("HOST", with: "a.example")).problem == nil)
        #expect(Sample.read(bundle.replacing("HOST", with: "b.example")).problem != nil)
    }

    @Test func `a goal is not filed under another person's plan`() {
        let other = #"{"resourceType": "Patient", "id": "oak", "name": [{"family": "Oak"}]}"#
        let goal = """
            {"resourceType": "Goal", "id": "g1", "lifecycleStatus": "active",
             "description": {"text": "Eat"}, "subject": {"reference": "Patient/oak"}}
            """
        let problem = Sample.read(Sample.bundle(with: other, Sample.plan, goal)).problem
        #expect(problem?.path == "entry[3].resource")
        #expect(problem?.message.contains("CarePlan/cp1") == true)
    }

    @Test func `one person twice in a file is a problem`() {
        #expect(
            Sample.read(Sample.bundle(with: Sample.patient)).problem?.path == "entry[1].resource")
    }

    @Test func `a new resource of a transaction goes by its entry's name`() throws {
        let bundle = """
            {"resourceType": "Bundle", "type": "transaction", "entry": [
              {"fullUrl": "urn:uuid:0A6D-1", "resource": {"resourceType": "Patient",
                "name": [{"family": "Elm"}]}, "request": {"method": "POST", "url": "Patient"}}]}
            """
        _ = try Sample.read(bundle).record("resident", "fhir:Patient/0a6d-1")
    }

    @Test func `a file name cannot write on the terminal`() {
        let problem = Sample.read("", "a\u{1B}[2J.json").problem
        #expect(problem?.description.hasPrefix("a[U+001B][2J.json:1:1: expected a value") == true)
    }
}
