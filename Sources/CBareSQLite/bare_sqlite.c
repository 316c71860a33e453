#include "bare_sqlite.h"
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static sqlite3 *open_bare(const char *path, const char *schema) {
    sqlite3 *database = NULL;
    if (sqlite3_open(path, &database) != SQLITE_OK
        || sqlite3_exec(database,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
               "PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
               "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-16000;",
               NULL, NULL, NULL)
            != SQLITE_OK
        || sqlite3_exec(database, schema, NULL, NULL, NULL) != SQLITE_OK) {
        sqlite3_close(database);
        return NULL;
    }
    return database;
}

// Bytes that look like hashes and sealed text: they do not compress and come in no order.
static void fill(uint8_t *bytes, size_t count, uint64_t *state) {
    for (size_t at = 0; at < count; at++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        bytes[at] = (uint8_t)(*state >> 56);
    }
}

static int step(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

double bare_inserts(const char *path, long entries, long entries_per_transaction) {
    sqlite3 *database = open_bare(path,
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL,"
        " signature BLOB NOT NULL) STRICT;"
        "CREATE TABLE part (entry INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
        "CREATE TABLE operation (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, value BLOB NOT NULL)"
        " STRICT;");
    if (!database) return -1;
    sqlite3_stmt *entry = NULL, *part = NULL, *operation = NULL, *begin = NULL, *commit = NULL;
    int well =
        sqlite3_prepare_v2(database, "INSERT INTO entry VALUES (?,?,?,?)", -1, &entry, NULL) == SQLITE_OK
        && sqlite3_prepare_v2(database, "INSERT INTO part VALUES (?,?)", -1, &part, NULL) == SQLITE_OK
        && sqlite3_prepare_v2(database, "INSERT INTO operation VALUES (?,?,?)", -1, &operation, NULL)
            == SQLITE_OK
        && sqlite3_prepare_v2(database, "BEGIN IMMEDIATE", -1, &begin, NULL) == SQLITE_OK
        && sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL) == SQLITE_OK;
    uint64_t state = 1;
    uint8_t hash[32], header[230], signature[64], body[350], value[48];
    double start = now();
    for (long number = 1; well && number <= entries; number++) {
        if ((number - 1) % entries_per_transaction == 0) well = step(begin);
        fill(hash, sizeof hash, &state);
        memset(header, (int)number, sizeof header);
        memset(signature, (int)number, sizeof signature);
        memset(body, (int)number, sizeof body);
        memset(value, (int)number, sizeof value);
        sqlite3_bind_int64(entry, 1, number);
        sqlite3_bind_blob(entry, 2, hash, sizeof hash, SQLITE_STATIC);
        sqlite3_bind_blob(entry, 3, header, sizeof header, SQLITE_STATIC);
        sqlite3_bind_blob(entry, 4, signature, sizeof signature, SQLITE_STATIC);
        sqlite3_bind_int64(part, 1, number);
        sqlite3_bind_blob(part, 2, body, sizeof body, SQLITE_STATIC);
        well = well && step(entry) && step(part);
        for (long row = 0; row < 5 && well; row++) {
            sqlite3_bind_int64(operation, 1, number * 5 + row);
            sqlite3_bind_int64(operation, 2, number);
            sqlite3_bind_blob(operation, 3, value, sizeof value, SQLITE_STATIC);
            well = step(operation);
        }
        if (number % entries_per_transaction == 0 || number == entries) well = well && step(commit);
    }
    double seconds = now() - start;
    sqlite3_finalize(entry);
    sqlite3_finalize(part);
    sqlite3_finalize(operation);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_close(database);
    return well ? seconds : -1;
}

// The tables that such an entry goes into, as `KithStore/Schema` has them; of the partial indexes those
// that it is in, and one of those that it is not in, which have to be asked all the same.
static const char kith_schema[] =
    "CREATE TABLE entry (arrival INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, chain INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, depth INTEGER NOT NULL, recorded_ms INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, header BLOB NOT NULL, signature BLOB NOT NULL,"
    " UNIQUE (chain, sequence)) STRICT;"
    "CREATE TABLE part (id INTEGER PRIMARY KEY, skeleton BLOB NOT NULL, body BLOB) STRICT;"
    "CREATE TABLE record (id INTEGER PRIMARY KEY, partnership INTEGER NOT NULL,"
    " compartment INTEGER NOT NULL, kind INTEGER NOT NULL, uuid BLOB NOT NULL, parent BLOB,"
    " first_act INTEGER NOT NULL, last_act INTEGER NOT NULL,"
    " UNIQUE (uuid, partnership, compartment, kind)) STRICT;"
    "CREATE INDEX record_of_kind ON record (kind, partnership);"
    "CREATE INDEX record_of_parent ON record (parent) WHERE parent IS NOT NULL;"
    "CREATE TABLE act (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, class INTEGER NOT NULL,"
    " committer INTEGER NOT NULL, read_arrival INTEGER NOT NULL) STRICT;"
    "CREATE TABLE operation (id INTEGER NOT NULL, record INTEGER NOT NULL, field INTEGER NOT NULL,"
    " value BLOB, is_superseded INTEGER NOT NULL, is_contested INTEGER NOT NULL,"
    " PRIMARY KEY (record, is_superseded, field, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX operation_contested ON operation (record, field) WHERE is_contested = 1;";

