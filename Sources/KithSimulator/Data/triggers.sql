-- The trigger that each broken build has in every simulated database, by the name of the build: what stands
-- after "CREATE TRIGGER name". A build that is not here is broken elsewhere.

-- skip-supersession
AFTER UPDATE OF is_superseded ON operation WHEN NEW.is_superseded = 1
BEGIN
    UPDATE operation SET is_superseded = 0 WHERE record = NEW.record AND id = NEW.id;
END

-- count-any-edge
AFTER INSERT ON operation
BEGIN
    INSERT OR IGNORE INTO knows (chain, known_chain, sequence, known_sequence)
    SELECT entry.chain, chain.id, entry.sequence, chain.last_sequence
    FROM entry, chain WHERE arrival = NEW.id >> 22 AND chain.id <> entry.chain;
END

-- ignore-class
AFTER INSERT ON act WHEN NEW.class = 3
BEGIN UPDATE act SET class = 2 WHERE id = NEW.id; END

-- drop-candidate
AFTER UPDATE OF is_contested ON operation WHEN NEW.is_contested = 1
BEGIN
    UPDATE operation SET is_superseded = 1, is_contested = 0
    WHERE record = NEW.record AND field = NEW.field AND is_superseded = 0
        AND id < (SELECT max(id) FROM operation AS other
            WHERE other.record = NEW.record AND other.field = NEW.field);
END

-- order-by-clock
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

-- cut-values-short
AFTER INSERT ON operation WHEN length(NEW.value) > 40
BEGIN
    UPDATE operation SET value = substr(value, 1, length(value) - 1)
    WHERE record = NEW.record AND id = NEW.id;
END

-- forget-conflict
AFTER UPDATE OF is_contested ON operation WHEN NEW.is_contested = 1
BEGIN
    UPDATE operation SET is_contested = 0 WHERE record = NEW.record AND id = NEW.id;
END

-- stay-revoked
BEFORE UPDATE OF is_effective ON operation WHEN NEW.is_effective BEGIN SELECT raise(IGNORE); END

-- keep-erased-bodies
BEFORE UPDATE OF body ON part WHEN NEW.body IS NULL BEGIN SELECT raise(IGNORE); END

-- forget-proofs
BEFORE INSERT ON erasure_ahead BEGIN SELECT raise(IGNORE); END

-- forget-what-waits
BEFORE INSERT ON unread BEGIN SELECT raise(IGNORE); END

-- stay-after-removal
AFTER INSERT ON standing WHEN NEW.role IS NULL
BEGIN
    UPDATE standing SET role = 3, compartments = 60, removal = NULL
    WHERE partnership = NEW.partnership AND site = NEW.site;
END

-- hide-removed-authors
AFTER UPDATE OF is_contested, is_superseded, is_effective ON operation
WHEN NEW.is_effective = 0
BEGIN
    UPDATE operation SET is_superseded = 1, is_contested = 0
    WHERE record = NEW.record AND id = NEW.id;
END

-- count-removed-authors
BEFORE INSERT ON revoked BEGIN SELECT raise(IGNORE); END

-- keep-old-keys
BEFORE INSERT ON key_recipient BEGIN SELECT raise(IGNORE); END

-- send-to-anyone
AFTER INSERT ON standing WHEN NEW.role IS NOT NULL
BEGIN
    UPDATE standing SET compartments = 60
    WHERE partnership = NEW.partnership AND site = NEW.site;
END

-- let-relays-read
AFTER INSERT ON standing WHEN NEW.role = 1
BEGIN
    UPDATE standing SET role = 2
    WHERE partnership = NEW.partnership AND site = NEW.site;
END

-- refuse-forks
BEFORE INSERT ON chain WHEN EXISTS (SELECT 1 FROM chain WHERE feed = NEW.feed)
BEGIN SELECT raise(ABORT, 'a fork'); END

-- refuse-the-future
BEFORE INSERT ON entry WHEN NEW.recorded_ms > NEW.received_ms + 600000
BEGIN SELECT raise(ABORT, 'from the future'); END
