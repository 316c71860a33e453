#ifndef KITH_SQLITE_SETUP_H
#define KITH_SQLITE_SETUP_H

/// Has SQLite forgo the counts that it keeps of its memory, for which every allocation of every
/// connection takes one lock. Before the first connection of a process; after it, nothing changes.
void kith_sqlite_forgo_memory_counts(void);

#endif
