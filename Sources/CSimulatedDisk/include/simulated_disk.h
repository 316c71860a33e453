/*
 * A disk under SQLite that lies in memory, fails on purpose, and forgets what was not synced.
 *
 * It is a VFS that takes the place of SQLite's own: databases whose path begins with
 * SIMULATED_DISK_ROOT lie on disks of this kind, one each, and every other file goes on to the VFS that
 * was the default before. What a program wrote is seen by it at once, and is kept when it has been
 * synced; what power loss leaves of the rest is drawn from a seed.
 *
 * One thread at a time uses a disk, with one connection: locks are always granted. Different threads
 * may use different disks.
 */
#ifndef SIMULATED_DISK_H
#define SIMULATED_DISK_H

#include <stdint.h>

#define SIMULATED_DISK_ROOT "/kith-simulated-disk/"

/* How a disk treats what was not synced when the power goes. */
enum simulated_disk_manner {
    /* All of it is gone. */
    SIMULATED_DISK_LOSES,
    /* All of it is there: the end of a process, not of power. */
    SIMULATED_DISK_KEEPS,
    /* Of every file a first part of the changes is there, the last of them torn. */
    SIMULATED_DISK_KEEPS_ORDER,
    /* Any change may be there or not, and any sector of it. */
    SIMULATED_DISK_KEEPS_SOME
};

/* Puts the VFS in the place of the default one, once a process; 0 when done, else SQLite's code. */
int simulated_disk_register(void);

/*
 * For a process that does nothing but one simulation, in one thread: SQLite does without its locks and
 * its account of memory, and memory that was freed is kept for the next. Called before anything else
 * uses SQLite; 0 when done, else SQLite's code.
 */
int simulated_disk_is_alone(void);

/*
 * Lets the power go with the N-th (from 1) change or sync from now: that change is half done, and
 * whatever is asked of the disk from then on fails.
 */
void simulated_disk_stop_at(const char *database, uint64_t call);
/* Whether it has gone. */
int simulated_disk_is_stopped(const char *database);
/*
 * Lets the N-th change or sync from now fail with a code of SQLite, a write after half of its bytes;
 * and all later ones too, where asked to, until simulated_disk_mend.
 */
void simulated_disk_fail_at(const char *database, uint64_t call, int code, int is_lasting);
/* Nothing fails from now on; gives how many calls have failed since the last time. */
int simulated_disk_mend(const char *database);

/*
 * Puts what a loss of power leaves of a disk in the place of another one's content; nothing works on
 * the first any more.
 */
void simulated_disk_survive(
    const char *from, const char *to, enum simulated_disk_manner manner, uint64_t seed);
/* Puts what programs see of a disk in the place of another one's content, which nobody has open. */
void simulated_disk_copy(const char *from, const char *to);
/* Frees a disk, which nobody has open. */
void simulated_disk_remove(const char *database);

#endif
