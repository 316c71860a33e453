import KithModel
import KithTrust

/// A story of few sites in which one thing goes wrong on purpose, told step by step, where chance would
/// seldom bring it about. It is looked at as every run is, and in the end everyone syncs with everyone.
package enum Scenario: String, CaseIterable, Sendable {
    /// A backup of before an erasure comes in the place of a database that knew of it, and the site is the
    /// first to tell another of the entry.
    case erasureAhead = "erasure-ahead"
    /// What a removed member wrote comes by another way after the removal, and the site starts again.
    case lateAfterRemoval = "late-after-removal"
    /// A member was removed and let in again; a site that only knows of the removal hears of the rest from
    /// itself.
    case backUnheard = "back-unheard"
    /// A backup comes in the place of a database in which what erased a body is damaged.
    case damagedErasure = "damaged-erasure"
    /// A member leaves, hears of what others did meanwhile, and tells a site of it that knows of its leaving
    /// already, and heard of the rest later.
    case wordOfLeaving = "word-of-leaving"
    /// Two sites have an entry from the same forwarder, who spoiled its signature; one of them has noticed.
    case spoiledTwice = "spoiled-twice"
    /// A steward removes a member and mints a key without it, and was made a reviewer before that by the
    /// founder: the removal is void, and who minted the key may hand it to nobody.
    case demotedMinter = "demoted-minter"
    /// A steward removes the founder, mints a key without it and tells a member, and is put out by the founder,
    /// who knows of none of that: the removal of the founder is void, and members that are no stewards have
    /// the key, and no steward.
    case keyWithoutSteward = "key-without-steward"
    /// A steward removes a member and mints a key without it. The founder lets another site in before it is
    /// handed that key, and removes who minted it, who has not heard of the new one.
    case removedMinter = "removed-minter"
    /// A member that was removed, and does not know, writes on an act that comes to its remover after the
    /// removal, and meets the remover.
    case wordOfRemoved = "word-of-removed"
    /// The founder removes a member and describes itself anew; another member hears of both, leaves, and is set
    /// back to a backup from before it left. The removed one is let in again and hears of the leaving: each
    /// of the two takes the other for a former member, and they meet.
    case bothFormer = "both-former"
    /// A copied member leaves, and its copy, which knows nothing of that, writes on an act that who has left is
    /// not told. Somebody who heard of the leaving first has both, and meets the one who left.
    case copyOfLeaver = "copy-of-leaver"
    /// A steward removes the founder, who has just let a site in and puts the steward out. A member hears of the
    /// first removal before the second: what the new site wrote counts, counts no more, and counts again.
    case restoredAdmission = "restored-admission"

    /// Tells it on a world that has just been founded.
    func play(on stage: Stage) throws {
        switch self {
        case .erasureAhead: try playErasureAhead(stage)
        case .lateAfterRemoval: try playLateAfterRemoval(stage)
        case .backUnheard: try playBackUnheard(stage)
        case .damagedErasure: try playDamagedErasure(stage)
        case .wordOfLeaving: try playWordOfLeaving(stage)
        case .spoiledTwice: try playSpoiledTwice(stage)
        case .demotedMinter: try playDemotedMinter(stage)
        case .keyWithoutSteward: try playKeyWithoutSteward(stage)
        case .removedMinter: try playRemovedMinter(stage)
        case .wordOfRemoved: try playWordOfRemoved(stage)
        case .bothFormer: try playBothFormer(stage)
        case .copyOfLeaver: try playCopyOfLeaver(stage)
        case .restoredAdmission: try playRestoredAdmission(stage)
        }
    }

    private func playErasureAhead(_ stage: Stage) throws {
        try stage.everyoneMeets()
        let record = try stage.write(at: stage.home)
        try stage.sync(stage.home, stage.practice)
        let backup = stage.practice.imageOfDisk()
        try stage.erase(record, at: stage.home)
        try stage.sync(stage.home, stage.practice)
        try stage.restore(backup, at: stage.practice)
        try stage.sync(stage.practice, stage.trust)
    }

    private func playLateAfterRemoval(_ stage: Stage) throws {
        _ = try stage.write(at: stage.trust)
        try stage.everyoneMeets()
        try stage.remove(stage.trust)
        try stage.sync(stage.home, stage.practice)
        _ = try stage.write(at: stage.trust)
        try stage.sync(stage.trust, stage.council)
        try stage.sync(stage.council, stage.practice)
        try stage.restart(stage.practice)
    }

    private func playBackUnheard(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.trust)
        try stage.sync(stage.home, stage.practice)
        try stage.admit(stage.trust)
        try stage.sync(stage.trust, stage.home)
        _ = try stage.write(at: stage.practice)
        _ = try stage.write(at: stage.trust)
        try stage.sync(stage.trust, stage.practice)
    }

    private func playDamagedErasure(_ stage: Stage) throws {
        let record = try stage.write(at: stage.home)
        try stage.everyoneMeets()
        let backup = stage.practice.imageOfDisk()
        let erasure = try stage.erase(record, at: stage.home)
        try stage.sync(stage.home, stage.practice)
        try stage.practice.damage(erasure)
        try stage.restore(backup, at: stage.practice)
    }

    private func playWordOfLeaving(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.leave(stage.trust)
        try stage.sync(stage.trust, stage.council)
        try stage.sync(stage.council, stage.home)
        try stage.admit(stage.otherHome, by: stage.practice)
        try stage.sync(stage.trust, stage.practice)
        try stage.sync(stage.practice, stage.home)
        try stage.sync(stage.trust, stage.home)
    }

    private func playSpoiledTwice(_ stage: Stage) throws {
        try stage.everyoneMeets()
        _ = try stage.write(at: stage.trust)
        let entry = try stage.lastEntry(of: stage.trust)
        // What it signed next vouches for it.
        _ = try stage.write(at: stage.trust)
        try stage.sync(stage.trust, stage.council)
        try stage.council.spoilSignature(of: entry)
        try stage.sync(stage.council, stage.home)
        try stage.sync(stage.council, stage.practice)
        try stage.scrub(stage.home)
        try stage.sync(stage.home, stage.practice)
    }

    private func playDemotedMinter(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.council, by: stage.practice)
        _ = try stage.write(at: stage.practice)
        try stage.makeReviewer(stage.practice)
    }

    private func playKeyWithoutSteward(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.home, by: stage.practice)
        _ = try stage.write(at: stage.practice)
        // What was sealed with the key goes on without the one who wrote it.
        try stage.sync(stage.practice, stage.trust)
        try stage.remove(stage.practice)
    }

    private func playRemovedMinter(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.council, by: stage.practice)
        _ = try stage.write(at: stage.practice)
        try stage.sync(stage.practice, stage.trust)
        try stage.admit(
            stage.otherHome,
            Grant(role: .contributor, compartments: [.relations], mayAttest: false))
        try stage.sync(stage.trust, stage.home)
        try stage.remove(stage.practice)
    }

    private func playWordOfRemoved(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.trust)
        try stage.admit(stage.otherHome, by: stage.practice)
        try stage.sync(stage.trust, stage.practice)
        try stage.describeAgain(stage.trust)
        try stage.sync(stage.trust, stage.practice)
        try stage.sync(stage.practice, stage.home)
        try stage.sync(stage.home, stage.trust)
    }

    private func playBothFormer(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.remove(stage.trust)
        try stage.describeAgain(stage.home)
        try stage.sync(stage.council, stage.home)
        let backup = stage.council.imageOfDisk()
        defer { backup.discard() }
        try stage.leave(stage.council)
        try stage.sync(stage.council, stage.home)
        try stage.admit(stage.trust)
        try stage.sync(stage.trust, stage.home)
        try stage.restore(backup, at: stage.council)
        try stage.sync(stage.council, stage.trust)
    }

    private func playCopyOfLeaver(_ stage: Stage) throws {
        try stage.everyoneMeets()
        let copy = try stage.copy(stage.trust)
        try stage.leave(stage.trust)
        try stage.sync(stage.trust, stage.council)
        try stage.sync(stage.council, stage.practice)
        try stage.admit(stage.otherHome)
        try stage.sync(copy, stage.home)
        try stage.describeAgain(copy)
        try stage.sync(copy, stage.home)
        try stage.sync(stage.home, stage.practice)
        // Of the two the one who left is met.
        copy.stop()
        try stage.sync(stage.practice, stage.trust)
    }

    private func playRestoredAdmission(_ stage: Stage) throws {
        try stage.everyoneMeets()
        try stage.admit(
            stage.otherHome,
            Grant(role: .contributor, compartments: [.relations], mayAttest: false))
        try stage.sync(stage.otherHome, stage.home)
        let record = try stage.write(at: stage.otherHome)
        try stage.sync(stage.otherHome, stage.home)
        try stage.sync(stage.trust, stage.home)
        try stage.remove(stage.home, by: stage.practice)
        try stage.sync(stage.trust, stage.practice)
        try stage.remove(stage.practice)
        try stage.sync(stage.council, stage.home)
        try stage.sync(stage.council, stage.trust)
        try stage.change(record, at: stage.trust)
    }
}
