import KithExchange
import KithModel
import KithSite
import Testing

/// What is taken over beside plans: conditions, medicines, contacts with hospitals, requests, flags.
@Suite struct FHIRClinicalTests {
    private func record(
        _ kind: String, _ type: String, _ elements: String, others: String...
    ) throws -> ImportRecord {
        let resource = """
            {"resourceType": "\(type)", "id": "x", \(elements)}
            """
        let entries = ([Sample.patient, resource] + others).map { "{\"resource\": \($0)}" }
        let reading = Sample.read(
            """
            {"resourceType": "Bundle", "type": "collection", "entry": [
            \(entries.joined(separator: ",\n"))]}
            """)
        try FHIRReaderTests.check(reading)
        return try reading.record(kind, "fhir:\(type)/x")
    }

    private let subject = #""subject": {"reference": "Patient/elm"}"#

    @Test func `a condition keeps its meaning, status and days`() throws {
        let condition = try record(
            "condition", "Condition",
            subject + """
                , "code": {"coding": [{"system": "http://snomed.info/sct", "code": "52448006",
                  "display": "Dementia"}], "text": "Dementia"},
                "clinicalStatus": {"coding": [{"code": "active",
                  "system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}]},
                "verificationStatus": {"coding": [{"code": "confirmed",
                  "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status"}]},
                "severity": {"text": "Moderate"}, "onsetDateTime": "2019-03",
                "abatementString": "since the operation", "bodySite": [{"text": "Left hip"}],
                "recordedDate": "2020-01-02T10:00:00Z", "note": [{"text": "See letter"}]
                """)
        #expect(
            condition.words == [
                "code: Dementia", "status: Active", "verification: Confirmed",
                "onset: 2019-03", "severity: Moderate",
                "notes: See letter\nEnded: since the operation\nWhere: Left hip",
                "recorded: 2020-01-02",
            ])
    }

    @Test func `a request for a medicine is what the person takes`() throws {
        let medicine = try record(
            "medication", "MedicationRequest",
            subject + """
                , "status": "active", "intent": "order",
                "medicationCodeableConcept": {"text": "Paracetamol 500 mg tablets"},
                "authoredOn": "2026-01-02", "requester": {"display": "Dr Rao"},
                "reasonCode": [{"text": "Pain"}], "note": [{"text": "With food"}],
                "dosageInstruction": [{"text": "One or two, four times a day",
                  "asNeededBoolean": true, "route": {"text": "Oral"},
                  "maxDosePerPeriod": {"numerator": {"value": 4, "unit": "g"},
                    "denominator": {"value": 24, "unit": "h"}}}]
                """)
        #expect(
            medicine.words == [
                "medicine: Paracetamol 500 mg tablets",
                "dosage: One or two, four times a day; route: Oral; when needed: yes; "
                    + "at most: 4 g in 24 h", "status: Active", "reason: Pain",
                "prescriber: Dr Rao", "notes: With food", "authored: 2026-01-02",
            ])
    }

    @Test func `doses that differ stay with their lines`() throws {
        let medicine = try record(
            "medication", "MedicationStatement",
            subject + """
                , "status": "not-taken", "medicationReference": {"reference": "#m"},
                "contained": [{"resourceType": "Medication", "id": "m",
                  "code": {"text": "Senna"}}],
                "effectivePeriod": {"start": "2026-01-01", "end": "2026-02-01"},
                "dosage": [{"route": {"text": "Oral"}, "asNeededBoolean": true,
                    "doseAndRate": [{"doseQuantity": {"value": 7.50, "unit": "mg"}}]},
                  {"route": {"text": "Tube"}, "asNeededBoolean": false,
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}]
                """)
        #expect(
            medicine.words == [
                "medicine: Senna",
                "dosage: dose 7.50 mg, Oral, when needed\nevery day, Tube", "status: Stopped",
                "start: 2026-01-01", "end: 2026-02-01",
                "notes: Status in the source: not-taken",
            ])
    }

    @Test func `a contact with a hospital keeps its moments, ways and reasons`() throws {
        let contact = try record(
            "hospitalContact", "Encounter",
            subject + """
                , "status": "finished", "class": {"code": "IMP",
                  "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"},
                "type": [{"text": "Admission"}],
                "period": {"start": "2019-12-10T13:00:00+01:00", "end": "2019-12-11"},
                "reasonCode": [{"text": "Fall"}, {"text": "Delirium"}],
                "participant": [{"individual": {"display": "Dr Gose"}}],
                "serviceProvider": {"display": "Leeds General"},
                "hospitalization": {"extension": [{"url":
                  "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AdmissionMethod",
                  "valueCodeableConcept": {"coding": [{"code": "21", "system":
                    "https://fhir.hl7.org.uk/CodeSystem/UKCore-AdmissionMethodEngland"}]}}],
                  "dischargeDisposition": {"text": "With her daughter"}}
                """)
        #expect(
            contact.words
                == [
                    "kind: Admission", "stage: Completed", "start: 2019-12-10 12:00 GMT",
                    "hospital: Leeds General", "seenBy: Dr Gose",
                    "method: Emergency: emergency department", "reason: Fall", "type: Admission",
                    "outcome: end on 2019-12-11\nAlso for: Delirium\nDischarged to: With her daughter",
                ].sorted(by: Self.inOrder(of: contact)))
    }

    /// The order of a record's own words, so that a test is about the words.
    private static func inOrder(of record: ImportRecord) -> (String, String) -> Bool {
        let places = Dictionary(
            record.words.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return { (places[$0] ?? .max, $0) < (places[$1] ?? .max, $1) }
    }

    @Test func `what did not come about, or is about nobody, is counted and left out`() {
        let reading = Sample.read(
            Sample.bundle(
                with: #"{"resourceType": "Encounter", "id": "a", "status": "finished"}"#,
                """
                {"resourceType": "Encounter", "id": "b", "status": "cancelled",
                 "class": {"code": "IMP"}, \(subject)}
                """,
                """
                {"resourceType": "Encounter", "id": "c", "status": "finished",
                 "class": {"code": "NEW"}, \(subject)}
                """,
                """
                {"resourceType": "Flag", "id": "d", "status": "active", "code": {"text": "Wet"},
                 "subject": {"reference": "Location/1"}}
                """,
                """
                {"resourceType": "ServiceRequest", "id": "e", "status": "active",
                 "intent": "order", "doNotPerform": true, "code": {"text": "X-ray"}, \(subject)}
                """,
                #"{"resourceType": "Consent", "id": "f", "status": "active"}"#))
        #expect(reading.problem == nil, "\(reading.problem?.description ?? "")")
        #expect(
            reading.unmapped == ["Encounter": 3, "Flag": 1, "ServiceRequest": 1, "Consent": 1])
    }

    @Test func `a request for a service is a referral`() throws {
        let referral = try record(
            "referral", "ServiceRequest",
            subject + """
                , "status": "active", "intent": "proposal", "priority": "urgent",
                "code": {"text": "Falls clinic"}, "authoredOn": "2026-02-03T09:00:00Z",
                "occurrenceDateTime": "2026-03-01", "requester": {"display": "Dr Rao"},
                "performer": [{"reference": "Organization/o"}],
                "reasonCode": [{"text": "Two falls"}], "note": [{"text": "Seen"}]
                """, others: #"{"resourceType": "Organization", "id": "o", "name": "Trust"}"#)
        #expect(
            referral.words == [
                "service: Falls clinic", "to: Trust", "organisation → fhir:Organization/o",
                "reason: Two falls\nIntent: proposal\nFor: 2026-03-01", "requested: 2026-02-03",
                "urgency: Urgent", "status: Active", "outcome: Seen", "requestedBy: Dr Rao",
            ])
    }

    @Test func `a flag is an alert, and one that is over leaves the daily view`() throws {
        let alert = try record(
            "alert", "Flag",
            subject + """
                , "status": "active", "code": {"text": "Severe peanut allergy.",
                  "coding": [{"system": "http://snomed.info/sct", "code": "226201008",
                    "display": "Peanut-free diet"}]},
                "category": [{"coding": [{"code": "clinical",
                  "system": "http://terminology.hl7.org/CodeSystem/flag-category"}]}],
                "period": {"start": "2019-12-10T13:00:00Z"}
                """)
        #expect(
            alert.words == [
                "text: Severe peanut allergy.", "code: Severe peanut allergy.",
                "kind: Clinical", "start: 2019-12-10",
            ])
        let over = try record(
            "alert", "Flag", subject + #", "status": "inactive", "code": {"text": "Was"}"#)
        #expect(over.words == ["text: Was", "archived: yes"])
    }

    @Test func `an episode of care is a service and not a stay`() throws {
        let package = try record(
            "carePackage", "EpisodeOfCare",
            """
            "status": "finished", "patient": {"reference": "Patient/elm"},
            "type": [{"text": "Smoking cessation"}], "period": {"end": "2026-01"},
            "managingOrganization": {"display": "Leeds Teaching Hospitals"}
            """)
        #expect(
            package.words == [
                "provider: Leeds Teaching Hospitals", "type: Smoking cessation", "end: 2026-01",
            ])
    }

    @Test func `a related person is taken over with the roles that a code says`() throws {
        let person = try record(
            "personalContact", "RelatedPerson",
            """
            "patient": {"reference": "Patient/elm"}, "name": [{"text": "Ben Elm"}],
            "relationship": [{"text": "Son", "coding": [
              {"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "C"},
              {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "HPOWATT"},
              {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
                "code": "CAREGIVER"}]}]
            """)
        #expect(
            person.words == [
                "name: Ben Elm", "relationship: Son", "emergencyContact: yes", "attorney: yes",
                "carer: yes",
            ])
    }
}
