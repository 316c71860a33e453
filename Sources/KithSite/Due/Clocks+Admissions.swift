import KithModel
import KithStore

extension Clocks {
    /// What is due after people came to a home. Said only where this site holds what is clinical:
    /// elsewhere an assessment that is not shared would look like one that was not made.
    mutating func admissions() throws -> [Finding] {
        let stays = try byResident("residency", ["start", "end", "archived", "expectedEnd"])
        let transfers = try byResident("transfer", ["returned", "archived"])
        let contacts = try byResident(
            "hospitalContact", ["kind", "stage", "end", "archived"])
        let assessments = try byResident("assessment", ["kind", "done", "archived"])
        let plans = try byResident("plan", ["status", "agreedWith", "archived"])
        var found: [Finding] = []
        for (resident, stays) in stays.sorted(by: { $0.key < $1.key }) {
            let open = stays.filter {
                isClinical($0.record.partnership) && !$0.clock.isClosed(on: today)
            }
            guard let stay = open.first,
                try ancestor(resident, in: stay.record.partnership)?.isOver == false
            else { continue }
            let partnership = stay.record.partnership
            let begin = open.flatMap { $0.clock.days("start") }.min()
            let returns = returns(
                (transfers[resident] ?? []) + (contacts[resident] ?? []), in: partnership,
                since: begin)
            let records = open + returns
            let starts = records.enumerated().map { number, record in
                start(record, number)
            }
            let assessed = (assessments[resident] ?? []).filter { $0.isIn(partnership) }
                .compactMap { $0.clock.assessed }
            let isAgreed = (plans[resident] ?? []).contains {
                $0.isIn(partnership) && $0.clock.isAgreedPlan
            }
            found += AdmissionClock().outcomes(
                of: starts, assessed: assessed, hasAgreedPlan: isAgreed
            ).filter { $0.day <= horizon }.map {
                finding($0, of: records[$0.record].record, resident)
            }
        }
        return found
    }

    private func finding(
        _ outcome: AdmissionClock.Outcome, of record: DatedRecord, _ resident: RecordID
    ) -> Finding {
        let waiting =
            unread.contains(record.partnership)
            ? "parts of this partnership's records cannot be read here yet" : nil
        let remarks = [outcome.remark, waiting].compactMap(\.self)
        return Finding(
            row: record.row, record: record.id, partnership: record.partnership, field: nil,
            what: outcome.what, day: outcome.day, days: outcome.days,
            isContested: outcome.isContested,
            remark: remarks.isEmpty ? nil : remarks.joined(separator: "; "), resident: resident)
    }

    private struct Told {
        let record: DatedRecord
        let clock: ClockRecord

        func isIn(_ partnership: PartnershipID) -> Bool { record.partnership == partnership }
    }

    private func byResident(_ name: String, _ fields: [String]) throws -> [RecordID: [Told]] {
        guard let kind = Vocabulary.kind(named: name) else { return [:] }
        let found = try transaction.records(
            of: kind, reading: fields.compactMap { kind.field(named: $0)?.number }
        ).map { Told(record: $0, clock: ClockRecord(kind: kind, values: $0.values, zone: zone)) }
        return Dictionary(
            grouping: found.filter { !$0.clock.isArchived && $0.record.parent != nil }
        ) {
            $0.record.parent ?? $0.record.id
        }
    }

    private func isClinical(_ partnership: PartnershipID) -> Bool {
        current[partnership]?.isSuperset(of: [.personal, .clinical]) ?? false
    }

    /// Returns from hospital into the present stay.
    private func returns(
        _ records: [Told], in partnership: PartnershipID, since begin: Day?
    ) -> [Told] {
        records.filter { told in
            guard told.isIn(partnership), told.clock.isAdmissionToHospital,
                let back = told.clock.days(told.clock.returning).min()
            else { return false }
            return back <= today && (begin.map { $0 < back } ?? false)
        }
    }

    private func start(_ told: Told, _ number: Int) -> AdmissionClock.Start {
        let isStay = told.clock.kind.name == "residency"
        let field = isStay ? "start" : told.clock.returning
        return AdmissionClock.Start(
            record: number, what: isStay ? "admission" : "return from hospital",
            days: told.clock.days(field),
            isContested: Set(told.clock.candidates(field)).count > 1)
    }
}

extension ClockRecord {
    /// The field that says when the person came back.
    fileprivate var returning: String { kind.name == "transfer" ? "returned" : "end" }

    /// Whether coming back from it is a readmission.
    fileprivate var isAdmissionToHospital: Bool {
        guard kind.name == "hospitalContact" else { return true }
        let kinds = candidates("kind").compactMap(\.?.code)
        let isAvoided = candidates("stage").compactMap(\.?.code).contains("avoided")
        return !isAvoided && kinds.contains(where: ClockRules.standard.admissionKinds.contains)
    }

    /// The earliest day on which a comprehensive assessment may have been done; nil for another.
    fileprivate var assessed: Day? {
        let kinds = candidates("kind")
        guard !kinds.isEmpty, kinds.allSatisfy({ $0?.code == "comprehensive" }) else { return nil }
        return days("done").min()
    }

    /// Whether everyone says that it is active and was agreed.
    fileprivate var isAgreedPlan: Bool {
        let number = kind.field(named: "agreedWith")?.members.first { $0.name == "agreed" }?.number
        let agreed = candidates("agreedWith").map { value -> String? in
            guard case .group(let members)? = value else { return nil }
            return members.first { $0.number == number }?.value.code
        }
        let status = candidates("status")
        return !status.isEmpty && status.allSatisfy { $0?.code == "active" } && !agreed.isEmpty
            && agreed.allSatisfy { $0 == "yes" || $0 == "representative" }
    }
}

extension FieldValue {
    /// The code of a concept.
    fileprivate var code: String? {
        if case .code(let concept) = self { concept.code } else { nil }
    }
}
