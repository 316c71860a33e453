/// One rule that a broken build breaks. The simulator has to notice each.
package enum Mutant: String, CaseIterable, Sendable {
    case skipSupersession = "skip-supersession"
    case countAnyEdge = "count-any-edge"
    case ignoreClass = "ignore-class"
    case dropCandidate = "drop-candidate"
    case orderByClock = "order-by-clock"
    case cutValuesShort = "cut-values-short"
    case forgetConflict = "forget-conflict"
    case resurrect
    case keepErasedBodies = "keep-erased-bodies"
    case forgetErasures = "forget-erasures"
    case forgetProofs = "forget-proofs"
    case forgetWhatWaits = "forget-what-waits"
    case stayAfterRemoval = "stay-after-removal"
    case hideRemovedAuthors = "hide-removed-authors"
    case countRemovedAuthors = "count-removed-authors"
    case stayRevoked = "stay-revoked"
    case keepOldKeys = "keep-old-keys"
    case sendToAnyone = "send-to-anyone"
    case shareForEver = "share-for-ever"
    case letRelaysRead = "let-relays-read"
    case sendUnsealed = "send-unsealed"
    case acceptAnySignature = "accept-any-signature"
    case acknowledgeEarly = "acknowledge-early"
    case commitWithoutSync = "commit-without-sync"
    case reuseSequences = "reuse-sequences"
    case refuseForks = "refuse-forks"
    case refuseTheFuture = "refuse-the-future"
    case believeInEquality = "believe-in-equality"
    case dropLastEntry = "drop-last-entry"
    case sendBackwards = "send-backwards"
    case resendEverything = "resend-everything"

    /// What the broken build does.
    package var rule: String {
        switch self {
        case .skipSupersession: "what was replaced goes on standing"
        case .countAnyEdge: "an edge counts although its author had not seen the target"
        case .ignoreClass: "a record replaces a clinical decision"
        case .dropCandidate: "of two values that stand, the one that came first goes"
        case .orderByClock: "of two values that stand, the one written earlier goes"
        case .cutValuesShort: "the last byte of long values is not stored"
        case .forgetConflict: "a conflict is not listed"
        case .resurrect: "a start brings a replaced value back"
        case .keepErasedBodies: "a body that was erased stays on disk"
        case .forgetErasures: "a backup brings back what was erased since"
        case .forgetProofs: "what erased a body, and has no place in the log yet, is not kept"
        case .forgetWhatWaits: "a part whose key comes late is never read"
        case .stayAfterRemoval: "a removed member is still one"
        case .hideRemovedAuthors: "what a removed author wrote past the removal is hidden"
        case .countRemovedAuthors: "what a removed author wrote past the removal counts"
        case .stayRevoked: "what was without effect stays so when it counts again"
        case .keepOldKeys: "writers keep the key that a removed member has"
        case .sendToAnyone: "every member is sent every compartment"
        case .shareForEver: "sharing goes on past the end of an agreement"
        case .letRelaysRead: "relays are handed the keys"
        case .sendUnsealed: "parts are not sealed"
        case .acceptAnySignature: "signatures are not checked"
        case .acknowledgeEarly: "a batch is acknowledged before it is on disk"
        case .commitWithoutSync: "the database is opened with synchronous=NORMAL"
        case .reuseSequences: "a database that was set back goes on in its old feeds"
        case .refuseForks: "the second branch of a feed is refused"
        case .refuseTheFuture: "entries from a clock that is ahead are refused"
        case .believeInEquality: "the digests of the other side are taken for our own"
        case .dropLastEntry: "the last entry of a batch is not sent"
        case .sendBackwards: "a batch is sent with the newest entry first"
        case .resendEverything: "what the other side declares to hold is not looked at"
        }
    }

    /// The story that the broken build is told before it lives through nights; nil where nights are enough.
    package var scenario: Scenario? {
        switch self {
        case .forgetProofs: .erasureAhead
        case .stayRevoked: .restoredAdmission
        default: nil
        }
    }

    /// The trigger in every simulated database that breaks the rule; nil where it is broken elsewhere.
    var trigger: String? { Self.triggers[rawValue] }

    private static let triggers: [String: String] = {
        var triggers: [String: String] = [:]
        let text = String(decoding: PackageResources.triggers_sql, as: UTF8.self)
        // The first paragraph says what they are.
        for paragraph in text.split(separator: "\n\n").dropFirst() {
            let lines = paragraph.split(separator: "\n", maxSplits: 1)
            let name = String(lines[0].dropFirst("-- ".count))
            precondition(Mutant(rawValue: name) != nil, "no build is called \(name)")
            triggers[name] = String(lines[1])
        }
        return triggers
    }()
}
