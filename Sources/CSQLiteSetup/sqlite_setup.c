#include "sqlite_setup.h"

#include <sqlite3.h>

// A function of its own because Swift cannot call one with a variable number of arguments.
void kith_sqlite_forgo_memory_counts(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
