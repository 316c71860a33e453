import Foundation
import KithModel
import KithProtocol
import KithTrust

/// Everything that was ever written in one partnership, as a graph in memory: what an entry says,
/// and what lies before it. Nothing here comes from a database.
final class Graph {
    /// One part as whoever holds its key reads it.
    struct Piece {
        let key: EntryHash
        let skeleton: Skeleton
        let values: [Data]
    }

    /// What an entry says.
    enum Content {
        case act(MembershipAct?)
        /// A part that nobody reads is nil.
        case pieces([Piece?])
        case erasure([PartID])
    }

    /// One entry; an object, as it is handed around a great deal.
    final class Node {
        let index: Int
        let hash: EntryHash
        let header: EntryHeader
        let content: Content
        let depth: Int64
        /// The entries before it in its chain.
        let chain: Bits
        /// What its chain names up to it, with what grew to that in its chains.
        let named: Bits
        /// Whether its author was ever granted to write it, by the admissions in its past.
        fileprivate(set) var isAllowed = false
        /// The fields that it says something in, each once.
        fileprivate(set) var fields: [Field] = []

        fileprivate init(
            index: Int, hash: EntryHash, header: EntryHeader, content: Content, depth: Int64,
            chain: Bits, named: Bits
        ) {
            self.index = index
            self.hash = hash
            self.header = header
            self.content = content
            self.depth = depth
            self.chain = chain
            self.named = named
        }

        /// Whether an entry lies in its causal past.
        func knows(_ other: Int) -> Bool { chain.contains(other) || named.contains(other) }
        var compartment: Compartment { header.feed.compartment }
        var author: SiteID { header.feed.author }
    }

    let partnership: PartnershipID
    private(set) var nodes: [Node] = []
    private(set) var indices: [EntryHash: Int] = [:]
    /// The operations that name an operation.
    private(set) var namers: [OperationID: [OperationID]] = [:]
    /// Entries at each place of a feed; more than one is a fork.
    private(set) var places: [FeedID: [UInt64: [Int]]] = [:]
    /// Acts about each site that were allowed.
    private var actsAbout: [SiteID: [Int]] = [:]
    /// Whatever was said in each field.
    private var fields: [Field.Name: Field] = [:]
    /// The entries that are sealed with each key.
    private(set) var sealedWith: [EntryHash: [Int]] = [:]
    /// The sites that each key was handed to, and the acts that did it.
    private(set) var recipients: [EntryHash: [(site: SiteID, act: Int)]] = [:]
    /// Allowed acts that do more than let somebody in.
    private(set) var changes = Bits()
    /// The entries of each compartment.
    private var indicesByCompartment: [Compartment: [Int]] = [:]

    init(_ partnership: PartnershipID) {
        self.partnership = partnership
    }

    func node(_ hash: EntryHash) -> Node? { indices[hash].map { nodes[$0] } }

    /// The entries of a compartment, in a causal order.
    func nodes(in compartment: Compartment) -> some Sequence<Node> {
        (indicesByCompartment[compartment] ?? []).lazy.map { self.nodes[$0] }
    }

    /// The acts about a site that were allowed, in a causal order.
    func acts(about site: SiteID) -> some Sequence<Node> {
        (actsAbout[site] ?? []).lazy.map { self.nodes[$0] }
    }

    /// Adds an entry; what it builds on is here already.
    func add(
        _ hash: EntryHash, _ header: EntryHeader, _ parts: [Part],
        secrets: [EntryHash: CompartmentKey]
    ) {
        let index = nodes.count
        var chain = Bits()
        var named = Bits()
        var depth: Int64 = 0
        if let previous = header.previous.flatMap({ self.node($0) }) {
            chain = previous.chain
            chain.insert(previous.index)
            named = previous.named
            depth = previous.depth
        }
        for known in header.knows.compactMap({ self.node($0.hash) }) {
            named.formUnion(known.chain)
            named.insert(known.index)
            depth = max(depth, known.depth)
        }
        let node = Node(
            index: index, hash: hash, header: header,
            content: Self.content(header, parts, secrets), depth: depth + 1, chain: chain,
            named: named)
        node.isAllowed = isAllowed(node)
        nodes.append(node)
        indices[hash] = index
        indicesByCompartment[node.compartment, default: []].append(index)
        places[header.feed, default: [:]][header.sequence, default: []].append(index)
        noteRecipients(node)
        if case .act(let act?) = node.content, node.isAllowed, let site = act.subject {
            actsAbout[site, default: []].append(index)
            switch act {
            case .found, .admit: break
            default: changes.insert(index)
            }
        }
        if case .pieces(let pieces) = node.content { add(pieces, of: node) }
    }

