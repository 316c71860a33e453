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
        self == .forgetProofs ? .erasureAhead : nil
    }

    /// The trigger in every simulated database that breaks the rule; nil where it is broken elsewhere.
    var trigger: String? {
        switch self {
        case .skipSupersession:
            """
            AFTER UPDATE OF is_superseded ON operation WHEN NEW.is_superseded = 1
            BEGIN
                UPDATE operation SET is_superseded = 0 WHERE record = NEW.record AND id = NEW.id;
            END
            """
        case .countAnyEdge:
            """
            AFTER INSERT ON operation
            BEGIN
                INSERT OR IGNORE INTO knows (chain, known_chain, sequence, known_sequence)
                SELECT entry.chain, chain.id, entry.sequence, chain.last_sequence
                FROM entry, chain WHERE arrival = NEW.id >> 22 AND chain.id <> entry.chain;
            END
            """
        case .ignoreClass:
            """
            AFTER INSERT ON act WHEN NEW.class = 3
            BEGIN UPDATE act SET class = 2 WHERE id = NEW.id; END
            """
        case .dropCandidate:
            """
            AFTER UPDATE OF is_contested ON operation WHEN NEW.is_contested = 1
            BEGIN
                UPDATE operation SET is_superseded = 1, is_contested = 0
                WHERE record = NEW.record AND field = NEW.field AND is_superseded = 0
                    AND id < (SELECT max(id) FROM operation AS other
                        WHERE other.record = NEW.record AND other.field = NEW.field);
            END
            """
        case .orderByClock:
            """
            AFTER UPDATE OF is_contested ON operation WHEN NEW.is_contested = 1
            BEGIN
                UPDATE operation SET is_superseded = 1, is_contested = 0
                WHERE record = NEW.record AND field = NEW.field AND is_superseded = 0
                    AND (SELECT recorded_ms FROM entry WHERE arrival = operation.id >> 22)
                        < (SELECT max(recorded_ms) FROM operation AS other
                            JOIN entry ON entry.arrival = other.id >> 22
                            WHERE other.record = NEW.record AND other.field = NEW.field
                                AND other.is_superseded = 0);
            END
            """
        case .cutValuesShort:
            """
            AFTER INSERT ON operation WHEN length(NEW.value) > 40
            BEGIN
                UPDATE operation SET value = substr(value, 1, length(value) - 1)
                WHERE record = NEW.record AND id = NEW.id;
            END
            """
        case .forgetConflict:
            """
            AFTER UPDATE OF is_contested ON operation WHEN NEW.is_contested = 1
            BEGIN
                UPDATE operation SET is_contested = 0 WHERE record = NEW.record AND id = NEW.id;
            END
            """
        case .keepErasedBodies:
            """
            BEFORE UPDATE OF body ON part WHEN NEW.body IS NULL BEGIN SELECT raise(IGNORE); END
            """
        case .forgetProofs: "BEFORE INSERT ON erasure_ahead BEGIN SELECT raise(IGNORE); END"
        case .forgetWhatWaits: "BEFORE INSERT ON unread BEGIN SELECT raise(IGNORE); END"
        case .stayAfterRemoval:
            """
            AFTER INSERT ON standing WHEN NEW.role IS NULL
            BEGIN
                UPDATE standing SET role = 3, compartments = 60, removal = NULL
                WHERE partnership = NEW.partnership AND site = NEW.site;
            END
            """
        case .hideRemovedAuthors:
            """
            AFTER UPDATE OF is_contested, is_superseded, is_effective ON operation
            WHEN NEW.is_effective = 0
            BEGIN
                UPDATE operation SET is_superseded = 1, is_contested = 0
                WHERE record = NEW.record AND id = NEW.id;
            END
            """
        case .countRemovedAuthors: "BEFORE INSERT ON revoked BEGIN SELECT raise(IGNORE); END"
        case .keepOldKeys: "BEFORE INSERT ON key_recipient BEGIN SELECT raise(IGNORE); END"
        case .sendToAnyone:
            """
            AFTER INSERT ON standing WHEN NEW.role IS NOT NULL
            BEGIN
                UPDATE standing SET compartments = 60
                WHERE partnership = NEW.partnership AND site = NEW.site;
            END
            """
        case .letRelaysRead:
            """
            AFTER INSERT ON standing WHEN NEW.role = 1
            BEGIN
                UPDATE standing SET role = 2
                WHERE partnership = NEW.partnership AND site = NEW.site;
            END
            """
        case .refuseForks:
            """
            BEFORE INSERT ON chain WHEN EXISTS (SELECT 1 FROM chain WHERE feed = NEW.feed)
            BEGIN SELECT raise(ABORT, 'a fork'); END
            """
        case .refuseTheFuture:
            """
            BEFORE INSERT ON entry WHEN NEW.recorded_ms > NEW.received_ms + 600000
            BEGIN SELECT raise(ABORT, 'from the future'); END
            """
        case .resurrect, .forgetErasures, .sendUnsealed, .acceptAnySignature, .acknowledgeEarly,
            .commitWithoutSync, .reuseSequences, .believeInEquality, .dropLastEntry,
            .sendBackwards, .resendEverything, .shareForEver:
            nil
        }
    }
}
