import Foundation
import GRDB
import KithModel
import KithProtocol
import KithSite
import KithTransport
import KithTrust
import Logging
import SwiftProtobuf
import Synchronization

/// All that the sites of a village say to each other, as it is read and written inside TLS, and all
/// that their programs log.
///
/// Every exchange has one end that answers, and is heard there, both ways. A message counts as seen
/// by both of its ends.
final class Wiretap: Sendable {
    private struct Message {
        let ends: Set<SiteID>
        let bytes: Data
        let entries: [Kith_V1_Entry]
    }

    /// What a search of one site's share of the traffic saw.
    struct Finding: Equatable {
        /// Messages that the site sent or was sent.
        let messages: Int
        /// Sealed halves of entries among them.
        let sealed: Int
        /// How many of those opened with a key that the site holds.
        let opened: Int
        /// Whether the words are in a message as it is.
        let isInClear: Bool
        /// Whether the words are in something that opened.
        let isReadable: Bool
    }

    private let messages = Mutex<[Message]>([])
    private let lines = Mutex<[String]>([])
    private let interruption = Mutex<(@Sendable () async throws -> Void)?>(nil)

    /// Does something before the next batch of entries that a site answers with is on its way.
    func interrupt(_ action: @escaping @Sendable () async throws -> Void) {
        interruption.withLock { $0 = action }
    }

    fileprivate func interrupted() async throws {
        let action = interruption.withLock { $0.take() }
        try await action?()
    }

    /// What answers for a site, and is heard.
    func answering(for site: LocalSite, _ id: SiteID) -> any PeerServiceHandler {
        Answering(site: site, id: id, wiretap: self)
    }

    /// A logger whose lines are kept.
    func logger(_ name: String) -> Logger {
        Logger(label: name) { _ in LineKeeper(wiretap: self) }
    }

    /// Whether a program logged the words.
    func isLogged(_ words: String) -> Bool {
        lines.withLock { $0.contains { $0.contains(words) } }
    }

    /// Searches what a site sent and was sent, with all keys in hand that it holds now.
    ///
    /// Each key is tried on each sealed half, whichever key the entry names.
    func search(for needle: Data, at site: SiteID, keys: [CompartmentKey]) throws -> Finding {
        let heard = messages.withLock { $0.filter { $0.ends.contains(site) } }
        var sealed = 0
        var opened: [Data] = []
        for entry in heard.flatMap(\.entries) {
            let header = try EntryHeader(decoding: entry.header)
            for (number, part) in entry.parts.enumerated() {
                for (half, bytes) in [
                    (PartSeal.Half.skeleton, part.skeleton), (.body, part.body),
                ] where header.parts[number].key != nil && !bytes.isEmpty {
                    sealed += 1
                    let seal = PartSeal(header, part: number, half: half)
                    opened += keys.compactMap {
                        try? seal.open(bytes, key: $0.secret, SystemCryptography())
                    }
                }
            }
        }
        return Finding(
            messages: heard.count, sealed: sealed, opened: opened.count,
            isInClear: heard.contains { $0.bytes.range(of: needle) != nil },
            isReadable: opened.contains { $0.range(of: needle) != nil })
    }

    fileprivate func keep(
        _ message: any SwiftProtobuf.Message, _ entries: [Kith_V1_Entry] = [],
        between one: SiteID, _ other: SiteID
    ) throws {
        let bytes: Data = try message.serializedBytes()
        messages.withLock {
            $0.append(Message(ends: [one, other], bytes: bytes, entries: entries))
        }
    }

    fileprivate func keep(line: String) {
        lines.withLock { $0.append(line) }
    }
}

/// Answers as a site does, and keeps what was asked and answered.
private struct Answering: PeerServiceHandler {
    let site: LocalSite
    let id: SiteID
    let wiretap: Wiretap

    func session(
        with peer: SiteID, isLeafExpired: Bool, _ stream: SessionStream
    ) async throws {
        let keep: @Sendable (Kith_V1_SessionMessage) throws -> Void = { [wiretap, id] message in
            let batch = try message.entries.unpacked()
            try wiretap.keep(message, batch.entries + batch.erasures, between: id, peer)
        }
        let heard = SessionStream(
            receive: {
                let message = try await stream.receive()
                if let message { try keep(message) }
                return message
            },
            send: { [wiretap] message in
                if !message.entries.entries.isEmpty { try await wiretap.interrupted() }
                try keep(message)
                try await stream.send(message)
            })
        try await site.session(with: peer, isLeafExpired: isLeafExpired, heard)
    }

