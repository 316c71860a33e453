/*
 * What the calls that stand in for the C library's share: the script, the trace, and which call fails.
 *
 * The real calls are system calls: looking up the C library's functions would call them too early.
 * One lock makes a call and its record one step, so that the trace has the order of what happened.
 */
#ifndef CALLS_H
#define CALLS_H

#include "faulty_disk.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define HIDDEN __attribute__((visibility("hidden")))

enum { STATUS_SCRIPT = 97, STATUS_NOT_MODELLED = 98 };
enum when { NEVER, ONCE, ON, SHORT };
/* What a call needs, and so which errors can befall it. */
enum need { NEED_DISK = 0, NEED_SPACE = 1, NEED_WRITABLE = 2 };

/* Held over a call and its record. */
extern HIDDEN pthread_mutex_t lock;

/* Ends the program. */
HIDDEN _Noreturn void end(int status, const char *what);

/* Adds to the trace. */
HIDDEN void record(enum faulty_disk_kind kind, uint64_t inode, uint64_t offset, const void *first,
                   size_t size, const char *second);
HIDDEN void record_paths(enum faulty_disk_kind kind, uint64_t inode, uint64_t offset,
                         const char *first, const char *second);

/* Makes a path absolute, in room for PATH_MAX; says whether it is the root or lies below it. */
HIDDEN int is_ours(int folder, const char *path, char *absolute);

/* 0 where nothing has that path. */
HIDDEN uint64_t inode_at(const char *path);

/* Whether this call fails, by the script, with `errno` set; for a short write it says `SHORT`. */
HIDDEN enum when fails(enum need need, const char *call);
/* Has the next call that can fail do so: what follows a short write. */
HIDDEN void fail_the_next(void);

#endif