static const char *const kith_inserts[] = {
    "INSERT INTO entry VALUES (?1, ?2, 1, ?1, ?1, ?1, ?1, ?3, ?4)",
    "INSERT INTO part VALUES (?1, ?3, ?4)",
    "INSERT INTO record VALUES (?1, 1, 1, 1, ?2, ?3, ?1, ?1)",
    "INSERT INTO act VALUES (?1, ?1, 1, 1, ?1)",
    "INSERT INTO operation VALUES (?1, ?1, 2, ?2, 0, 0), (?1, ?1, 7, ?3, 0, 0), (?1, ?1, 8, ?3, 0, 0),"
    " (?1, ?1, 9, ?3, 0, 0)",
};
enum { kith_tables = sizeof kith_inserts / sizeof *kith_inserts };

static void bind(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count) {
    if (index <= sqlite3_bind_parameter_count(statement))
        sqlite3_bind_blob(statement, index, bytes, count, SQLITE_STATIC);
}

double bare_inserts_like_kith(
    const char *path, long entries, long entries_per_transaction, int value) {
    enum { most_value = 1000 };
    sqlite3 *database = value <= most_value ? open_bare(path, kith_schema) : NULL;
    if (!database) return -1;
    sqlite3_stmt *inserts[kith_tables] = { NULL };
    sqlite3_stmt *begin = NULL, *commit = NULL;
    int well = sqlite3_prepare_v2(database, "BEGIN IMMEDIATE", -1, &begin, NULL) == SQLITE_OK
        && sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL) == SQLITE_OK;
    for (int table = 0; table < kith_tables; table++)
        well = well
            && sqlite3_prepare_v2(database, kith_inserts[table], -1, &inserts[table], NULL) == SQLITE_OK;
    uint64_t state = 1;
    uint8_t hash[32], header[190], signature[64], skeleton[105], body[4 * most_value + 40];
    uint8_t uuid[16], parent[16] = { 7 }, reference[18] = { 7 };
    memset(header, 1, sizeof header);
    memset(signature, 2, sizeof signature);
    memset(skeleton, 3, sizeof skeleton);
    memset(body, 4, sizeof body);
    double start = now();
    for (long number = 1; well && number <= entries; number++) {
        if ((number - 1) % entries_per_transaction == 0) well = step(begin);
        fill(hash, sizeof hash, &state);
        fill(uuid, sizeof uuid, &state);
        const struct {
            const uint8_t *bytes;
            int count;
        } blobs[kith_tables][3] = {
            { { hash, sizeof hash }, { header, sizeof header }, { signature, sizeof signature } },
            { { NULL, 0 }, { skeleton, sizeof skeleton }, { body, 3 * value + 40 } },
            { { uuid, sizeof uuid }, { parent, sizeof parent }, { NULL, 0 } },
            { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } },
            { { reference, sizeof reference }, { body, value }, { NULL, 0 } },
        };
        for (int table = 0; well && table < kith_tables; table++) {
            sqlite3_bind_int64(inserts[table], 1, number);
            for (int blob = 0; blob < 3; blob++)
                bind(inserts[table], 2 + blob, blobs[table][blob].bytes, blobs[table][blob].count);
            well = step(inserts[table]);
        }
        if (number % entries_per_transaction == 0 || number == entries) well = well && step(commit);
    }
    double seconds = now() - start;
    for (int table = 0; table < kith_tables; table++) sqlite3_finalize(inserts[table]);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_close(database);
    return well ? seconds : -1;
}

double bare_commits(const char *path, long commits, int bytes) {
    sqlite3 *database =
        open_bare(path, "CREATE TABLE entry (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;");
    if (!database) return -1;
    sqlite3_stmt *insert = NULL;
    int well = sqlite3_prepare_v2(database, "INSERT INTO entry VALUES (?,?)", -1, &insert, NULL)
        == SQLITE_OK;
    double start = now();
    for (long number = 1; well && number <= commits; number++) {
        sqlite3_bind_int64(insert, 1, number);
        sqlite3_bind_zeroblob(insert, 2, bytes);
        well = step(insert);
    }
    double seconds = now() - start;
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return well ? seconds : -1;
}
