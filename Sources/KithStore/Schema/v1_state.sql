-- The state: a cache of what the log means. `kith rebuild` empties these tables and fills them again.

-- Acts that say who is in, of authors that were ever entitled to them. Whether an act takes effect
-- follows from all of them together.
CREATE TABLE membership_act (
    arrival INTEGER PRIMARY KEY REFERENCES entry,
    partnership INTEGER NOT NULL REFERENCES partnership,
    site BLOB NOT NULL CHECK (length(site) = 32),   -- whom it is about
    kind INTEGER NOT NULL,              -- 1 found, 2 admit, 3 change, 4 remove, 5 elect
    role INTEGER,                       -- NULL where nothing is granted
    compartments INTEGER NOT NULL,      -- bit N: compartment N is granted
    may_attest INTEGER NOT NULL,
    ends_ms INTEGER,                    -- when sharing ends; NULL: never
    covers INTEGER NOT NULL,            -- bit N: the cut covers compartment N
    is_in_effect INTEGER NOT NULL
) STRICT;
CREATE INDEX membership_act_of_site ON membership_act (partnership, site);

-- The ends that the cut of a removal names in its member's feeds.
CREATE TABLE cut (
    act INTEGER NOT NULL REFERENCES membership_act,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    compartment INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,       -- bit pattern of an unsigned 64-bit number
    sequence INTEGER NOT NULL,
    PRIMARY KEY (act, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX cut_at ON cut (hash);

-- What each site is granted by all that is known here. A former member has no role.
CREATE TABLE standing (
    partnership INTEGER NOT NULL REFERENCES partnership,
    site BLOB NOT NULL CHECK (length(site) = 32),
    role INTEGER,
    compartments INTEGER NOT NULL,      -- bit N: compartment N
    may_attest INTEGER NOT NULL,
    ends_ms INTEGER,                    -- when sharing ends; NULL: never
    removal INTEGER REFERENCES membership_act,  -- what ended the membership
    PRIMARY KEY (partnership, site)
) STRICT, WITHOUT ROWID;

-- Entries that only a removal of their author keeps from effect, and since which arrival.
CREATE TABLE revoked (
    entry INTEGER PRIMARY KEY REFERENCES entry,
    since INTEGER NOT NULL
) STRICT;

-- What members say of themselves; the admission's word until they do.
CREATE TABLE member (
    partnership INTEGER NOT NULL REFERENCES partnership,
    site BLOB NOT NULL CHECK (length(site) = 32),
    root BLOB NOT NULL,                 -- root certificate, DER
    sealing_key BLOB NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    ods TEXT NOT NULL,
    addresses TEXT NOT NULL,            -- HOST:PORT, one a line
    is_own_word INTEGER NOT NULL,
    depth INTEGER NOT NULL,             -- of the act that says so, and its hash: of two, the greater
    hash BLOB NOT NULL,
    PRIMARY KEY (partnership, site)
) STRICT, WITHOUT ROWID;

-- Compartment keys. The secret is NULL until a copy sealed to this site has come.
CREATE TABLE compartment_key (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    partnership INTEGER NOT NULL REFERENCES partnership,
    compartment INTEGER NOT NULL,
    minter BLOB NOT NULL CHECK (length(minter) = 32),
    commitment BLOB NOT NULL,
    depth INTEGER NOT NULL,
    secret BLOB
) STRICT, WITHOUT ROWID;

-- Every site that a key was ever sealed to.
CREATE TABLE key_recipient (
    key BLOB NOT NULL CHECK (length(key) = 32),
    site BLOB NOT NULL CHECK (length(site) = 32),
    PRIMARY KEY (key, site)
) STRICT, WITHOUT ROWID;

-- Records, as the operations on them imply. The parent is the one shown; NULL for none.
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    partnership INTEGER NOT NULL REFERENCES partnership,
    compartment INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    uuid BLOB NOT NULL CHECK (length(uuid) = 16),
    parent BLOB,
    first_act INTEGER NOT NULL,
    last_act INTEGER NOT NULL,
    UNIQUE (uuid, partnership, compartment, kind)
) STRICT;
CREATE INDEX record_of_kind ON record (kind, partnership);
CREATE INDEX record_of_parent ON record (parent) WHERE parent IS NOT NULL;

-- People who wrote or decided.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL,
    UNIQUE (user, name, role, organisation)
) STRICT;

-- One part that was read: who did what to which record. The id is arrival * 1024 + part number.
CREATE TABLE act (
    id INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record,
    class INTEGER NOT NULL,
    change INTEGER,
    committer INTEGER NOT NULL REFERENCES person,
    performer INTEGER REFERENCES person,
    event BLOB,                         -- serialized Value
    save BLOB,                          -- the same for every entry of one save
    reason TEXT,
    carried BLOB,                       -- serialized Carried; NULL: written here first
    -- arrival number at which it could be read: its entry's, or that of the one that brought its key
    read_arrival INTEGER NOT NULL
) STRICT;
CREATE INDEX act_of_record ON act (record);

-- Operations. The id is arrival * 4194304 + place in the entry (part * 4096 + number). What stands in a
-- record lies together, ordered by field, and what was superseded after it: one tree serves the writer,
-- who looks for what stands in a field, and whoever reads a record.
CREATE TABLE operation (
    id INTEGER NOT NULL,
    record INTEGER NOT NULL REFERENCES record,
    field INTEGER NOT NULL,
    value BLOB,                         -- serialized Value; NULL when erased
    day INTEGER,                        -- first day that a date or moment may be, days since 1970 UTC
    is_effective INTEGER NOT NULL,      -- 0: only a removal of its author keeps it from effect
    is_superseded INTEGER NOT NULL,
    is_contested INTEGER NOT NULL,      -- live, and not the only live one of its field
    PRIMARY KEY (record, is_superseded, field, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_contested ON operation (record, field) WHERE is_contested = 1;
CREATE INDEX operation_revoked ON operation (record, field) WHERE is_effective = 0;
-- With the key it holds all that finding records by a day takes: there are many days, few wanted.
CREATE INDEX operation_day ON operation (field, day) WHERE is_superseded = 0 AND day IS NOT NULL;
CREATE INDEX operation_archived ON operation (record) WHERE field = 1 AND is_superseded = 0;
-- References are the values of 18 bytes; few others are as long. `record` knows the parents.
CREATE INDEX operation_reference ON operation (value, field)
    WHERE length(value) = 18 AND is_superseded = 0 AND field <> 2;

-- What operations supersede: only edges into the causal past. The target may still be unread.
CREATE TABLE edge (
    target INTEGER NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (target, source)
) STRICT, WITHOUT ROWID;

-- Parts that are kept but not applied, and why: `key`, `version`, `malformed`.
CREATE TABLE unread (
    entry INTEGER NOT NULL REFERENCES entry,
    part INTEGER NOT NULL,
    reason TEXT NOT NULL,
    key BLOB,
    PRIMARY KEY (entry, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX unread_of_key ON unread (key) WHERE key IS NOT NULL;

-- Entries that are kept but do not take effect, and why: a verdict of `Membership`, or a fault.
CREATE TABLE set_aside (
    entry INTEGER PRIMARY KEY REFERENCES entry,
    reason TEXT NOT NULL
) STRICT;