    func preview(
        _ request: Kith_V1_PreviewRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_PreviewResponse {
        try await heard(request, site.siteID) { try await self.site.preview(request, from: site) }
    }

    func join(
        _ request: Kith_V1_JoinRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_JoinResponse {
        try await heard(request, site.siteID) { try await self.site.join(request, from: site) }
    }

    func commit(
        _ request: Kith_V1_CommitRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_CommitResponse {
        try await heard(request, site.siteID) { try await self.site.commit(request, from: site) }
    }

    func reveal(
        _ request: Kith_V1_RevealRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_RevealResponse {
        try await heard(request, site.siteID) { try await self.site.reveal(request, from: site) }
    }

    func notice(
        _ request: Kith_V1_NoticeRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_NoticeResponse {
        try await heard(request, site.siteID) { try await self.site.notice(request, from: site) }
    }

    func leave(
        _ request: Kith_V1_SealedJoin, from site: UnpairedSite
    ) async throws -> Kith_V1_LeaveResponse {
        try await heard(request, site.siteID) { try await self.site.leave(request, from: site) }
    }

    func collect(
        _ request: Kith_V1_CollectRequest, from peer: SiteID
    ) async throws -> Kith_V1_CollectResponse {
        try await heard(request, peer) { try await site.collect(request, from: peer) }
    }

    func offer(_ offers: Kith_V1_Offers, from peer: SiteID) async throws -> Kith_V1_Offers {
        try await heard(offers, peer) { try await site.offer(offers, from: peer) }
    }

    private func heard<Answer: SwiftProtobuf.Message>(
        _ request: any SwiftProtobuf.Message, _ peer: SiteID, _ answer: () async throws -> Answer
    ) async throws -> Answer {
        try wiretap.keep(request, between: id, peer)
        let answer = try await answer()
        try wiretap.keep(answer, between: id, peer)
        return answer
    }
}

/// Keeps each line with all that belongs to it.
private struct LineKeeper: LogHandler {
    let wiretap: Wiretap
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(wiretap: Wiretap) { self.wiretap = wiretap }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let error = event.error.map { "\($0)" } ?? ""
        wiretap.keep(line: "\(event.message) \(metadata) \(event.metadata ?? [:]) \(error)")
    }
}

extension Neighbour {
    /// Whether any file of the home holds words in the clear; the database that a restore replaced is
    /// kept as it was.
    func hasInFiles(_ words: String, exceptReplaced: Bool = false) throws -> Bool {
        try hasInFiles(Data(words.utf8), exceptReplaced: exceptReplaced)
    }

    /// Whether any file of the home holds bytes as they are.
    func hasInFiles(_ needle: Data, exceptReplaced: Bool = false) throws -> Bool {
        let found = try FileManager.default.contentsOfDirectory(atPath: home)
        return found.contains { file in
            guard !exceptReplaced || !file.contains(".before-restore-") else { return false }
            return FileManager.default.contents(atPath: home + "/" + file)?.range(of: needle) != nil
        }
    }

    /// Searches what this site ever sent or was sent, with its keys in hand.
    func hear(_ words: String) async throws -> Wiretap.Finding {
        try await hear(Data(words.utf8))
    }

    /// Searches what another site sent or was sent, with this site's keys in hand.
    func overhear(_ words: String, at other: Neighbour) async throws -> Wiretap.Finding {
        try wiretap.search(
            for: Data(words.utf8), at: try await other.site.profile().site, keys: try await keys())
    }

    /// The same for bytes that are no text.
    func hear(_ needle: Data) async throws -> Wiretap.Finding {
        try wiretap.search(
            for: needle, at: try await site.profile().site, keys: try await keys())
    }

    /// The compartment keys that the site holds now, as they lie in its database.
    private func keys() async throws -> [CompartmentKey] {
        var readOnly = Configuration()
        readOnly.readonly = true
        let database = try DatabaseQueue(path: home + "/kith.sqlite", configuration: readOnly)
        let keys = try await database.read { database in
            try Data.fetchAll(
                database, sql: "SELECT secret FROM compartment_key WHERE secret IS NOT NULL")
        }
        try database.close()
        return keys.compactMap(CompartmentKey.init(bytes:))
    }
}
