import KithExchange
import KithModel
import KithSite
import Testing

@Suite struct FHIRMappingTests {
    static let elm = "https://fhir.nhs.uk/Id/nhs-number|9434765919"
    let reading = Sample.read(Sample.bundle)

    @Test func `a patient becomes a resident under the NHS number`() throws {
        let record = try reading.record("resident", Self.elm)
        #expect(record.parent == nil)
        #expect(
            record.words == [
                "familyName: Elm218", "givenName: Ada Joy", "preferredName: Addie",
                "dateOfBirth: 1938-04-02", "nhsNumber: 943 476 5919", "gender: Female",
                "address: Room 4\nOak House\nNewtown", "postcode: NT1 1AB", "phone: 01632 960002",
                "email: x@example.org", "language: Welsh", "gpPractice: A81001",
                "lifeStatus: Alive", "identifier: MR-7",
            ])
    }

    @Test func `the people a patient names become personal contacts`() throws {
        let contact = try reading.record("personalContact", "\(Self.elm)#contact[0]")
        #expect(contact.parent?.identity == Self.elm)
        #expect(
            contact.words == [
                "name: Cy Oak", "relationship: Next-of-Kin", "nextOfKin: yes",
                "phone: 01632 960003",
            ])
        let son = try reading.record("personalContact", "fhir:RelatedPerson/rp1")
        #expect(son.words == ["name: Ben Elm", "relationship: Son"])
    }

    @Test func `a care plan becomes a plan with the words of what it addresses`() throws {
        let plan = try reading.record("plan", "fhir:CarePlan/cp1")
        #expect(plan.parent?.identity == Self.elm)
        #expect(
            plan.words == [
                "title: Staying on her feet", "status: Active",
                "category: Treatment escalation plan", "start: 2026-02-01", "end: 2026-08",
                "description: Agreed at the home round",
                "addresses: Frailty\nDementia\nPoor balance",
            ])
        #expect(plan.event == PartialDate("2026-01-31").map(FieldValue.date))
        #expect(
            plan.performer
                == Author(
                    user: "", name: "Dr Asha Rao", role: "General practitioner",
                    organisation: "Elm Street Surgery"))
    }

    @Test func `activities become actions of the plan`() throws {
        let action = try reading.record("action", "fhir:CarePlan/cp1#activity[0]")
        #expect(action.parent?.identity == "fhir:CarePlan/cp1")
        #expect(
            action.words == [
                "what: Stretching exercises", "goal → fhir:Goal/g1",
                "who: Dr Asha Rao, Night staff", "when: 2 times every day", "status: In progress",
                "strategies: Indoors if it is icy", "code: Stretching exercises",
            ])
    }

    @Test func `what is not to be done says so and carries no code`() throws {
        let action = try reading.record("action", "fhir:CarePlan/cp1#activity[1]")
        #expect(action.words == ["what: DO NOT: Bed rails", "status: Not started"])
    }

    @Test func `a plan without a title is called by its category`() throws {
        let plan = """
            {"resourceType": "CarePlan", "id": "x", "status": "draft", "intent": "option",
             "category": [{"text": "Weight"}, {"text": "Diet"}],
             "subject": {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number",
               "value": "9434765919"}}}
            """
        let record = try Sample.read(Sample.bundle(with: plan)).record("plan", "fhir:CarePlan/x")
        #expect(
            record.words == [
                "title: Weight; Diet", "status: Draft", "category: Weight",
                "description: Intent: option, not yet agreed",
            ])
        #expect(record.value("category") == .code(Code(system: "", code: "", display: "Weight")))
    }

    @Test func `a goal hangs under the first plan that names it`() throws {
        let goal = try reading.record("goal", "fhir:Goal/g1")
        #expect(goal.parent == ImportRecord.Source(kind: "plan", identity: "fhir:CarePlan/cp1"))
        #expect(
            goal.words == [
                "text: Walk to the garden", "status: Accepted", "due: 2026-06-30",
                "addresses: Frailty",
            ])
        #expect(goal.event == PartialDate("2026-03-01").map(FieldValue.date))
    }

    @Test func `a goal that no plan names hangs under the resident`() throws {
        let goal = """
            {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active",
             "description": {"text": "Sleep"}, "subject": {"reference": "Patient/elm"},
             "target": [{"dueDate": "2026-01-01", "measure": {"text": "Hours"}},
               {"dueDate": "2026-02-01"}]}
            """
        let record = try Sample.read(Sample.bundle(with: goal)).record("goal", "fhir:Goal/g")
        #expect(record.parent?.identity == Self.elm)
        #expect(
            record.words == [
                "text: Sleep\nTarget: Hours by 2026-01-01\nTarget: by 2026-02-01",
                "status: Active",
            ])
    }

    @Test func `an allergy keeps its agent, risk, status and reaction`() throws {
        let allergy = try reading.record("allergy", "fhir:AllergyIntolerance/a1")
        #expect(allergy.parent?.identity == Self.elm)
        #expect(
            allergy.words == [
                "kind: Allergy", "criticality: High risk", "status: Active",
                "verification: Confirmed", "agent: Penicillin V", "reaction: Rash, Itch",
                "severity: Severe", "recorded: 2019-12-10", "notes: As a child",
            ])
        #expect(
            allergy.value("agent")
                == .code(
                    Code(
                        system: "http://snomed.info/sct", code: "373270004",
                        display: "Penicillin V")))
        #expect(
            allergy.event == Instant(rfc3339: "2019-12-10T12:00:00.250Z").map(FieldValue.instant))
        #expect(allergy.performer?.name == "Dr Asha Rao")
    }

    @Test func `severities that differ stay with their reactions`() throws {
        let allergy = Sample.allergy(
            #""reaction": [{"manifestation": [{"text": "Rash"}], "severity": "mild"},"#
                + #"{"manifestation": [{"text": "Collapse"}], "severity": "severe"}]"#)
        let record = try Sample.read(Sample.bundle(with: allergy))
            .record("allergy", "fhir:AllergyIntolerance/x")
        #expect(record.words == ["agent: Nuts", "reaction: Rash (mild); Collapse (severe)"])
    }

    @Test func `no known allergy becomes the resident's assertion`() throws {
        let none = Sample.none(id: "n1", code: "716186003")
        let reading = Sample.read(Sample.bundle(with: none))
        let record = try reading.record("allergyAssertion", "\(Self.elm)#allergyAssertion")
        #expect(record.parent?.identity == Self.elm)
        #expect(record.words == ["assertion: No known allergy"])
        #expect(reading.mapped["AllergyIntolerance"] == 1)
        let twice = Sample.read(Sample.bundle(with: none, Sample.none(id: "n2", code: "716186003")))
        #expect(twice.problem == nil)
        #expect(twice.records.filter { $0.source.kind == "allergyAssertion" }.count == 1)
    }

    @Test func `no known allergy that was taken back asserts nothing`() {
        let none = Sample.none(
            id: "n1", code: "716186003",
            #", "verificationStatus": {"coding": [{"system": "#
                + #""http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","#
                + #" "code": "refuted"}]}"#)
        let reading = Sample.read(Sample.bundle(with: none))
        #expect(reading.problem == nil)
        #expect(reading.records.allSatisfy { $0.source.kind != "allergyAssertion" })
        #expect(reading.unmapped == ["AllergyIntolerance": 1])
    }

    @Test func `two different assertions are nobody's to choose from`() {
        let reading = Sample.read(
            Sample.bundle(
                with: Sample.none(id: "n1", code: "716186003"),
                Sample.none(id: "n2", code: "409137002")))
        #expect(reading.problem?.path == "entry[2].resource")
        #expect(reading.records.isEmpty)
    }

    @Test func `a practitioner becomes a contact with the role and organisation`() throws {
        let contact = try reading.record("contact", "fhir:Practitioner/p1")
        #expect(
            contact.words == [
                "name: Dr Asha Rao", "role: General practitioner",
                "organisation → fhir:Organization/o1", "speciality: MRCGP", "phone: 01632 960001",
                "email: asha@gp.example", "identifier: C1234567",
            ])
    }

    @Test func `an organisation keeps its ODS code and kind`() throws {
        let organisation = try reading.record("organisation", "fhir:Organization/o1")
        #expect(
            organisation.words == [
                "name: Elm Street Surgery", "kind: GP practice", "ods: A81001",
                "phone: 01632 960000", "address: 1 Elm Street\nNewtown", "postcode: NT1 1AA",
            ])
    }

    @Test func `those without a name are called by their identifier`() throws {
        let reading = Sample.read(
            Sample.bundle(
                with: #"{"resourceType": "Practitioner", "id": "p", "active": false}"#,
                #"{"resourceType": "Organization", "id": "o", "identifier": [{"value": "77"}]}"#))
        let contact = try reading.record("contact", "fhir:Practitioner/p")
        #expect(contact.words == ["name: Practitioner/p", "archived: yes"])
        #expect(try reading.record("organisation", "fhir:Organization/o").words == ["name: 77"])
    }

    @Test func `a death is taken over with its date`() throws {
        let patient = #"""
            {"resourceType": "Patient", "id": "x", "name": [{"text": "Joy Ash"}],
             "deceasedDateTime": "2020-01-02T23:30:00-01:00"}
            """#
        let record = try Sample.read(patient).record("resident", "fhir:Patient/x")
        #expect(
            record.words == [
                "familyName: Joy Ash", "lifeStatus: Deceased", "dateOfDeath: 2020-01-02",
            ])
    }

    @Test func `what is contained in a resource is found there`() throws {
        let plan = """
            {"resourceType": "CarePlan", "id": "x", "status": "active", "intent": "plan",
             "title": "T", "subject": {"reference": "Patient/elm"},
             "contained": [{"resourceType": "Goal", "id": "1", "lifecycleStatus": "active",
               "description": {"text": "Eat"}, "subject": {"reference": "Patient/elm"}},
               {"resourceType": "Condition", "id": "2", "code": {"text": "Frailty"}}],
             "goal": [{"reference": "#1"}], "addresses": [{"reference": "#2"}]}
            """
        let reading = Sample.read(Sample.bundle(with: plan))
        let record = try reading.record("plan", "fhir:CarePlan/x")
        #expect(record.words.last == "addresses: Frailty")
        let goal = try reading.record("goal", "fhir:CarePlan/x#1")
        #expect(goal.parent?.identity == "fhir:CarePlan/x")
        #expect(reading.unmapped == ["Condition": 1])
    }

    @Test func `a name that says the same twice is kept`() throws {
        let practitioner = #"""
            {"resourceType": "Practitioner", "id": "x",
             "name": [{"family": "James", "given": ["James", "James"]}]}
            """#
        let record = try Sample.read(practitioner).record("contact", "fhir:Practitioner/x")
        #expect(record.words == ["name: James James James"])
    }

    @Test func `text is normalised and line breaks in one line become spaces`() throws {
        let patient = #"""
            {"resourceType": "Patient", "id": "x",
             "name": [{"family": "  Cafe\u0301 \r\n\tNoir "}]}
            """#
        let record = try Sample.read(patient).record("resident", "fhir:Patient/x")
        #expect(record.value("familyName") == .text("Caf\u{E9}  Noir"))
    }
}

extension Sample {
    /// An allergy to nuts with more elements.
    static func allergy(_ more: String) -> String {
        """
        {"resourceType": "AllergyIntolerance", "id": "x", "code": {"text": "Nuts"},
         "patient": {"reference": "Patient/elm"}, \(more)}
        """
    }

    /// A statement about having no allergies.
    static func none(id: String, code: String, _ more: String = "") -> String {
        """
        {"resourceType": "AllergyIntolerance", "id": "\(id)",
         "code": {"coding": [{"system": "http://snomed.info/sct", "code": "\(code)"}]},
         "patient": {"reference": "Patient/elm"}\(more)}
        """
    }
}
