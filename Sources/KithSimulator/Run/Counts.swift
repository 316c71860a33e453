/// How much a run did, so that an idle one cannot pass for a busy one.
package struct Counts: Sendable, Hashable, Codable {
    /// The things that are counted, in the order in which they are printed.
    package enum Item: String, CaseIterable, Sendable, Codable {
        case siteNights = "site-nights"
        case sessionNights = "nights whose sessions ran"
        case edits
        case staleEdits = "edits after a sync that the author had not seen"
        case conflictsResolved = "conflicts resolved"
        case imports
        case moves = "residents moved"
        case newerVersionEntries = "entries of a newer version"
        case membershipActs = "membership acts"
        case erasures
        case refusedEdits = "edits refused"
        case sessions
        case sessionsEqual = "sessions that proved equality"
        case messages
        case bytes
        case entriesReceived = "entries received"
        case lostMessages = "messages lost"
        case doubledMessages = "messages doubled"
        case reorderedMessages = "messages out of order"
        case lateMessages = "messages late"
        case cuts
        case cutsInside = "cuts inside a message"
        case partitions = "networks that broke in two"
        case refusedDials = "dials that reached nobody"
        case crashes
        case powerLosses = "losses of power"
        case tornWrites = "losses of power in the middle of a write"
        case absences = "sites off for nights"
        case clockErrors = "clock errors"
        case writeErrors = "writes that failed"
        case fullDisks = "full disks"
        case damage = "bits flipped on disk"
        case restores = "disks set back"
        case backupsRestored = "backups restored"
        case copies = "homes copied"
        case lies
        case spoiledSignatures = "spoiled signatures let in"
        case scrubbed = "entries looked through again"
        case proofsAhead = "proofs of erasures kept ahead of their place in a log"
        case mended = "damaged entries mended by partners"
        case agreementsEnded = "agreements with an end"
        case forks = "forks held at the end"
        case conflicts = "conflicts open at the end"
        case entries = "entries written"
        case healingRounds = "rounds to converge"
        case checks
    }

    private var values: [Item: Int] = [:]

    /// Nothing yet.
    package init() {}

    /// How many there were.
    package subscript(item: Item) -> Int {
        get { values[item] ?? 0 }
        set { values[item] = newValue }
    }

    /// Adds what another run did; the rounds to converge are the greatest.
    package mutating func add(_ other: Counts) {
        for item in Item.allCases {
            self[item] =
                item == .healingRounds ? max(self[item], other[item]) : self[item] + other[item]
        }
    }

    /// How many there were for each site and night, of those with faults.
    package func perSiteNight(_ item: Item) -> Double {
        Double(self[item]) / Double(max(1, self[.siteNights]))
    }

    /// A line for each thing that there was any of, and how busy the sites were.
    package var lines: [String] {
        func line(_ number: String, _ words: String) -> String {
            String(repeating: " ", count: max(0, 12 - number.count)) + number + "  " + words
        }
        let busy = [(Item.edits, "edits"), (.sessions, "sessions")].map { item, words in
            line(
                String(Int((perSiteNight(item) * 100).rounded())),
                "\(words) for each hundred site-nights")
        }
        return Item.allCases.filter { self[$0] > 0 }.map { line(String(self[$0]), $0.rawValue) }
            + busy
    }
}
