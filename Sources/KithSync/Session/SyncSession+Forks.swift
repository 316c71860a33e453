import Foundation
import KithModel
package import KithProtocol
import SwiftProtobuf

/// Where the search for forks stands.
///
/// A leaf of the peer's that is not here, in a feed of which this side is as far or farther, means a
/// fork. Both sides then send entries of that feed at growing distances from their ends, and the
/// nearest that the other holds tells it where the branches part. Each side sends one search, which
/// is empty when it sees no fork, and a second one for feeds that only the other saw.
struct ForkSearching: Sendable {
    var areOursLoaded = false
    var areTheirsKnown = false
    var ours: Set<SyncSession.FeedRequest>?
    var theirs: Set<SyncSession.FeedRequest>?
    var isSecondSent = false
    var isSecondReceived = false
    var samples: [Int: [Position]] = [:]
}

extension SyncSession {
    mutating func beginForkSearch() -> [Action] {
        guard forks.areOursLoaded, forks.areTheirsKnown else { return [] }
        state = .searchingForks
        var forked: Set<FeedRequest> = []
        for (index, leaves) in declared.theirs {
            let ours = declared.ours[index] ?? []
            let held = Set(ours.map(\.hash))
            for leaf in leaves where !held.contains(leaf.hash) {
                let mine = ours.filter { $0.feed == leaf.feed }
                // Being farther in the feed without that very leaf may also mean that it is an
                // ancestor of ours; the samples settle it either way.
                if mine.contains(where: { $0.sequence >= leaf.sequence }) {
                    forked.insert(FeedRequest(shared: index, feed: leaf.feed))
                }
            }
        }
        forks.ours = forked
        return [.loadSamples(Array(forked))]
    }

    /// The samples that were asked for are here.
    package mutating func samplesLoaded(_ samples: [FeedRequest: [Position]]) -> [Action] {
        guard state == .searchingForks else { return [] }
        let byIndex = Dictionary(grouping: samples, by: { $0.key.shared })
        let message = Kith_V1_SessionMessage.with {
            $0.forkSearch = .with {
                $0.samples = byIndex.map { index, feeds in
                    .with {
                        $0.id = blinded(shared[index])
                        $0.leaves = feeds.flatMap(\.value).map(Kith_V1_Leaf.init)
                    }
                }
            }
        }
        return [.send(message)] + endForkSearch()
    }

    mutating func receive(_ search: Kith_V1_ForkSearch) -> [Action] {
        var feeds: Set<FeedRequest> = []
        var count = 0
        for sample in search.samples {
            count += sample.leaves.count
            guard count <= Limits.feeds, let index = index(ofBlinded: sample.id),
                let positions = positions(sample, in: index)
            else { return close(.protocolError, "the search for a fork is not valid") }
            forks.samples[index, default: []] += positions
            feeds.formUnion(positions.map { FeedRequest(shared: index, feed: $0.feed) })
        }
        if forks.theirs == nil {
            forks.theirs = feeds
        } else if !forks.isSecondReceived {
            forks.isSecondReceived = true
        } else {
            return close(.protocolError, "a message came twice")
        }
        return endForkSearch()
    }

    private mutating func endForkSearch() -> [Action] {
        guard let ours = forks.ours, let theirs = forks.theirs, state == .searchingForks else {
            return []
        }
        let onlyTheirs = theirs.subtracting(ours)
        if !onlyTheirs.isEmpty, !forks.isSecondSent {
            forks.isSecondSent = true
            return [.loadSamples(Array(onlyTheirs))]
        }
        if !ours.subtracting(theirs).isEmpty, !forks.isSecondReceived { return [] }
        state = .exchanging
        var known = declared.theirs
        for (index, positions) in forks.samples { known[index, default: []] += positions }
        for index in differing ?? [] where known[index] == nil { known[index] = [] }
        return [.findMissing(known)]
    }
}
