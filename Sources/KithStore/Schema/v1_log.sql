-- The log: what every site signed, byte for byte as authored. State is rebuilt from it.

-- One site's entries in one compartment, in one incarnation.
CREATE TABLE feed (
    id INTEGER PRIMARY KEY,
    partnership INTEGER NOT NULL REFERENCES partnership,
    compartment INTEGER NOT NULL,
    author BLOB NOT NULL CHECK (length(author) = 32),
    incarnation INTEGER NOT NULL,       -- bit pattern of an unsigned 64-bit number
    UNIQUE (partnership, compartment, author, incarnation)
) STRICT;

-- A run of a feed without forks. A feed normally has one. A fork's chain names the chain it left and
-- the last sequence that both share; its own entries begin after that.
CREATE TABLE chain (
    id INTEGER PRIMARY KEY,
    feed INTEGER NOT NULL REFERENCES feed,
    parent INTEGER REFERENCES chain,
    fork_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    last_hash BLOB NOT NULL,
    last_arrival INTEGER NOT NULL
) STRICT;
CREATE INDEX chain_of_feed ON chain (feed);

-- Entries in the order in which they came here, which is a causal order: the arrival number is what
-- `--seen` takes.
CREATE TABLE entry (
    arrival INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    chain INTEGER NOT NULL REFERENCES chain,
    sequence INTEGER NOT NULL,
    depth INTEGER NOT NULL,             -- 1 + the greatest among previous and knows
    recorded_ms INTEGER NOT NULL,       -- by the author's clock; information only
    received_ms INTEGER NOT NULL,
    header BLOB NOT NULL,
    signature BLOB NOT NULL,
    UNIQUE (chain, sequence)
) STRICT;

-- Entries of which a check has found that they are damaged here, or that somebody spoiled their signature
-- on the way: partners are asked for them again.
CREATE TABLE damaged (
    entry INTEGER PRIMARY KEY REFERENCES entry,
    what TEXT NOT NULL,
    found_ms INTEGER NOT NULL
) STRICT;

-- The parts of entries, as they travel. The id is arrival * 1024 + part number. A body is NULL when it was
-- erased, or when there is none.
CREATE TABLE part (
    id INTEGER PRIMARY KEY,
    skeleton BLOB NOT NULL,
    body BLOB,
    entry INTEGER NOT NULL AS (id >> 10),
    number INTEGER NOT NULL AS (id & 1023)
) STRICT;

-- Bodies that were erased, and by which entry, which may still be on its way here.
CREATE TABLE erased (
    entry BLOB NOT NULL CHECK (length(entry) = 32),
    part INTEGER NOT NULL,
    erasure BLOB NOT NULL CHECK (length(erasure) = 32),
    PRIMARY KEY (entry, part)
) STRICT, WITHOUT ROWID;

-- Entries of which it says so that are not in the log: still on their way, or lost with a database in
-- whose place a backup came. Without them nobody could be shown why a body is missing. The bytes are a
-- `kith.v1.Entry`.
CREATE TABLE erasure_ahead (
    entry BLOB NOT NULL PRIMARY KEY CHECK (length(entry) = 32),
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What headers know of other feeds: for each feed the known sequence only grows along a chain.
CREATE TABLE knows (
    chain INTEGER NOT NULL REFERENCES chain,
    known_chain INTEGER NOT NULL REFERENCES chain,
    sequence INTEGER NOT NULL,
    known_sequence INTEGER NOT NULL,
    PRIMARY KEY (chain, known_chain, sequence)
) STRICT, WITHOUT ROWID;
