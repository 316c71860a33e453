/* What the disks are made of, for the two sources of this target. */
#ifndef DISK_H
#define DISK_H

#include "simulated_disk.h"

#include <stddef.h>
#include <stdint.h>

/* The files of a disk. */
enum { DATABASE, LOG, JOURNAL, FILES };
struct bytes {
    uint8_t *data;
    size_t length, capacity;
};

/* A write, or a change of length where that is zero. */
struct change {
    size_t offset, length;
    /* What was written; NULL where nothing is about to go wrong: then it is what the program sees there. */
    uint8_t *data;
};

struct file {
    int exists;
    /* What the program sees, and what is kept whatever happens. */
    struct bytes seen, kept;
    /* Whether the file itself is kept: it is, once it has been synced. */
    int is_kept;
    struct change *changes;
    size_t count, capacity;
};

struct disk {
    char *name;
    struct disk *next;
    struct file files[FILES];
    /* The write-ahead log's index, which is memory and no file here. */
    void **regions;
    int region_count;
    /* Changes and syncs so far, and which of them is to go wrong; 0 for none. */
    uint64_t calls, stop_at, fail_at;
    int fail_code, is_lasting, failed, is_stopped;
};

/* Whether a path lies on a disk of this kind. */
int disk_is_simulated(const char *path);
/* The disk that a path is on, made where there is none, and which of its files it names. */
struct disk *disk_of(const char *path, int *number);
/* What befalls a change or a sync: SQLITE_OK, or the code with which it fails. */
int disk_befalls(struct disk *disk);
/* Changes a file: a write, or with no bytes, a new length. */
void disk_change(
    struct disk *disk, struct file *file, size_t offset, const void *data, size_t length);
/* Keeps whatever has changed. */
void disk_sync(struct file *file);
void disk_remove(struct file *file);
void disk_forget_regions(struct disk *disk);
/* The next region of the index of the log. */
void disk_add_region(struct disk *disk, size_t size);

#endif
