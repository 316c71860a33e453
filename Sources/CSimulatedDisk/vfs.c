#include "disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* What SQLite holds of an open file. */
struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct file *file;
};

static sqlite3_vfs *real;

/* MARK: Open files */

static int file_close(sqlite3_file *base) {
    (void)base;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *into, int amount, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    if (handle->disk->is_stopped) return SQLITE_IOERR_READ;
    const struct bytes *seen = &handle->file->seen;
    size_t start = (size_t)offset, wanted = (size_t)amount;
    size_t there = start >= seen->length ? 0 : seen->length - start;
    size_t length = there < wanted ? there : wanted;
    if (length) memcpy(into, seen->data + start, length);
    if (length == wanted) return SQLITE_OK;
    memset((uint8_t *)into + length, 0, wanted - length);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *from, int amount, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    if (handle->disk->is_stopped) return SQLITE_IOERR_WRITE;
    int code = disk_befalls(handle->disk);
    if (amount <= 0) return code;
    size_t length = (size_t)amount;
    /* A write that fails is short; one in which the power goes is torn with the rest. */
    if (code != SQLITE_OK && !handle->disk->is_stopped) length /= 2;
    if (length) disk_change(handle->disk, handle->file, (size_t)offset, from, length);
    return code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : code;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct handle *handle = (struct handle *)base;
    int code = disk_befalls(handle->disk);
    if (code != SQLITE_OK) return code == SQLITE_IOERR ? SQLITE_IOERR_TRUNCATE : code;
    disk_change(handle->disk, handle->file, (size_t)size, NULL, 0);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags) {
    (void)flags;
    struct handle *handle = (struct handle *)base;
    int code = disk_befalls(handle->disk);
    if (code != SQLITE_OK) return code == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : code;
    disk_sync(handle->file);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    *size = (sqlite3_int64)((struct handle *)base)->file->seen.length;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
    (void)base, (void)level;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *is_reserved) {
    (void)base;
    *is_reserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base) {
    (void)base;
    return 4096;
}

/* As SQLite takes it for granted of a real disk: a write harms no bytes beside its own. */
static int file_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int memory_map(sqlite3_file *base, int region, int size, int extends, void volatile **at) {
    struct disk *disk = ((struct handle *)base)->disk;
    *at = NULL;
    if (region >= disk->region_count) {
        if (!extends) return SQLITE_OK;
        while (disk->region_count <= region) disk_add_region(disk, (size_t)size);
    }
    *at = disk->regions[region];
    return SQLITE_OK;
}

static int memory_lock(sqlite3_file *base, int offset, int count, int flags) {
    (void)base, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void memory_barrier(sqlite3_file *base) { (void)base; }

/* The next to open the database finds no index, and makes it again from the log. */
static int memory_unmap(sqlite3_file *base, int deletes) {
    (void)deletes;
    disk_forget_regions(((struct handle *)base)->disk);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = memory_map,
    .xShmLock = memory_lock,
    .xShmBarrier = memory_barrier,
    .xShmUnmap = memory_unmap,
};

/* MARK: The VFS */

static int vfs_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out_flags) {
    (void)vfs;
    if (!disk_is_simulated(path)) return real->xOpen(real, path, base, flags, out_flags);
    struct handle *handle = (struct handle *)base;
    int number;
    handle->base.pMethods = NULL;
    handle->disk = disk_of(path, &number);
    handle->file = &handle->disk->files[number];
    if (handle->disk->is_stopped) return SQLITE_CANTOPEN;
    if (!handle->file->exists && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    handle->file->exists = 1;
    handle->base.pMethods = &methods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

/* Names are kept at once: what a lost name does is KithDisk's to show. */
static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    if (!disk_is_simulated(path)) return real->xDelete(real, path, syncs_folder);
    int number;
    struct disk *disk = disk_of(path, &number);
    if (!disk->files[number].exists) return SQLITE_IOERR_DELETE_NOENT;
    int code = disk_befalls(disk);
    if (code != SQLITE_OK) return code == SQLITE_IOERR ? SQLITE_IOERR_DELETE : code;
    disk_remove(&disk->files[number]);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    if (!disk_is_simulated(path)) return real->xAccess(real, path, flags, result);
    int number;
    struct disk *disk = disk_of(path, &number);
    struct file *file = &disk->files[number];
    *result = file->exists && (flags != SQLITE_ACCESS_EXISTS || file->seen.length > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *into) {
    (void)vfs;
    if (!disk_is_simulated(path)) return real->xFullPathname(real, path, size, into);
    if (strlen(path) >= (size_t)size) return SQLITE_CANTOPEN;
    strcpy(into, path);
    return SQLITE_OK;
}

static int registered;
static sqlite3_vfs ours;

static void put_in_place(void) {
    registered = sqlite3_initialize();
    if (registered != SQLITE_OK) return;
    real = sqlite3_vfs_find(NULL);
    /* What is not about files is asked of the real one, which looks at nothing of ours. */
    ours = *real;
    ours.pNext = NULL;
    ours.zName = "kith-simulated-disk";
    if (ours.szOsFile < (int)sizeof(struct handle)) ours.szOsFile = sizeof(struct handle);
    ours.xOpen = vfs_open;
    ours.xDelete = vfs_delete;
    ours.xAccess = vfs_access;
    ours.xFullPathname = vfs_full_path;
    registered = sqlite3_vfs_register(&ours, 1);
}

/* Pages that are cached at once by all connections; what is beyond them comes from the heap. */
enum { PAGES = 10000 };

int simulated_disk_is_alone(void) {
#ifdef __GLIBC__
    /* Thousands of disks and caches come and go: the system would clear their pages each time. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 25);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 24);
#endif
    int code = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 400);
    /* What a savepoint may have to take back stays in memory: it would go to a real file. */
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    int header = 0;
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header);
    int page = 4096 + header;
    void *pages = malloc((size_t)page * PAGES);
    if (code == SQLITE_OK && pages)
        code = sqlite3_config(SQLITE_CONFIG_PAGECACHE, pages, page, PAGES);
    return code;
}

int simulated_disk_register(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, put_in_place);
    return registered;
}
