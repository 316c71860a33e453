// Made by hand and known to be valid.
// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import KithModel
import KithSite

/// Views as a site would give them, made by hand.
enum Samples {
    static let zone = TimeZone(identifier: "Europe/London")!
    static let now = Instant(rfc3339: "2026-11-22T23:12:00Z")!
    static let home = siteID(1)
    static let practice = siteID(2)
    static let partnershipID = PartnershipID(bytes: [UInt8](repeating: 7, count: 16))!
    static let resident = recordID(1)
    static let plan = recordID(2)
    static let cpr = recordID(3)

    static func siteID(_ number: UInt8) -> SiteID {
        SiteID(bytes: [UInt8](repeating: number, count: 32))!
    }

    static func recordID(_ number: UInt8) -> RecordID {
        RecordID(bytes: [UInt8](repeating: number &* 37, count: 16))!
    }

    static func said(
        _ name: String = "Jane Doe", role: String = "nurse", site: String = "Elm House",
        version: Int64 = 5, as entryClass: EntryClass = .record, reason: String? = nil
    ) -> ProvenanceView {
        ProvenanceView(
            site: home, siteName: site, committer: Author(user: "jd", name: name, role: role),
            performer: entryClass == .decision
                ? Author(user: "", name: "Dr Patel", role: "GP") : nil,
            change: .amend, entryClass: entryClass, event: "2026-11-20", recorded: now,
            received: Instant(milliseconds: now.milliseconds + 120_000), version: version,
            reason: reason, entry: EntryHash(header: Array("\(name)\(version)".utf8)))
    }

    static func candidate(
        _ number: Int, _ words: String, _ provenance: ProvenanceView = said()
    ) -> CandidateView {
        CandidateView(
            number: number, value: .text(words), words: words, absence: nil,
            isAuthorRemoved: false, provenance: [provenance])
    }

    /// A record of a kind with candidates by field name; every other field is not recorded.
    static func record(
        _ kind: String, _ id: RecordID, title: String, parent: RecordID? = nil, version: Int64 = 5,
        _ values: [String: [CandidateView]]
    ) -> RecordView {
        let definition = Vocabulary.kind(named: kind)!
        return RecordView(
            id: id, short: id.short, kind: kind, title: title, partnership: "Elm and Patel",
            partnershipID: partnershipID, compartment: definition.compartment, parent: parent,
            isArchived: false, version: version,
            fields: definition.fields.map { field in
                let candidates = values[field.name] ?? []
                return FieldView(
                    name: field.name, label: field.label, policy: field.policy,
                    candidates: candidates, absence: candidates.isEmpty ? .notRecorded : nil)
            }, created: said(version: 1), changed: said(version: version))
    }

    static let smith = record(
        "resident", resident, title: "Smith Jane",
        [
            "familyName": [candidate(1, "Smith")], "givenName": [candidate(1, "Jane")],
            "dateOfBirth": [candidate(1, "1931-04-02")],
            "nhsNumber": [candidate(1, "943 476 5919")],
            "phone": [candidate(1, "01803 555 001"), candidate(2, "01803 555 002")],
        ])

    static let falls = record(
        "plan", plan, title: "Falls prevention", parent: resident,
        [
            "title": [candidate(1, "Falls prevention")],
            "status": [
                candidate(1, "Active"),
                candidate(2, "On hold", said("Dr Patel", role: "GP", site: "Patel Practice")),
            ],
            "description": [candidate(1, String(repeating: "walks with a frame ", count: 20))],
        ])

    static let allergy = record(
        "allergy", recordID(4), title: "Penicillin", parent: resident,
        ["agent": [candidate(1, "Penicillin")], "severity": [candidate(1, "Severe")]])

    static let decision = record(
        "cprDecision", cpr, title: "CPR decision", parent: resident,
        [
            "decision": [
                candidate(
                    1, "Not for cardiopulmonary resuscitation; decided on: 2026-11-20",
                    said(as: .decision)),
                candidate(
                    2, "For cardiopulmonary resuscitation; decided on: 2026-11-21",
                    said("Sam Roe", reason: "hospital letter")),
            ]
        ])

    static let goal = record(
        "goal", recordID(5), title: "Walk to the garden", parent: plan,
        ["text": [candidate(1, "Walk to the garden")], "importance": [candidate(1, "8")]])

    static let action = record(
        "action", recordID(6), title: "Physiotherapy twice a week", parent: plan,
        ["what": [candidate(1, "Physiotherapy twice a week")]])

