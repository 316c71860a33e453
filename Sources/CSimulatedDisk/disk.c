#include "disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* What a disk writes at once, in bytes. */
enum { SECTOR = 512 };
static const char *const suffixes[FILES] = {"", "-wal", "-journal"};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk *disks;

/* MARK: Memory. A simulation that has none left has nothing to go on with. */

static void *grown(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    if (!grown) abort();
    return grown;
}

static void reserve(struct bytes *bytes, size_t length) {
    if (length <= bytes->capacity) return;
    bytes->capacity = length > 2 * bytes->capacity ? length : 2 * bytes->capacity;
    bytes->data = grown(bytes->data, bytes->capacity);
}

static void resize(struct bytes *bytes, size_t length) {
    reserve(bytes, length);
    if (length > bytes->length) memset(bytes->data + bytes->length, 0, length - bytes->length);
    bytes->length = length;
}

static void put(struct bytes *bytes, size_t offset, const uint8_t *data, size_t length) {
    if (!length) return;
    /* What lies between the end and a write beyond it is zeroes. */
    if (offset > bytes->length) resize(bytes, offset);
    if (offset + length > bytes->length) {
        reserve(bytes, offset + length);
        bytes->length = offset + length;
    }
    memcpy(bytes->data + offset, data, length);
}

/* What a change wrote. What the file was cut off by since is gone for the program, and zeroes here. */
static const uint8_t *written(const struct change *change, const struct file *file) {
    static uint8_t zeroes[1 << 16];
    if (change->data) return change->data;
    if (change->offset + change->length <= file->seen.length)
        return file->seen.data + change->offset;
    if (change->length > sizeof zeroes) abort();
    return zeroes;
}

static void apply(const struct change *change, const struct file *file, struct bytes *bytes) {
    if (change->length) put(bytes, change->offset, written(change, file), change->length);
    else resize(bytes, change->offset);
}

static void forget_changes(struct file *file) {
    for (size_t i = 0; i < file->count; i++) free(file->changes[i].data);
    file->count = 0;
}

void disk_remove(struct file *file) {
    forget_changes(file);
    free(file->changes);
    free(file->seen.data);
    free(file->kept.data);
    memset(file, 0, sizeof *file);
}

/* MARK: Disks */

int disk_is_simulated(const char *path) {
    return path && !strncmp(path, SIMULATED_DISK_ROOT, sizeof SIMULATED_DISK_ROOT - 1);
}

static int ends_with(const char *path, const char *suffix) {
    size_t length = strlen(path), end = strlen(suffix);
    return length >= end && !strcmp(path + length - end, suffix);
}

struct disk *disk_of(const char *path, int *number) {
    *number = ends_with(path, suffixes[LOG])       ? LOG
              : ends_with(path, suffixes[JOURNAL]) ? JOURNAL
                                                   : DATABASE;
    size_t length = strlen(path) - strlen(suffixes[*number]);
    pthread_mutex_lock(&lock);
    struct disk *disk = disks;
    while (disk && (strlen(disk->name) != length || memcmp(disk->name, path, length)))
        disk = disk->next;
    if (!disk) {
        disk = grown(NULL, sizeof *disk);
        memset(disk, 0, sizeof *disk);
        disk->name = grown(NULL, length + 1);
        memcpy(disk->name, path, length);
        disk->name[length] = 0;
        disk->next = disks;
        disks = disk;
    }
    pthread_mutex_unlock(&lock);
    return disk;
}

int disk_befalls(struct disk *disk) {
    if (disk->is_stopped) return SQLITE_IOERR;
    disk->calls++;
    if (disk->stop_at && disk->calls >= disk->stop_at) {
        disk->is_stopped = 1;
        return SQLITE_IOERR;
    }
    if (disk->fail_at && disk->calls >= disk->fail_at) {
        disk->failed++;
        if (!disk->is_lasting) disk->fail_at = 0;
        return disk->fail_code;
    }
    return SQLITE_OK;
}

void disk_change(
    struct disk *disk, struct file *file, size_t offset, const void *data, size_t length) {
    if (file->count == file->capacity) {
        file->capacity = file->capacity ? 2 * file->capacity : 16;
        file->changes = grown(file->changes, file->capacity * sizeof *file->changes);
    }
    struct change *change = &file->changes[file->count++];
    change->offset = offset;
    change->length = length;
    change->data = NULL;
    if (length && (disk->stop_at || disk->fail_at)) {
        change->data = grown(NULL, length);
        memcpy(change->data, data, length);
    }
    if (length) put(&file->seen, offset, data, length);
    else resize(&file->seen, offset);
}

void disk_sync(struct file *file) {
    for (size_t i = 0; i < file->count; i++) apply(&file->changes[i], file, &file->kept);
    forget_changes(file);
    file->is_kept = 1;
}

