import Foundation
import KithModel
package import KithProtocol
import SwiftProtobuf

/// Where the search for forks stands.
///
/// A leaf of the peer's that is none of this side's, in a feed of which this side is as far or
/// farther, is an entry before its own end or means a fork. This side sends back the leaf if it holds
/// it: then the peer sends nothing that comes before it. Else it sends entries of that feed at growing
/// distances from its end, and the nearest that the other holds tells it where the branches part.
/// Each side sends one search, which is empty when it is nowhere ahead, and a second one for feeds that only
/// the other saw and in which it lacks a leaf of this side's: one that holds them all is ahead, no more.
struct ForkSearching: Sendable {
    var areOursLoaded = false
    var areTheirsKnown = false
    /// Feeds that look forked from here.
    var ours: Set<SyncSession.FeedRequest> = []
    /// Those of which this side does not hold all the peer's leaves: the peer's answer settles them.
    var oursOpen: Set<SyncSession.FeedRequest> = []
    /// Feeds of the peer's first search in which it does not hold all of this side's leaves.
    var theirsOpen: Set<SyncSession.FeedRequest> = []
    /// Feeds that the peer's first search names.
    var theirs: Set<SyncSession.FeedRequest> = []
    /// Searches of this side's that the driver was asked for; they are sent when they are loaded.
    var asked = 0
    var sent = 0
    var received = 0
    var samples: [Int: [Position]] = [:]

    /// How many searches this side has to send, as far as is known, and how many it has to get.
    var toSend: Int { theirsOpen.isSubset(of: ours) ? 1 : 2 }
    var toReceive: Int { oursOpen.isSubset(of: theirs) ? 1 : 2 }
}

extension SyncSession {
    mutating func beginForkSearch() -> [Action] {
        guard forks.areOursLoaded, forks.areTheirsKnown else { return [] }
        state = .searchingForks
        for (index, leaves) in declared.theirs {
            let ours = declared.ours[index] ?? []
            let held = Set(ours.map(\.hash))
            let ends = Dictionary(ours.map { ($0.feed, $0.sequence) }, uniquingKeysWith: max)
            for leaf in leaves where !held.contains(leaf.hash) {
                // Being farther in the feed without that very leaf may also mean that it is an
                // ancestor of ours; the samples settle it either way.
                if let end = ends[leaf.feed], end >= leaf.sequence {
                    forks.ours.insert(FeedRequest(shared: index, feed: leaf.feed))
                }
            }
        }
        forks.asked = 1
        return [.loadSamples(forks.ours.sorted())]
    }

    /// The leaves that the peer declared of a feed.
    package func leavesOfPeer(in request: FeedRequest) -> [Position] {
        leavesOfPeer(in: request.shared).filter { $0.feed == request.feed }
    }

    /// The leaves that the peer declared of a shared compartment.
    package func leavesOfPeer(in shared: Int) -> [Position] { declared.theirs[shared] ?? [] }

    /// The samples that were asked for are here.
    package mutating func samplesLoaded(_ samples: [FeedRequest: [Position]]) -> [Action] {
        guard state == .searchingForks else { return [] }
        if forks.sent == 0 {
            forks.oursOpen = Set(
                samples.filter { !Set($1).isSuperset(of: leavesOfPeer(in: $0)) }.keys)
        }
        let byIndex = Dictionary(grouping: samples.keys.sorted(), by: \.shared)
        let message = Kith_V1_SessionMessage.with {
            $0.forkSearch = .with {
                $0.samples = byIndex.sorted { $0.key < $1.key }.map { index, feeds in
                    .with {
                        $0.id = blindedIDs[index]
                        $0.leaves = feeds.flatMap { samples[$0] ?? [] }.map(Kith_V1_Leaf.init)
                    }
                }
            }
        }
        forks.sent += 1
        return [.send(message)] + endForkSearch()
    }

    mutating func receive(_ search: Kith_V1_ForkSearch) -> [Action] {
        guard forks.received < forks.toReceive else {
            return close(.protocolError, "a message came twice")
        }
        var sampled: [Int: [Position]] = [:]
        var count = 0
        for sample in search.samples {
            count += sample.leaves.count
            guard count <= Limits.feeds else { return close(.limitExceeded, "too many samples") }
            guard let index = indices[sample.id], differing?.contains(index) == true,
                sampled[index] == nil, let positions = positions(sample, in: index)
            else { return close(.protocolError, "the search for a fork is not valid") }
            sampled[index] = positions
        }
        if forks.received == 0 {
            forks.theirs = sampled.reduce(into: []) { feeds, sample in
                feeds.formUnion(sample.value.map { FeedRequest(shared: sample.key, feed: $0.feed) })
            }
            let held = sampled.mapValues(Set.init)
            forks.theirsOpen = forks.theirs.filter { request in
                declared.ours[request.shared]?.contains {
                    $0.feed == request.feed && held[request.shared]?.contains($0) != true
                } ?? false
            }
        }
        forks.samples.merge(sampled, uniquingKeysWith: +)
        forks.received += 1
        return endForkSearch()
    }

    /// Goes on when this side's searches are sent and the peer's are here. What the driver still
    /// loads is waited for: the peer waits for it as well.
    private mutating func endForkSearch() -> [Action] {
        guard forks.received > 0 else { return [] }
        if forks.asked < forks.toSend {
            forks.asked = 2
            return [.loadSamples(forks.theirsOpen.subtracting(forks.ours).sorted())]
        }
        guard forks.sent == forks.toSend, forks.received == forks.toReceive else { return [] }
        state = .exchanging
        var known = declared.theirs.merging(forks.samples, uniquingKeysWith: +)
        for index in differing ?? [] where known[index] == nil { known[index] = [] }
        return [.findMissing(known, wanted: declared.wanted)]
    }
}
