-- What belongs to this installation alone: never sent, never rebuilt from the log.

-- Small facts by name: the site's incarnation, counters.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The partnerships that this site is in. Name and purpose come from the founding act; until it has
-- arrived they are what the inviter said.
CREATE TABLE partnership (
    id INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    is_private INTEGER NOT NULL DEFAULT 0,
    -- the site through which this one joined, asked for `membership` until that has arrived
    sponsor BLOB CHECK (sponsor IS NULL OR length(sponsor) = 32),
    -- the last arrival when it did: a removal that came until then is what it joined again after
    sponsor_since INTEGER NOT NULL DEFAULT 0,
    joined_ms INTEGER NOT NULL,
    log_bytes INTEGER NOT NULL DEFAULT 0,   -- of its entries: headers, signatures, parts
    retention_years INTEGER NOT NULL DEFAULT 8, -- for which records are kept after the end of care
    quota_bytes INTEGER                     -- what others may fill here; NULL: as much as they like
) STRICT;

-- Sites that this one has met or that share a partnership with it.
CREATE TABLE peer (
    site BLOB NOT NULL PRIMARY KEY CHECK (length(site) = 32),
    name TEXT NOT NULL,
    root BLOB NOT NULL,                 -- root certificate, DER
    addresses TEXT NOT NULL,            -- HOST:PORT, one a line
    is_enabled INTEGER NOT NULL DEFAULT 1,
    last_attempt_ms INTEGER,
    last_problem TEXT,
    last_equal_ms INTEGER,
    is_leaf_expired INTEGER NOT NULL DEFAULT 0  -- its TLS certificate at the last session
) STRICT, WITHOUT ROWID;

-- Sites that people paired this one with by phone; trusted until a removal that arrives later.
CREATE TABLE pairing (
    site BLOB NOT NULL PRIMARY KEY CHECK (length(site) = 32),
    profile BLOB NOT NULL,              -- serialized SiteProfile
    arrival INTEGER NOT NULL,           -- the last entry that was here then
    paired_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Partnerships that peers say this site is a member of, until it accepts or they take it back.
CREATE TABLE offer (
    partnership BLOB NOT NULL CHECK (length(partnership) = 16),
    site BLOB NOT NULL CHECK (length(site) = 32),   -- who says so
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    role INTEGER NOT NULL,
    compartments INTEGER NOT NULL,      -- bit N: compartment N
    may_attest INTEGER NOT NULL,
    ends_ms INTEGER,                    -- when sharing ends; NULL: never
    told_ms INTEGER NOT NULL,
    PRIMARY KEY (partnership, site)
) STRICT, WITHOUT ROWID;

-- Invitations that this site made.
CREATE TABLE invitation (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 8),
    partnership INTEGER NOT NULL REFERENCES partnership,
    secret BLOB NOT NULL CHECK (length(secret) = 16),
    role INTEGER NOT NULL,
    compartments INTEGER NOT NULL,      -- bit N: compartment N
    may_attest INTEGER NOT NULL,
    ends_ms INTEGER,                    -- when sharing ends; NULL: never
    addresses TEXT NOT NULL,            -- HOST:PORT, one a line
    expires_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    used_by BLOB,                       -- site id of the joiner
    used_ms INTEGER,
    relay BLOB CHECK (relay IS NULL OR length(relay) = 32), -- where a join request may be left
    told_ms INTEGER                     -- when the relay last took its letterbox; NULL: it has none
) STRICT, WITHOUT ROWID;

-- At a relay: what inviters keep here for joiners who cannot reach them. Nothing of it can be read
-- here.
CREATE TABLE letterbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    partnership INTEGER NOT NULL REFERENCES partnership,
    keeper BLOB NOT NULL CHECK (length(keeper) = 32),   -- site id of the inviter
    notice BLOB NOT NULL,               -- sealed: what a joiner is told
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Join requests in letterboxes, until their keeper has dealt with them; one of each joiner.
CREATE TABLE left_join (
    letterbox BLOB NOT NULL REFERENCES letterbox ON DELETE CASCADE,
    joiner BLOB NOT NULL CHECK (length(joiner) = 32),   -- who left it, as TLS proved
    hash BLOB NOT NULL CHECK (length(hash) = 32),       -- SHA-256 of the ciphertext
    encapsulated BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    left_ms INTEGER NOT NULL,
    PRIMARY KEY (letterbox, joiner)
) STRICT, WITHOUT ROWID;

