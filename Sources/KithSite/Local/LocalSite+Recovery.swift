import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTransport
import KithTrust
import SwiftProtobuf

// The recovery kit (D15): made here, and a site made again from one.
extension LocalSite {
    package func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        try await translating {
            let passphrase = passphrase.trimmingCharacters(in: .newlines)
            guard passphrase.count >= RecoveryKit.passphraseCharacters else {
                throw SiteError(
                    .invalid,
                    "a passphrase has at least \(RecoveryKit.passphraseCharacters) characters, for example four words"
                )
            }
            let now = clock()
            let partners = try await peers().filter { !$0.partnerships.isEmpty }
            let kit = RecoveryKit(
                identity: keys.identity, sealing: keys.sealing, name: name, kind: kind,
                ods: ods ?? "", made: now,
                partners: partners.map {
                    RecoveryKit.Partner(site: $0.site, addresses: $0.addresses)
                })
            let code = try await Self.offThePool { [cryptography] in
                try kit.sealed(under: passphrase, cryptography)
            }
            let sites = partners.map(\.site.description).sorted().joined(separator: "\n")
            try await store.write {
                try $0.setNote("kit.made", now.rfc3339)
                try $0.setNote("kit.partners", sites)
            }
            return RecoveryKitView(
                code: code, site: try await profile(), made: now, partners: partners)
        }
    }

    /// Runs what takes a core for half a second where nobody else's tasks wait behind it.
    private static func offThePool<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }

    /// Whether a kit was made, and is still of use.
    func recoveryKitFinding() async throws -> Finding {
        let (made, known) = try await store.read {
            (try $0.note("kit.made"), try $0.note("kit.partners") ?? "")
        }
        guard let made = made.flatMap(Instant.init(rfc3339:)) else {
            return Finding(
                .warning, check: "recovery kit", message: "there is none",
                remedy:
                    "print one with 'kith recovery-kit FILE': without it a lost machine is a lost site"
            )
        }
        let missing = try await peers().filter {
            !$0.partnerships.isEmpty && !known.contains($0.site.description)
        }
        guard missing.isEmpty else {
            return Finding(
                .warning, check: "recovery kit",
                message:
                    "it is of \(made.formatted(in: .current)) and does not know \(missing.map(\.name).joined(separator: ", "))",
                remedy: "print a new one with 'kith recovery-kit FILE', and destroy the old one")
        }
        return Finding(
            .ok, check: "recovery kit", message: "made on \(made.formatted(in: .current))")
    }

    /// What is still to be done after a recovery.
    func recoveryFindings() async throws -> [Finding] {
        let unmet = try await unmetPartners()
        guard !unmet.isEmpty else { return [] }
        let names = unmet.map { "\($0.site.short) (\($0.addresses.joined(separator: ", ")))" }
        return [
            Finding(
                .warning, check: "recovery",
                message: "not reached yet since the recovery: \(names.joined(separator: ", "))",
                remedy:
                    "run 'kith sync' when they can be reached; if one has moved, pair with it by phone"
            )
        ]
    }

    /// Makes a site again from its kit: the same identity, an empty log, and a new incarnation.
    /// What partners hold comes back from them, now or at later syncs.
    package static func recover(
        kit text: String, passphrase: String, home path: String,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> RecoveryReport {
        let kit: RecoveryKit
        do {
            kit = try await offThePool {
                try RecoveryKit(
                    text: text, passphrase: passphrase.trimmingCharacters(in: .newlines),
                    SystemCryptography())
            }
        } catch let problem as RecoveryKit.Problem {
            throw SiteError(.invalid, problem.description)
        }
        let keys = SiteKeys(identity: kit.identity, sealing: kit.sealing)
        let now = Instant(Date())
        let unmet = try JSONEncoder().encode(
            kit.partners.map { UnmetPartner(site: $0.site, addresses: $0.addresses) })
        let view = try await make(
            home: path, keys: keys, name: kit.name, kind: kit.kind, ods: kit.ods, now: now
        ) { transaction in
            try transaction.beginIncarnation(.recovered, now: now)
            try transaction.setNote("recovery.partners", String(decoding: unmet, as: UTF8.self))
        }
        let site = try await open(home: path)
        do {
            let report = try await translating {
                let partners = try await site.meetRecoveredPartners()
                var sessions: [SyncReport] = []
                if partners.contains(where: { $0.problem == nil && !$0.partnerships.isEmpty }) {
                    sessions = try await site.sync([], progress: progress)
                }
                return RecoveryReport(
                    site: view, made: kit.made, partners: partners, sessions: sessions)
            }
            await site.close()
            return report
        } catch {
            await site.close()
            throw error
        }
    }

    // MARK: Partners of the kit

    private struct UnmetPartner: Codable, Sendable {
        let site: SiteID
        let addresses: [String]
    }

    private func unmetPartners() async throws -> [UnmetPartner] {
        guard let note = try await store.read({ try $0.note("recovery.partners") }) else {
            return []
        }
        return (try? JSONDecoder().decode([UnmetPartner].self, from: Data(note.utf8))) ?? []
    }

    /// Dials the partners of the kit that were not reached yet, and joins again what they tell of.
    /// Empty when this site was not recovered, or has met them all.
    func meetRecoveredPartners() async throws -> [RecoveryReport.Partner] {
        var reports: [RecoveryReport.Partner] = []
        var left: [UnmetPartner] = []
        let unmet = try await unmetPartners()
        guard !unmet.isEmpty else { return [] }
        for partner in unmet {
            // One may have been met through another partner meanwhile.
            if try await store.read({ try $0.peers() }).contains(where: { $0.site == partner.site })
            {
                continue
            }
            var report = RecoveryReport.Partner(site: partner.site, addresses: partner.addresses)
            do {
                report.partnerships = try await meet(partner)
            } catch let error as TransportError {
                report.problem = error.description
            } catch let error as SiteError {
                report.problem = error.description
            }
            if report.problem != nil { left.append(partner) }
            reports.append(report)
        }
        let note = String(decoding: try JSONEncoder().encode(left), as: UTF8.self)
        try await store.write { try $0.setNote("recovery.partners", note) }
        try await refreshDirectory()
        return reports
    }

    /// Takes the root that a partner proves, and joins what it tells of.
    private func meet(_ partner: UnmetPartner) async throws -> [String] {
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        var last: any Error = SiteError(.network, "the recovery kit has no address of it")
        for address in partner.addresses {
            do {
                return try await client.withConnection(
                    to: try HostPort(text: address), expecting: partner.site, root: nil
                ) { [self] connection in
                    let offers = try await connection.offer(.with { $0.wantsAll = true })
                    return try await join(
                        offers, of: partner.site, root: connection.root,
                        addresses: partner.addresses)
                }
            } catch let error as TransportError {
                last = error
            }
        }
        throw last
    }

    private func join(
        _ offers: Kith_V1_Offers, of site: SiteID, root: RootCertificate, addresses: [String]
    ) async throws -> [String] {
        let now = clock()
        let offered = storedOffers(offers, from: site, now: now)
        try await store.write { transaction in
            try transaction.setPeer(
                site, name: site.short, root: root, addresses: addresses, isEnabled: true)
            for offer in offered {
                try transaction.join(
                    offer.partnership, name: offer.name, purpose: offer.purpose, through: site,
                    now: now)
            }
        }
        return offered.map(\.name)
    }
}
