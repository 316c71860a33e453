import Foundation
import GRDB
import KithModel
public import KithProtocol
import KithTrust

/// A batch of entries as it came, checked as far as that needs no log: their bytes against their
/// digests, and which of them continue which. This is most of the work, and needs no transaction.
public struct IncomingBatch: Sendable {
    struct Entry: Sendable {
        let parsed: ParsedEntry
        /// Its parts, as far as they were opened.
        var opened: [OpenedPart?] = []
    }

    /// The entries up to the first whose bytes are not what they should be.
    private(set) var entries: [Entry] = []
    /// What is wrong with the one after those.
    private(set) var fault: ProtocolFault?
    /// Those that no other continues.
    private(set) var ends: [ParsedEntry] = []
    private var headers: [EntryHash: EntryHeader] = [:]

    /// Parses and checks entries, and opens those parts for which there is a key.
    public init(
        _ received: [ReceivedEntry], keys: OpeningKeys? = nil
    ) {
        var continued: Set<EntryHash> = []
        for one in received {
            do throws(ProtocolFault) {
                let parsed = try ParsedEntry(one)
                entries.append(Entry(parsed: parsed, opened: keys?.open(parsed) ?? []))
                headers[parsed.hash] = parsed.header
                if let before = parsed.header.previous { continued.insert(before) }
            } catch {
                fault = error
                break
            }
        }
        ends = entries.map(\.parsed).filter { !continued.contains($0.hash) }
    }

    /// The certificate that an act of the batch brings for a site. Whoever wrote the act, it is that site's:
    /// a site is named by its key.
    func certificate(of site: SiteID) -> RootCertificate? {
        for entry in entries where entry.parsed.header.feed.compartment == .membership {
            guard let part = entry.parsed.received.parts.first else { continue }
            switch try? MembershipAct(decoding: part.skeleton) {
            case .found(_, _, _, let profile) where profile.site == site: return profile.root
            case .admit(let profile, _, _) where profile.site == site: return profile.root
            default: continue
            }
        }
        return nil
    }

    /// An entry of the batch with those of its feed that it continues, as far as they are of the batch.
    /// One that is said to be of another feed ends the chain: its author is another, who did not sign.
    func chain(endingAt end: ParsedEntry) -> [EntryHash] {
        var chain = [end.hash]
        var last = end.header
        while let previous = last.previous, let header = headers[previous],
            header.partnership == last.partnership, header.feed == last.feed,
            header.sequence == last.sequence - 1
        {
            chain.append(previous)
            last = header
        }
        return chain
    }
}

/// The compartment keys that this site had at some moment, to open parts with before they are in the
/// log. A part whose key is not among them is opened when it is applied, or waits for its key.
public struct OpeningKeys: Sendable {
    struct Name: Hashable {
        let id: EntryHash
        let compartment: Compartment
        let partnership: PartnershipID
    }

    let keys: [Name: CompartmentKey]
    let cryptography: any Cryptography

    /// What opens of an entry's parts; what does not is for whoever applies it to say.
    func open(_ entry: ParsedEntry) -> [OpenedPart?] {
        entry.header.parts.indices.map { number in
            guard let id = entry.header.parts[number].key,
                let key = keys[
                    Name(
                        id: id, compartment: entry.header.feed.compartment,
                        partnership: entry.header.partnership)]
            else { return nil }
            return try? OpenedPart(number, of: entry, key: key.secret, cryptography)
        }
    }
}

extension StoreTransaction {
    /// The keys of everything that this site can read now.
    public func openingKeys() throws -> OpeningKeys {
        var keys: [OpeningKeys.Name: CompartmentKey] = [:]
        for row in try rows(
            """
            SELECT compartment_key.id, compartment, uuid, secret
            FROM compartment_key JOIN partnership ON partnership.id = partnership
            WHERE secret IS NOT NULL
            """)
        {
            guard let compartment = Compartment(rawValue: row["compartment"]),
                let key = CompartmentKey(bytes: row["secret"])
            else { continue }
            let name = OpeningKeys.Name(
                id: try EntryHash(blob: row["id"]), compartment: compartment,
                partnership: try PartnershipID(blob: row["uuid"]))
            keys[name] = key
        }
        return OpeningKeys(keys: keys, cryptography: cryptography)
    }
}