void disk_add_region(struct disk *disk, size_t size) {
    size_t count = (size_t)disk->region_count + 1;
    disk->regions = grown(disk->regions, count * sizeof *disk->regions);
    void *memory = grown(NULL, size);
    memset(memory, 0, size);
    disk->regions[disk->region_count++] = memory;
}

void disk_forget_regions(struct disk *disk) {
    for (int i = 0; i < disk->region_count; i++) free(disk->regions[i]);
    free(disk->regions);
    disk->regions = NULL;
    disk->region_count = 0;
}

/* MARK: Failing */

void simulated_disk_stop_at(const char *database, uint64_t call) {
    int number;
    struct disk *disk = disk_of(database, &number);
    disk->stop_at = call ? disk->calls + call : 0;
}

int simulated_disk_is_stopped(const char *database) {
    int number;
    return disk_of(database, &number)->is_stopped;
}

void simulated_disk_fail_at(const char *database, uint64_t call, int code, int is_lasting) {
    int number;
    struct disk *disk = disk_of(database, &number);
    disk->fail_at = disk->calls + call;
    disk->fail_code = code;
    disk->is_lasting = is_lasting;
}

int simulated_disk_mend(const char *database) {
    int number;
    struct disk *disk = disk_of(database, &number);
    int failed = disk->failed;
    disk->fail_at = 0;
    disk->failed = 0;
    return failed;
}

/* MARK: Loss of power */

/* SplitMix64 (Steele, Lea, Flood 2014), as RandomSource has it. */
static uint64_t drawn(uint64_t *state) {
    uint64_t mixed = *state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

/* Does a part of a change: of a write, each sector is there, or not, or its beginning is. */
static void tear(
    const struct change *change, const struct file *file, struct bytes *bytes, uint64_t *state) {
    if (!change->length) {
        if (drawn(state) & 1) apply(change, file, bytes);
        return;
    }
    const uint8_t *data = written(change, file);
    size_t start = 0;
    while (start < change->length) {
        size_t place = change->offset + start;
        size_t end = (place / SECTOR + 1) * SECTOR - change->offset;
        if (end > change->length) end = change->length;
        uint64_t fate = drawn(state) % 5;
        size_t length = fate < 2 ? 0 : end - start;
        if (fate == 2) length = drawn(state) % (end - start + 1);
        put(bytes, place, data + start, length);
        start = end;
    }
}

static void survive(
    const struct file *from, struct file *to, enum simulated_disk_manner manner, uint64_t *state) {
    disk_remove(to);
    if (!from->exists || (!from->is_kept && manner == SIMULATED_DISK_LOSES)) return;
    to->exists = to->is_kept = 1;
    struct bytes *bytes = &to->kept;
    put(bytes, 0, from->kept.data, from->kept.length);
    size_t whole = 0;
    if (manner == SIMULATED_DISK_KEEPS) whole = from->count;
    if (manner == SIMULATED_DISK_KEEPS_ORDER) whole = drawn(state) % (from->count + 1);
    for (size_t i = 0; i < from->count; i++) {
        if (i < whole) apply(&from->changes[i], from, bytes);
        else if (manner == SIMULATED_DISK_KEEPS_SOME ||
                 (manner == SIMULATED_DISK_KEEPS_ORDER && i == whole))
            tear(&from->changes[i], from, bytes, state);
    }
    /* A file's length can be there without its bytes. */
    if (manner == SIMULATED_DISK_KEEPS_SOME && bytes->length < from->seen.length &&
        (drawn(state) & 1))
        resize(bytes, from->seen.length);
    put(&to->seen, 0, bytes->data, bytes->length);
}

void simulated_disk_survive(
    const char *from, const char *to, enum simulated_disk_manner manner, uint64_t seed) {
    int number;
    struct disk *source = disk_of(from, &number), *target = disk_of(to, &number);
    source->is_stopped = 1;
    for (int i = 0; i < FILES; i++)
        survive(&source->files[i], &target->files[i], manner, &seed);
}

void simulated_disk_copy(const char *from, const char *to) {
    int number;
    struct disk *source = disk_of(from, &number), *target = disk_of(to, &number);
    for (int i = 0; i < FILES; i++) {
        const struct file *one = &source->files[i];
        struct file *other = &target->files[i];
        disk_remove(other);
        if (!one->exists) continue;
        other->exists = other->is_kept = 1;
        put(&other->seen, 0, one->seen.data, one->seen.length);
        put(&other->kept, 0, one->seen.data, one->seen.length);
    }
}

void simulated_disk_remove(const char *database) {
    int number;
    struct disk *disk = disk_of(database, &number);
    pthread_mutex_lock(&lock);
    struct disk **link = &disks;
    while (*link != disk) link = &(*link)->next;
    *link = disk->next;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < FILES; i++) disk_remove(&disk->files[i]);
    disk_forget_regions(disk);
    free(disk->name);
    free(disk);
}
