import KithModel
import KithSite

/// One sample of each view, with something in every property.
struct Samples: Sendable {
    let siteID = SiteID(publicKeyDER: [1, 2, 3])
    let partnershipID: PartnershipID
    let recordID: RecordID
    let moment = Instant(milliseconds: 1_780_000_000_123)

    init() {
        partnershipID = PartnershipID(founder: siteID, nonce: [1])
        recordID = RecordID(kind: "resident", source: "a", in: partnershipID)
    }

    var site: SiteView {
        SiteView(
            site: siteID, name: "Rose Court — «Öst» 🌹", kind: "care-home", ods: "VN1AB",
            version: "1.2.3", home: "/srv/kith/home")
    }

    var status: StatusView {
        StatusView(
            site: site, daemonRunning: true, partnerships: [partnership], peers: [peer],
            safetyCriticalConflicts: 1, routineConflicts: 2, oldestConflict: moment,
            partsWaiting: 3, entriesSetAside: 4, entries: 5, diskBytes: .max, diskFreeBytes: 6,
            certificateEnds: moment, overdue: 8, overdueSince: PartialDate("2026-10-01"))
    }

    var findings: [Finding] {
        [
            Finding(.warning, check: "clock", message: "is off", remedy: "set it"),
            Finding(.ok, check: "disk", message: "fine"),
        ]
    }

    var partnership: PartnershipView {
        let member = MemberView(
            site: siteID, name: "Rose Court", kind: "care-home", ods: nil, role: "steward",
            compartments: [.clinical, .personal], mayAttest: true, isSelf: true)
        return PartnershipView(
            id: partnershipID, name: "Rose & Hill", purpose: "shared care", isPrivate: false,
            members: [member], compartments: [.membership, .restricted], residents: 40,
            invitations: [invitation],
            letterboxes: [
                LetterboxView(keeper: "Hill Surgery", requests: 2, bytes: 4000, expires: moment)
            ])
    }

    var invitation: InvitationView {
        InvitationView(
            code: "KITH-CODE", id: "i1", partnership: "Rose & Hill", role: "reviewer",
            compartments: [.relations], mayAttest: false, addresses: ["[::1]:7443"],
            expires: moment, relay: "Relay", isAtRelay: true)
    }

    var preview: InvitationPreview {
        InvitationPreview(
            inviter: siteID, inviterName: "Hill Surgery", partnership: "Rose & Hill",
            purpose: "care", role: "steward", compartments: [.clinical], mayAttest: true,
            expires: moment, relay: "Relay")
    }

    var auditItem: AuditItem {
        AuditItem(
            number: 3, time: Instant(milliseconds: 1), actor: author, channel: .commandLine,
            action: .breakGlass, what: "w", record: record.id,
            breakGlass: BreakGlass(
                compartment: .restricted, resident: record.id, reason: "why", from: moment,
                until: moment,
                review: .init(number: 4, by: author, time: moment, finding: "right")),
            act: 2, reviewed: 1, finding: "f")
    }

    var waitingJoin: WaitingJoinView {
        WaitingJoinView(
            id: "i1", partnership: partnership.id, name: "Rose & Hill", purpose: "care",
            inviter: siteID, inviterName: "Hill Surgery", relay: "Relay", role: "reviewer",
            compartments: [.clinical], mayAttest: true, left: moment, expires: moment,
            problem: "no route")
    }

    var offer: OfferView {
        OfferView(
            partnership: partnership.id, name: "Hill", purpose: "care", site: siteID,
            siteName: "Hill Surgery", role: "reviewer", compartments: [.clinical],
            mayAttest: true, told: moment)
    }

    var peer: PeerView {
        PeerView(
            site: siteID, name: "Hill Surgery", addresses: ["hill:7443"], isEnabled: true,
            partnerships: ["Rose & Hill"], lastEqual: moment, lastAttempt: nil,
            lastProblem: "no route", entriesToSend: 7)
    }

    var syncSteps: [SyncProgress] {
        (0..<100).map { SyncProgress(peer: "Hill", sent: $0, toSend: 100, received: $0 * 2) }
    }

    var syncReport: SyncReport {
        SyncReport(
            site: siteID, peer: "Hill", isEqual: false, problem: "broke off", sent: 1, received: 2,
            bytesSent: 3, bytesReceived: 4, milliseconds: 5)
    }

    var author: Author {
        Author(user: "ann", name: "Ann Other", role: "nurse", organisation: "Hill")
    }

    var provenance: ProvenanceView {
        ProvenanceView(
            site: siteID, siteName: "Rose", committer: author, performer: author, change: .amend,
            entryClass: .decision, event: "2026-05", recorded: moment, received: moment,
            version: 9, reason: "because", entry: EntryHash(header: [7]))
    }

    var field: FieldView {
        let values: [FieldValue] = [
            .cleared, .text("line\nnext \u{0} \u{2028}"), .integer(.min), .boolean(true),
            .instant(moment), .reference(recordID),
            .code(Code(system: "s", code: "c", display: "d")),
            .group([GroupMember(1, .text("a")), GroupMember(2, .integer(3))]),
        ]
        let candidates = values.enumerated().map { number, value in
            CandidateView(
                number: number + 1, value: value, words: "words", absence: nil,
                isAuthorRemoved: false, provenance: [provenance])
        }
        return FieldView(
            name: "cpr", label: "CPR", policy: .safetyCritical, candidates: candidates,
            absence: .awaited)
    }

