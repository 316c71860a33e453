import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithTrust

/// What is done now and then: imports, what a newer version writes, erasures and moves.
extension Workload {
    // MARK: Other ways in

    /// A system that several sites take records from, now and then with other values.
    func importRecords(at installation: Installation, in id: PartnershipID) throws {
        let held = try compartments(of: installation, in: id)
        guard held.contains(.relations) else { return }
        sources += 1
        let author = author(at: installation)
        let now = simulation.now(at: installation)
        let plans = try (0..<random.number(in: 1...3)).map { _ in
            let record = ImportRecord(
                source: .init(
                    kind: "contact", identity: "fhir:Practitioner/\(random.number(in: 1...4))"),
                fields: [
                    .init("name", .text(texts.text(at: installation))),
                    .init("phone", .text("01632 96\(random.number(in: 1000...1009))")),
                ])
            return try ImportPlan(record, in: id)
        }
        try simulation.write(at: installation) {
            _ = try ImportPlan.write(plans, by: author, in: id, $0, now: now)
        }
        simulation.counts[.imports] += 1
        try saved(at: installation, "an import", nil)
    }

    /// What a newer version of the program writes: kinds, fields and values that this one does not
    /// know are kept, forwarded and merged alike.
    func writeNewer(at installation: Installation, in id: PartnershipID) throws {
        let held = try compartments(of: installation, in: id)
        guard installation.version == .newer, let compartment = random.pick(held.sorted()) else {
            return try change(at: installation, in: id, isLater: false)
        }
        let newest = UInt32(random.number(in: 900...902))
        let record = RecordID(
            kind: "newer", source: "thing \(random.number(in: 1...3))", in: id)
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let value = texts.text(at: installation)
        try simulation.write(at: installation) { transaction in
            let row = try transaction.recordRow(record, kind: newest, in: id, compartment)
            let version = try transaction.version()
            let seen = try row.map {
                try transaction.candidates(ofField: 990, record: $0, asOf: version)
            }
            let skeleton = Skeleton(
                record: record, kind: newest,
                operations: [.init(field: 990, supersedes: seen ?? [])], change: .amend,
                committer: Self.person(author), performer: nil, event: nil, group: Data())
            try transaction.author(
                [DraftPart(skeleton: skeleton, values: [.text(value)], reason: "")],
                class: .record, in: compartment, of: id, now: now)
        }
        simulation.counts[.newerVersionEntries] += 1
        try saved(at: installation, "something newer", record)
    }

    // MARK: Erasing

    /// A steward erases some of what a record has said, as at the end of retention.
    func erase(at installation: Installation, in id: PartnershipID) throws {
        guard let record = random.pick(here(at: installation, in: id)) else { return }
        let (isWhole, chosen) = (random.chance(permille: 300), random.bits())
        try erase(record, isWhole: isWhole, chosen: chosen, at: installation, in: id)
    }

    /// Erases all that a record has said, or one part of it.
    func erase(
        _ record: KnownRecord, isWhole: Bool, chosen: UInt64, at installation: Installation,
        in id: PartnershipID
    ) throws {
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let erased = try simulation.write(at: installation) { transaction -> Int in
            guard
                let row = try transaction.recordRow(
                    record.id, kind: record.kind.number, in: id, record.kind.compartment)
            else { return 0 }
            let all = try transaction.parts(ofRecord: row, version: nil)
            guard !all.isEmpty else { return 0 }
            let parts = isWhole ? all : [all[Int(chosen % UInt64(all.count))]]
            let said = DraftPart(
                skeleton: Skeleton(
                    record: record.id, kind: record.kind.number, operations: [], change: .erase,
                    committer: Self.person(author), performer: nil, event: nil, group: Data()),
                values: [], reason: "the end of retention")
            try transaction.erase(
                [(said, parts)], in: record.kind.compartment, of: id, now: now)
            return parts.count
        }
        guard erased > 0 else { return }
        simulation.counts[.erasures] += 1
        try saved(at: installation, "an erasure of \(erased) parts of", record.id)
    }

    // MARK: Moves

    /// A resident goes on in another partnership that this site writes in.
    func moveResident(at installation: Installation, from id: PartnershipID) throws {
        let residents = records(in: id).filter { $0.kind.name == "resident" }
        guard let resident = random.pick(residents),
            let destination = random.pick(try places(of: installation).filter { $0 != id })
        else { return }
        let (now, author) = (simulation.now(at: installation), author(at: installation))
        let outcome = try simulation.write(at: installation) { transaction in
            let all = try transaction.partnerships()
            guard let source = all.first(where: { $0.id == id }),
                let target = all.first(where: { $0.id == destination }),
                let record = try transaction.records(
                    RecordSelection(partnership: id, prefix: resident.id.description)
                ).first(where: { $0.id == resident.id && $0.partnership == id })
            else { return ResidentMover.Outcome?.none }
            return try ResidentMover(
                transaction: transaction, author: author, source: source, target: target
            ).move(record, reason: "moved house", now: now)
        }
        guard let outcome, !outcome.isUnchanged else { return }
        add(KnownRecord(id: outcome.id, kind: resident.kind), to: destination)
        simulation.counts[.moves] += 1
        try saved(
            at: installation, "\(outcome.values) values moved to \(destination.short) of",
            resident.id)
    }
}
