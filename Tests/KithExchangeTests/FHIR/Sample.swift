import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

/// Hand-made FHIR for the tests; no real person is in it.
enum Sample {
    /// A bundle with one of everything that is mapped.
    static let bundle = """
        {
          "resourceType": "Bundle",
          "type": "collection",
          "entry": [
            {"fullUrl": "urn:uuid:0A6D0000-0000-4000-8000-000000000001", "resource": \(patient)},
            {"fullUrl": "https://gp.example/fhir/Condition/c1", "resource": {
              "resourceType": "Condition", "id": "c1", "code": {"text": "Frailty"},
              "subject": {"reference": "urn:uuid:0a6d0000-0000-4000-8000-000000000001"}}},
            {"resource": {"resourceType": "Condition", "id": "c2",
              "code": {"coding": [{"system": "http://snomed.info/sct", "code": "52448006",
                "display": "Dementia"}]}, "subject": {"reference": "Patient/elm"}}},
            {"resource": \(plan)},
            {"resource": {
              "resourceType": "Goal", "id": "g1", "lifecycleStatus": "accepted",
              "description": {"text": "Walk to the garden"},
              "subject": {"reference": "Patient/elm"}, "statusDate": "2026-03-01",
              "target": [{"dueDate": "2026-06-30"}],
              "addresses": [{"reference": "Condition/c1"}]}},
            {"resource": {
              "resourceType": "AllergyIntolerance", "id": "a1", "type": "allergy",
              "criticality": "high",
              "clinicalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                "code": "active"}]},
              "verificationStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                "code": "confirmed"}]},
              "code": {"coding": [{"system": "http://snomed.info/sct", "code": "373270004",
                "display": "Penicillin"}], "text": "Penicillin V"},
              "patient": {"reference": "Patient/elm/_history/2"},
              "recordedDate": "2019-12-10T13:00:00.25+01:00",
              "recorder": {"reference": "Practitioner/p1"},
              "note": [{"text": "As a child"}],
              "reaction": [{"manifestation": [{"text": "Rash"}, {"text": "Itch"}],
                "severity": "severe"}]}},
            {"resource": {
              "resourceType": "Practitioner", "id": "p1",
              "identifier": [{"system": "https://fhir.hl7.org.uk/Id/gmc-number",
                "value": "C1234567"}],
              "name": [{"family": "Rao", "given": ["Asha"], "prefix": ["Dr"]}],
              "telecom": [{"system": "phone", "value": "01632 960001"},
                {"system": "email", "value": "asha@gp.example"}],
              "qualification": [{"code": {"text": "MRCGP"}}]}},
            {"resource": {
              "resourceType": "PractitionerRole", "id": "r1",
              "practitioner": {"reference": "Practitioner/p1"},
              "organization": {"reference": "Organization/o1"},
              "code": [{"text": "General practitioner"}]}},
            {"resource": {
              "resourceType": "Organization", "id": "o1", "name": "Elm Street Surgery",
              "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code",
                "value": "a81001"}],
              "type": [{"text": "GP practice"}],
              "telecom": [{"system": "phone", "value": "01632 960000"}],
              "address": [{"line": ["1 Elm Street"], "city": "Newtown",
                "postalCode": "NT1 1AA"}]}},
            {"resource": {"resourceType": "RelatedPerson", "id": "rp1",
              "patient": {"reference": "Patient/elm"}, "name": [{"text": "Ben Elm"}],
              "relationship": [{"text": "Son"}]}},
            {"resource": {"resourceType": "Encounter", "id": "e1", "status": "finished"}}
          ]
        }
        """

    static let patient = """
        {"resourceType": "Patient", "id": "elm", "active": true,
          "identifier": [
            {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
              "code": "SS"}]}, "value": "999-1"},
            {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
              "code": "MR"}]}, "value": "MR-7"},
            {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "943 476 5919"}],
          "name": [{"use": "maiden", "family": "Oak", "given": ["Ada"]},
            {"use": "official", "family": "Elm218", "given": ["Ada", "Joy"]},
            {"use": "nickname", "text": "Addie"}],
          "telecom": [{"system": "email", "value": "x@example.org"},
            {"system": "phone", "use": "old", "value": "1"},
            {"system": "phone", "value": "01632 960002"}],
          "gender": "female", "birthDate": "1938-04-02", "deceasedBoolean": false,
          "address": [{"line": ["Room 4", "Oak House"], "city": "Newtown",
            "postalCode": "NT1 1AB"}],
          "communication": [{"language": {"text": "Welsh"}, "preferred": true},
            {"language": {"text": "English"}}],
          "contact": [{"name": {"family": "Oak", "given": ["Cy"]},
            "relationship": [{"coding": [{
              "system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "N",
              "display": "Next-of-Kin"}]}],
            "telecom": [{"system": "phone", "value": "01632 960003"}]}],
          "generalPractitioner": [{"reference": "Organization/o1"}]}
        """

    static let plan = """
        {"resourceType": "CarePlan", "id": "cp1", "status": "active", "intent": "plan",
          "title": "Staying on her feet", "description": "Agreed at the home round",
          "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "735324008",
            "display": "Treatment escalation plan"}]}],
          "subject": {"reference": "Patient/elm"},
          "period": {"start": "2026-02-01", "end": "2026-08"}, "created": "2026-01-31",
          "author": {"reference": "Practitioner/p1"},
          "addresses": [{"reference": "https://gp.example/fhir/Condition/c1"},
            {"reference": "Condition/c2"}, {"display": "Poor balance"}],
          "goal": [{"reference": "Goal/g1"}],
          "activity": [
            {"detail": {"status": "in-progress", "description": "Indoors if it is icy",
              "code": {"coding": [{"system": "http://snomed.info/sct", "code": "229070002",
                "display": "Stretching exercises"}]},
              "goal": [{"reference": "Goal/g1"}],
              "scheduledTiming": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
              "performer": [{"reference": "Practitioner/p1"}, {"display": "Night staff"}]}},
            {"detail": {"status": "not-started", "doNotPerform": true,
              "code": {"coding": [{"code": "1", "display": "Bed rails"}]}}}]}
        """

    static func read(_ text: String, _ file: String = "elm.json") -> ImportReading {
        FHIRReader().read(file, Array(text.utf8))
    }

    /// A bundle of the sample's patient and other resources.
    static func bundle(with resources: String...) -> String {
        let entries = ([patient] + resources).map { "{\"resource\": \($0)}" }
        return """
            {"resourceType": "Bundle", "type": "collection", "entry": [
            \(entries.joined(separator: ",\n"))]}
            """
    }
}

extension ImportReading {
    /// The record of an identity; fails the test when there is none.
    func record(_ kind: String, _ identity: String) throws -> ImportRecord {
        #expect(problem == nil)
        return try #require(
            records.first { $0.source.kind == kind && $0.source.identity == identity },
            "\(records.map(\.source.identity))")
    }
}

extension ImportRecord {
    /// Its fields in words, in order, for one comparison.
    var words: [String] {
        let kind = Vocabulary.kind(named: source.kind)
        return fields.map { field in
            if let target = field.target { return "\(field.name) → \(target.identity)" }
            let words = FieldEntry(zone: .gmt).words(
                for: field.value, of: kind?.field(named: field.name))
            return "\(field.name): \(words)"
        }
    }

    /// The value of a field; nil when it is not set.
    func value(_ name: String) -> FieldValue? { fields.first { $0.name == name }?.value }
}