    var record: RecordView {
        RecordView(
            id: recordID, short: recordID.short, kind: "resident", title: "A / B",
            partnership: "Rose & Hill", partnershipID: partnershipID, compartment: .personal,
            parent: recordID, isArchived: true, version: 12, fields: [field],
            created: provenance, changed: provenance)
    }

    var due: DueItem {
        DueItem(
            record: recordID, short: recordID.short, kind: "plan", title: "Falls",
            field: "nextReview", what: "plan review", date: Day(number: 20_000).date,
            overdueDays: 3, isContested: true, dates: [Day(number: 20_000).date],
            resident: recordID, residentTitle: "Nell", who: "Dr Patel", partnership: "Rose & Hill",
            remark: "r")
    }

    var history: [HistoryItem] {
        [
            HistoryItem(
                field: "cpr", label: "CPR", words: "yes", isCandidate: true, superseded: 2,
                provenance: provenance)
        ]
    }

    var conflict: ConflictView {
        ConflictView(
            id: "ABC.cpr", kind: .authorRemoved, severity: .safetyCritical,
            partnership: "Rose & Hill", partnershipID: partnershipID, compartment: .clinical,
            record: recordID, recordKind: "plan", title: "T", resident: nil, about: "CPR",
            fieldName: "cpr",
            values: ["a", "b"], opened: moment, isReopened: true, owners: ["Ann", "Bob"],
            due: PartialDate("2026-05"), version: 4, needsAttestation: true,
            field: field,
            details: ConflictDetails(
                knowledge: [
                    CandidateKnowledge(
                        candidate: 1, replaced: ["x"], leftStanding: [2], unknown: [3])
                ],
                comparison: TextComparison(
                    base: "5 mg twice", provenance: provenance,
                    words: WordComparison(
                        base: "5 mg twice", versions: ["10 mg twice", "5 mg once"])),
                sides: [
                    ConflictSide(
                        number: 1, record: recordID, kind: "Plan", title: "T", why: "active",
                        provenance: provenance,
                        lines: [SideLine(kind: "plan", title: "t", field: field)])
                ], options: [ConflictOption(number: 1, word: "keep", words: "w")],
                decisions: [
                    DecisionView(
                        words: "w", replaced: ["v"], stands: true, provenance: provenance)
                ], notes: [ConflictNote(text: "rang", provenance: provenance)],
                attesters: ["Hill"]))
    }

    var outcome: ResolutionOutcome {
        ResolutionOutcome(
            conflict: "ABC.cpr", about: "CPR", stands: ["a"], replaces: ["b"], isOpen: true,
            rest: conflict, record: recordID)
    }

    var bulkReport: BulkReport {
        BulkReport(
            items: [
                BulkReport.Item(
                    conflict: "ABC.x", about: "X", stands: "a", replaces: ["b"], record: recordID)
            ], skipped: ["DEF.x"], version: 7, isWritten: true)
    }

    var importReport: ImportReport {
        ImportReport(
            partnership: "Rose", created: ["resident": 1], changed: [:], unchanged: ["plan": 2])
    }

    var verifyReport: VerifyReport {
        let digest = VerifyReport.CompartmentDigest(
            name: .clinical, entries: 3, frontier: "aa", stateDigest: "bb")
        let partnership = VerifyReport.Partnership(
            id: partnershipID, name: "Rose", compartments: [digest])
        return VerifyReport(partnerships: [partnership], problems: ["one"])
    }

    var rebuildReport: RebuildReport {
        RebuildReport(entries: 3, isEqual: false, differences: ["x"], isReplaced: true)
    }

    /// An import with that many bytes of text, give or take.
    func batch(bytes: Int) -> ImportBatch {
        let text = String(repeating: "abcdefghij", count: 100)
        let records = (0..<max(bytes / 1000, 1)).map { number in
            ImportRecord(
                source: .init(kind: "note", identity: "n\(number)"),
                parent: .init(kind: "resident", identity: "r"),
                fields: [
                    .init("text", .text(text)), .init("of", to: .init(kind: "x", identity: "y")),
                ],
                event: .instant(moment), performer: author)
        }
        return ImportBatch(partnership: "Rose", records: records)
    }

    var user: UserView {
        UserView(
            login: "mary", name: "Mary \"O\"", title: "deputy manager", roles: [.careStaff],
            compartments: [.clinical], isDisabled: false, isPasswordInitial: true, made: moment,
            signedIn: nil, certificates: [moment])
    }

    var summary: ResidentSummary {
        ResidentSummary(
            resident: record, stays: [record], plans: [], lastVersion: 4, lastChange: moment)
    }

    var changes: ChangesView {
        ChangesView(
            root: record, since: 3, version: 9,
            changes: [
                .init(
                    record: recordID, kind: "plan", title: "T", isNew: true, before: field,
                    after: field)
            ],
            moments: [.init(record: recordID, kind: "plan", title: "T", provenance: provenance)])
    }
}
