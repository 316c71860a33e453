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
