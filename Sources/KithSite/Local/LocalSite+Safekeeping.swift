import Foundation
import KithModel
import KithStore
import KithTrust
import Logging

extension LocalSite {
    package func verify() async throws -> VerifyReport {
        try await translating {
            try await store.read { transaction in
                let partnerships = try transaction.partnerships().map { partnership in
                    VerifyReport.Partnership(
                        id: partnership.id, name: partnership.name,
                        compartments: try transaction.writtenCompartments(of: partnership.id).map {
                            VerifyReport.CompartmentDigest(
                                name: $0.compartment, entries: try transaction.entryCount(in: $0),
                                frontier: try transaction.frontierDigest($0).hexadecimal,
                                stateDigest: try transaction.stateDigest($0).hexadecimal)
                        })
                }
                return VerifyReport(
                    partnerships: partnerships,
                    problems: try transaction.problemsOfLog() + transaction.problemsOfAudit())
            }
        }
    }

    package func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        try await translating {
            let replay = try await store.replay(keeping: !checkOnly)
            return RebuildReport(
                entries: replay.entries, isEqual: replay.differences.isEmpty,
                differences: replay.differences, isReplaced: !checkOnly)
        }
    }

    /// Returns when a save begun now would have had its turn; changes nothing.
    package func waitForWriter() async throws {
        try await translating { try await store.write { _ in } }
    }

    /// A step of looking the log through; true when more is due now.
    package func scrubSome() async throws -> Bool {
        try await translating {
            let now = clock()
            // Sessions go first, but one that never ends must not keep the log from being looked through.
            let most = isSyncing ? Self.entriesAStep / 20 : Self.entriesAStep
            let step = try await store.write {
                try $0.scrub(most, every: Self.daysBetweenScrubs, now: now)
            }
            if step.damaged > 0 {
                logger.error(
                    "entries of the log are damaged, and will be fetched again",
                    metadata: ["entries": "\(step.damaged)"])
            }
            if !step.isMoreDue { _ = try await store.refreshStatistics() }
            return step.isMoreDue
        }
    }

    /// About twenty milliseconds of work.
    private static let entriesAStep = 200
    /// A million entries take ten minutes of idle time.
    private static let daysBetweenScrubs = 7

    package func status() async throws -> StatusView {
        try await translating {
            let conflicts = try await conflicts(ConflictQuery())
            let critical = conflicts.filter { $0.severity == .safetyCritical }
            let today = clock().day(in: entry.zone)
            let (awaited, setAside, entries, rollback, forks) = try await store.read {
                (
                    try $0.awaitedParts(), try $0.waiting().setAside, try $0.entryCount(),
                    try $0.rollback(), try ForkView.all($0)
                )
            }
            let disk = home.diskUse()
            let overdue = try await overdue()
            return StatusView(
                site: try await profile(), daemonRunning: isDaemon,
                partnerships: try await partnerships(), peers: try await peers(),
                safetyCriticalConflicts: critical.count,
                routineConflicts: conflicts.count - critical.count,
                oldestConflict: critical.map(\.opened).min(),
                partsWaiting: awaited, entriesSetAside: setAside.values.reduce(0, +),
                entries: entries,
                diskBytes: disk.used, diskFreeBytes: disk.free,
                certificateEnds: tlsIdentity.leaf.notAfter, forks: forks,
                rollback: rollback.map { RollbackView(words: $0.reason.words, time: $0.time) },
                offers: Set(try await offers().map(\.partnership)).count,
                waitingJoins: try await waitingJoins(),
                unreviewedBreakGlass: try await unreviewedBreakGlass(), overdue: overdue.count,
                overdueSince: overdue.since,
                oldestRoutineConflict: conflicts.filter { $0.severity == .routine }.map(\.opened)
                    .min(),
                overdueConflicts: conflicts.count { $0.isOverdue(on: today) },
                unownedConflicts: conflicts.count(where: \.owners.isEmpty),
                entriesDamaged: try await store.read { try $0.damagedEntries() })
        }
    }

    private func endingFindings(_ partnership: PartnershipView) -> [Finding] {
        let now = clock()
        return partnership.endings(now: now).map { member, ends in
            let who = member.isSelf ? "all members" : member.name
            let tense = ends <= now ? "has ended" : "ends"
            return Finding(
                .warning, check: "agreement",
                message:
                    "sharing with \(who) in \(partnership.name) \(tense) at \(ends.formatted(in: .current))",
                remedy: member.isSelf
                    ? "ask a steward to prolong it with 'kith partnership change'; nothing is lost meanwhile"
                    : "prolong it with 'kith partnership change \(member.site.short) --until DATE', if that is agreed"
            )
        }
    }

    private func stateFinding() async throws -> Finding {
        do {
            let rebuilt = try await rebuild(checkOnly: true)
            return rebuilt.isEqual
                ? Finding(
                    .ok, check: "state", message: "equals the replay of \(rebuilt.entries) entries")
                : Finding(
                    .problem, check: "state", message: rebuilt.differences.joined(separator: "; "),
                    remedy: "run 'kith rebuild', then 'kith verify'")
        } catch let error as SiteError where error.code == .store {
            // What else is wrong can be said all the same.
            return Finding(
                .problem, check: "state", message: "the log cannot be replayed: \(error)",
                remedy: "sync with the partners, or restore a backup")
        }
    }

    package func doctor() async throws -> [Finding] {
        var findings: [Finding] = []
        let status = try await status()
        findings.append(databaseFinding(try await verify()))
        findings.append(try await stateFinding())
        findings.append(diskFinding(status))
        if status.entriesDamaged > 0 {
            findings.append(
                Finding(
                    .problem, check: "damage",
                    message: "\(status.entriesDamaged) entries of the log are damaged here",
                    remedy:
                        "sync with the partners, who are asked for them again; if it comes back, replace the disk"
                ))
        }
        if status.partsWaiting > 0 {
            findings.append(
                Finding(
                    .warning, check: "waiting",
                    message: "\(status.partsWaiting) parts of entries cannot be read yet",
                    remedy: "sync with a steward of the partnership, so that the keys arrive"))
        }
        if status.entriesSetAside > 0 {
            findings.append(
                Finding(
                    .warning, check: "set aside",
                    message:
                        "\(status.entriesSetAside) entries are kept but have no effect, because their authors were not entitled to write them",
                    remedy: "ask the authors' organisations what they meant to do"))
        }
        for partnership in status.partnerships {
            guard let quota = partnership.quotaBytes, partnership.logBytes > quota / 10 * 9 else {
                continue
            }
            findings.append(
                Finding(
                    .warning, check: "quota",
                    message: "\(partnership.name) has nearly filled its quota at this site",
                    remedy: "allow more with 'kith partnership quota', or ask who writes so much"))
        }
        findings += status.partnerships.flatMap(endingFindings)
        findings += letterboxFindings(status)
        if status.unreviewedBreakGlass > 0 {
            findings.append(
                Finding(
                    .warning, check: "break-glass",
                    message: "\(status.unreviewedBreakGlass) not reviewed",
                    remedy:
                        "see 'kith audit list --break-glass', ask, and 'kith audit review NUMBER'"))
        }
        findings += rollbackFindings(status)
        findings.append(try await recoveryKitFinding())
        findings += try await recoveryFindings()
        if tlsIdentity.leaf.needsRenewal(at: clock()) {
            findings.append(
                Finding(
                    .warning, check: "certificate",
                    message:
                        "this site's own ends at \(status.certificateEnds.formatted(in: .current)) and was not renewed",
                    remedy: "see in the log of kithd why, and check this machine's clock"))
        }
        for peer in status.peers {
            if peer.isCertificateExpired {
                findings.append(
                    Finding(
                        .warning, check: "certificate",
                        message: "that of \(peer.name) has expired; it is accepted all the same",
                        remedy: "ask its people to restart kithd there, and to check its clock"))
            }
            if let problem = peer.lastProblem {
                findings.append(
                    Finding(
                        .problem, check: "sync", message: "\(peer.name): \(problem)",
                        remedy: "run 'kith sync' when that is mended"))
            } else if peer.addresses.isEmpty, peer.lastEqual == nil {
                findings.append(
                    Finding(
                        .warning, check: "sync",
                        message: "\(peer.name) has no address here and has not called yet",
                        remedy: "give it one with 'kith peer set', or wait for it to call"))
            }
        }
        if !status.peers.isEmpty, !isDaemon {
            findings.append(
                Finding(
                    .warning, check: "daemon", message: "kithd is not running",
                    remedy: "start it, so that this site syncs at night and partners can reach it"))
        }
        return findings.sorted { Self.urgency($0.level) < Self.urgency($1.level) }
    }

    private func rollbackFindings(_ status: StatusView) -> [Finding] {
        var findings = status.forks.map { fork in
            Finding(
                .warning, check: "fork",
                message:
                    "\(fork.name) wrote two entries numbered \(fork.sequence) in \(fork.compartment.name) of \(fork.partnership); both are kept and shown",
                remedy:
                    "ask whether its home was copied, or a backup restored beside it: only one copy may run"
            )
        }
        if let rollback = status.rollback {
            findings.append(
                Finding(
                    .warning, check: "rollback",
                    message:
                        "\(rollback.words), noticed \(rollback.time.formatted(in: .current)); this site went on in new feeds, and nothing is lost",
                    remedy:
                        "sync with every partner, so that what they hold of this site comes back"
                ))
        }
        return findings
    }

    private static func urgency(_ level: Finding.Level) -> Int {
        switch level {
        case .problem: 0
        case .warning: 1
        case .ok: 2
        }
    }

    private func databaseFinding(_ report: VerifyReport) -> Finding {
        report.ok
            ? Finding(.ok, check: "log", message: "every hash, chain and signature is right")
            : Finding(
                .problem, check: "log",
                message:
                    "\(report.problems.count) problems: \(report.problems.prefix(3).joined(separator: "; "))",
                remedy: "keep a copy of the home, then restore the last backup and sync")
    }

    private func diskFinding(_ status: StatusView) -> Finding {
        let free = status.diskFreeBytes
        let megabytes = free / 1_048_576
        return free < StatusView.leastFreeBytes
            ? Finding(
                .problem, check: "disk", message: "only \(megabytes) MiB are free",
                remedy: "free some space: without it nothing can be saved")
            : Finding(.ok, check: "disk", message: "\(megabytes) MiB are free")
    }
}

extension RollbackReason {
    /// What happened, for people.
    var words: String {
        switch self {
        case .databaseOlder: "the database was older than what this home once held"
        case .homeMoved: "the home was copied or moved"
        case .partnerKnowsMore: "a partner held entries of this site that were not here"
        case .restored: "a backup was restored"
        case .recovered: "the site was made again from its recovery kit"
        }
    }
}

extension ForkView {
    static func all(_ transaction: StoreTransaction) throws -> [ForkView] {
        let partnerships = try transaction.partnerships()
        return try transaction.forks().map { fork in
            let partnership = partnerships.first { $0.id == fork.id.partnership }
            let profiles =
                (partnership?.members.map(\.profile) ?? [])
                + (partnership?.formerMembers.map(\.profile) ?? [])
            return ForkView(
                site: fork.author,
                name: profiles.first { $0.site == fork.author }?.name ?? fork.author.short,
                partnership: partnership?.name ?? fork.id.partnership.short,
                compartment: fork.id.compartment, sequence: fork.sequence)
        }
    }
}