    static let contingency = record(
        "contingency", recordID(7), title: "After a fall", parent: plan,
        [
            "name": [candidate(1, "After a fall")], "triggers": [candidate(1, "on the floor")],
            "whatShouldHappen": [
                candidate(1, "Ring 111"), candidate(2, "Ring 999", said("Sam Roe")),
            ],
        ])

    static func conflict(needsAttestation: Bool = false) -> ConflictView {
        let record = needsAttestation ? decision : falls
        let name = needsAttestation ? "decision" : "status"
        let field = record.field(name)!
        return ConflictView(
            id: "\(record.short).\(name)", kind: .field, severity: .safetyCritical,
            partnership: "Elm and Patel", partnershipID: record.partnershipID,
            compartment: .clinical, record: record.id, recordKind: record.kind, title: record.title,
            resident: "Smith Jane",
            about: field.label, fieldName: name, values: field.candidates.map(\.words),
            opened: Instant(milliseconds: now.milliseconds - 3 * 86_400_000), version: 5,
            needsAttestation: needsAttestation,
            field: field, details: ConflictDetails(attesters: ["Patel Practice"]))
    }

    static func member(_ name: String, isSelf: Bool) -> MemberView {
        MemberView(
            site: isSelf ? home : practice, name: name, kind: "careHome", ods: nil,
            role: "steward", compartments: Compartment.allCases, mayAttest: !isSelf,
            sharingEnds: isSelf ? nil : Instant(milliseconds: now.milliseconds + 10 * 86_400_000),
            isSelf: isSelf)
    }

    static func partnership(_ name: String = "Elm and Patel") -> PartnershipView {
        PartnershipView(
            id: partnershipID, name: name, purpose: "joint care of residents", isPrivate: false,
            members: [member("Elm House", isSelf: true), member("Patel Practice", isSelf: false)],
            compartments: Compartment.allCases, residents: 40, invitations: [invitation(code: nil)])
    }

    static func invitation(code: String?) -> InvitationView {
        InvitationView(
            code: code, id: "K7", partnership: "Elm and Patel", role: "contributor",
            compartments: [.relations, .clinical], mayAttest: true,
            addresses: ["elm.example.org:7420"], expires: now)
    }

    static let auditor = Author(user: "aud", name: "Ada Auditor", role: "auditor")

    static func waitingJoin() -> WaitingJoinView {
        WaitingJoinView(
            id: "c0ffee0123456789", partnership: partnershipID, name: "Elm and Harbour",
            purpose: "Falls clinic", inviter: practice, inviterName: "Patel \u{1B}[31mPractice",
            relay: "County Relay", role: "reviewer", compartments: [.relations, .clinical],
            mayAttest: false, left: now, expires: now)
    }

    static let offer = OfferView(
        partnership: partnershipID, name: "Elm and Harbour", purpose: "Falls clinic",
        site: practice, siteName: "Patel \u{1B}[31mPractice", role: "reviewer",
        compartments: [.relations, .clinical], mayAttest: false, told: now)

    static func peer(_ name: String = "Patel Practice", problem: String? = nil) -> PeerView {
        PeerView(
            site: practice, name: name, addresses: ["patel.example.org:7420"], isEnabled: true,
            partnerships: ["Elm and Patel"], lastEqual: now, lastAttempt: now,
            lastProblem: problem, entriesToSend: 12)
    }

    static func session(_ name: String = "Patel Practice", problem: String? = nil) -> SyncReport {
        SyncReport(
            site: practice, peer: name, isEqual: problem == nil, problem: problem, sent: 12,
            received: 30, bytesSent: 52_000, bytesReceived: 1_400_000, milliseconds: 2340)
    }

    static let profile = SiteView(
        site: home, name: "Elm House", kind: "careHome", ods: nil, version: "0.1.0",
        home: "/srv/elm")

    static func status() -> StatusView {
        StatusView(
            site: profile, daemonRunning: true, partnerships: [partnership()],
            peers: [peer(), peer("Torbay Trust", problem: "the address does not answer")],
            safetyCriticalConflicts: 2, routineConflicts: 1, oldestConflict: now, partsWaiting: 3,
            entriesSetAside: 1, entries: 71_204, diskBytes: 48_000_000,
            diskFreeBytes: 9_000_000_000,
            certificateEnds: Instant(milliseconds: now.milliseconds + 5_000_000_000))
    }

    static let user = UserView(
        login: "mary.okafor", name: "Mary Okafor", title: "deputy manager", roles: [.careStaff],
        compartments: [.relations, .clinical], isDisabled: false, isPasswordInitial: true,
        made: now, signedIn: now)
}