-- Join requests of this site that wait at a relay for their inviter.
CREATE TABLE waiting_join (
    invitation BLOB NOT NULL PRIMARY KEY CHECK (length(invitation) = 8),
    letterbox BLOB NOT NULL CHECK (length(letterbox) = 16),
    partnership BLOB NOT NULL CHECK (length(partnership) = 16),
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    inviter BLOB NOT NULL CHECK (length(inviter) = 32),
    inviter_name TEXT NOT NULL,
    relay BLOB NOT NULL CHECK (length(relay) = 32),
    relay_name TEXT NOT NULL,
    addresses TEXT NOT NULL,            -- of the relay, HOST:PORT, one a line
    role INTEGER NOT NULL,              -- what a person said yes to
    compartments INTEGER NOT NULL,      -- bit N: compartment N
    may_attest INTEGER NOT NULL,
    ends_ms INTEGER,                    -- when sharing ends; NULL: never
    encapsulated BLOB NOT NULL,         -- the request as it was left
    ciphertext BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    left_ms INTEGER NOT NULL,
    problem TEXT                        -- what the relay last said against it
) STRICT, WITHOUT ROWID;

-- The latest signed word of each site on each compartment: outside the log, newer replaces older.
CREATE TABLE statement (
    partnership INTEGER NOT NULL REFERENCES partnership,
    compartment INTEGER NOT NULL,
    site BLOB NOT NULL CHECK (length(site) = 32),
    counter INTEGER NOT NULL,
    digest BLOB NOT NULL,               -- first 8 bytes of SHA-256 of `bytes`
    frontier_digest BLOB NOT NULL,
    bytes BLOB NOT NULL,                -- serialized Statement
    signature BLOB NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (partnership, compartment, site)
) STRICT, WITHOUT ROWID;
-- What a session compares, without the statements themselves.
CREATE INDEX statement_mark ON statement (partnership, compartment, site, counter, digest);

-- People who may use the web page.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,         -- lower case: what is typed at sign-in
    name TEXT NOT NULL,
    title TEXT NOT NULL,                -- what they are, as it stands in entries: "deputy manager"
    roles TEXT NOT NULL,                -- names with commas: what they may do here
    compartments INTEGER NOT NULL,      -- bit N: may read compartment N
    password BLOB NOT NULL,             -- scrypt: cost, salt, key
    is_password_initial INTEGER NOT NULL, -- 1: made by us, to be replaced at the first sign-in
    code_secret BLOB NOT NULL,          -- of the time codes, sealed with the site's key
    code_step INTEGER NOT NULL DEFAULT 0, -- the last step whose code was used
    is_disabled INTEGER NOT NULL DEFAULT 0,
    made_ms INTEGER NOT NULL,
    signed_in_ms INTEGER                -- the last time
) STRICT;

-- Browsers that are signed in. The token itself is in the browser alone.
CREATE TABLE web_session (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    begun_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    proved_ms INTEGER NOT NULL          -- when password and code were last given
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_of_account ON web_session (account);

-- Browsers from which an account was signed in to: a stranger's guesses do not slow these down.
CREATE TABLE web_device (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Certificates that browsers prove themselves with.
CREATE TABLE web_certificate (
    fingerprint BLOB NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32), -- SHA-256 of the DER
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    ends_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Up to which arrival somebody has read what belongs to a record, by their own word.
CREATE TABLE reading_mark (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    record BLOB NOT NULL CHECK (length(record) = 16),
    version INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (account, record)
) STRICT, WITHOUT ROWID;

-- Who did what here and when: only ever appended to. Each hash covers the one before it.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL,               -- read, write, administer, exchange, signIn, break-glass, review
    record BLOB,
    resident BLOB,
    bytes BLOB NOT NULL,                -- the item whole, as JSON
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_of_record ON audit (record) WHERE record IS NOT NULL;
CREATE INDEX audit_of_resident ON audit (resident) WHERE resident IS NOT NULL;
CREATE INDEX audit_of_break_glass ON audit (number) WHERE action = 'break-glass';
CREATE INDEX audit_of_reviews ON audit (number) WHERE action = 'review';
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;
