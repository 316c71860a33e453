#ifndef BARE_SQLITE_H
#define BARE_SQLITE_H

// The baselines of kith-bench: what SQLite alone does with rows of the size of ours, with the same
// pragmas (WAL, synchronous=FULL, secure_delete), prepared statements and nothing else.

/// Makes a database and inserts, per entry, fixed rows: one of 230 + 64 bytes with a unique index on a
/// hash of 32 bytes, one of 350 bytes, five of about 60 bytes. Returns the seconds that took, or a
/// negative number when SQLite failed.
double bare_inserts(const char *path, long entries, long entries_per_transaction);

/// The same with the rows, indexes and sizes that Kith has for an entry of four operations that makes a record,
/// of `value` bytes each: what would be left if all that is not SQLite cost nothing. Returns the seconds, or a
/// negative number.
double bare_inserts_like_kith(
    const char *path, long entries, long entries_per_transaction, int value);

/// Makes a database and commits one row of `bytes` bytes at a time. Returns the seconds, or a negative
/// number.
double bare_commits(const char *path, long commits, int bytes);

#endif
