/// FHIR bundles that the tests make themselves.
enum Bundles {
    /// A person with an allergy and a plan with one action.
    static func person(_ number: Int) -> String {
        """
        {"resourceType": "Bundle", "type": "collection", "entry": [
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
            "activity": [{"detail": {"status": "in-progress",
              "code": {"text": "Action \(number)"}}}]}}
        ]}
        """
    }
}