    private func noteRecipients(_ node: Node) {
        let handed: [(key: EntryHash, site: SiteID)] =
            switch node.content {
            case .act(.mint(_, _, let sealed)?): sealed.map { (node.hash, $0.site) }
            case .act(.handOver(let handed)?): handed.map { ($0.key, $0.sealed.site) }
            default: []
            }
        for (key, site) in handed { recipients[key, default: []].append((site, node.index)) }
    }

    private func add(_ pieces: [Piece?], of node: Node) {
        for key in Set(pieces.compactMap { $0?.key }) {
            sealedWith[key, default: []].append(node.index)
        }
        for (part, piece) in pieces.enumerated() {
            guard let piece else { continue }
            for (number, operation) in piece.skeleton.operations.enumerated() {
                let id = OperationID(entry: node.hash, part: part, operation: number)
                for target in operation.supersedes { namers[target, default: []].append(id) }
                guard node.isAllowed else { continue }
                let name = Field.Name(
                    compartment: node.compartment, record: piece.skeleton.record,
                    kind: piece.skeleton.kind, field: operation.field)
                let field = fields[name] ?? Field(name)
                fields[name] = field
                field.add(id, of: node, superseding: operation.supersedes)
                if !node.fields.contains(where: { $0 === field }) { node.fields.append(field) }
            }
        }
    }

    private static func content(
        _ header: EntryHeader, _ parts: [Part], _ secrets: [EntryHash: CompartmentKey]
    ) -> Content {
        if header.feed.compartment == .membership {
            guard parts.count == 1 else { return .act(nil) }
            return .act(try? MembershipAct(decoding: parts[0].skeleton))
        }
        if header.entryClass == .erasure {
            return .erasure(
                (try? parts.first.map { try Erasure(decoding: $0.skeleton) })?.parts ?? [])
        }
        return .pieces(
            parts.enumerated().map { number, part in
                guard let id = header.parts[number].key, let key = secrets[id] else { return nil }
                func open(_ sealed: Data, _ half: PartSeal.Half) throws -> Data {
                    try PartSeal(header, part: number, half: half).open(
                        sealed, key: key.secret, SystemCryptography())
                }
                guard let skeleton = try? Skeleton(decoding: open(part.skeleton, .skeleton)),
                    let sealed = part.body,
                    let body = try? PartBody(
                        decoding: open(sealed, .body), operations: skeleton.operations.count)
                else { return nil }
                return Piece(key: id, skeleton: skeleton, values: body.values)
            })
    }

    // MARK: Who may

    /// The join of a site's admissions in an entry's past, without regard to removals.
    private func admissions(of site: SiteID, at node: Node, countingVotes: Bool) -> Grant? {
        var grant: Grant?
        for index in actsAbout[site] ?? [] where node.knows(index) {
            let found: Grant
            switch nodes[index].content {
            case .act(.found): found = .founder
            case .act(.admit(_, let given, _)), .act(.change(_, let given, _)): found = given
            case .act(.elect) where countingVotes:
                found = Grant(role: .steward, compartments: [], mayAttest: false)
            default: continue
            }
            grant = grant.map { $0.joined(with: found) } ?? found
        }
        return grant
    }

    private func isAllowed(_ node: Node) -> Bool {
        switch node.content {
        case .act(nil): return false
        case .act(let act?):
            return Membership.verdict(
                on: act, by: node.author, sequence: node.header.sequence, in: partnership,
                grant: admissions(of: node.author, at: node, countingVotes: true)) == .allowed
        case .pieces:
            return Membership.verdict(
                on: node.header.entryClass, in: node.compartment,
                grant: admissions(of: node.author, at: node, countingVotes: false)) == .allowed
        case .erasure:
            return Membership.verdict(
                on: .erasure, in: node.compartment,
                grant: admissions(of: node.author, at: node, countingVotes: true)) == .allowed
        }
    }
}

extension MembershipAct {
    /// The site whose standing an act is about; nil when it is about none.
    var subject: SiteID? {
        switch self {
        case .found(_, _, _, let founder): founder.site
        case .admit(let profile, _, _): profile.site
        case .change(let site, _, _), .remove(let site, _), .elect(let site): site
        case .mint, .handOver, .describe: nil
        }
    }
}
