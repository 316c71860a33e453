#define _GNU_SOURCE
#include "calls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
static uint64_t calls, fail_at;
static int fail_with;
static enum when fail_when;
static int fail_next;
/* While this file is there calls count and fail; always, where none is named. */
static char during[PATH_MAX];

void end(int status, const char *what) {
    dprintf(STDERR_FILENO, "faulty disk: %s\n", what);
    _exit(status);
}

__attribute__((constructor)) static void read_script(void) {
    const char *path = getenv("KITH_FAULTY_DISK");
    if (!path) return;
    char text[4 * PATH_MAX + 1], trace_path[PATH_MAX] = "";
    int script = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    ssize_t length = script < 0 ? -1 : syscall(SYS_read, script, text, sizeof text - 1);
    if (length < 0) end(STATUS_SCRIPT, "the script cannot be read");
    syscall(SYS_close, script);
    text[length] = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char error[16], when[16];
        unsigned long long number;
        if (!strncmp(line, "root ", 5) && strlen(line + 5) < PATH_MAX) {
            strcpy(root, line + 5);
        } else if (!strncmp(line, "trace ", 6) && strlen(line + 6) < PATH_MAX) {
            strcpy(trace_path, line + 6);
        } else if (!strncmp(line, "during ", 7) && strlen(line + 7) < PATH_MAX) {
            strcpy(during, line + 7);
        } else if (sscanf(line, "fail %llu %15s %15s", &number, error, when) == 3) {
            fail_at = number;
            fail_with = !strcmp(error, "EIO")      ? EIO
                        : !strcmp(error, "ENOSPC") ? ENOSPC
                        : !strcmp(error, "EDQUOT") ? EDQUOT
                        : !strcmp(error, "EROFS")  ? EROFS
                                                   : 0;
            fail_when = !strcmp(when, "once")    ? ONCE
                        : !strcmp(when, "on")    ? ON
                        : !strcmp(when, "short") ? SHORT
                                                 : NEVER;
            if (!fail_with || !fail_when) end(STATUS_SCRIPT, "the script names no such failure");
        } else {
            end(STATUS_SCRIPT, "the script has a line that means nothing");
        }
    }
    root_length = strlen(root);
    if (root[0] != '/' || root[root_length - 1] == '/')
        end(STATUS_SCRIPT, "the script's root is no absolute path");
    trace = syscall(
        SYS_openat, AT_FDCWD, trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) end(STATUS_SCRIPT, "the trace cannot be written");
}

/* ---- The trace ---- */

void record(enum faulty_disk_kind kind, uint64_t inode, uint64_t offset, const void *first,
            size_t size, const char *second) {
    uint32_t first_length = size, second_length = second ? strlen(second) : 0;
    unsigned char head[25];
    head[0] = kind;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &offset, 8);
    memcpy(head + 17, &first_length, 4);
    memcpy(head + 21, &second_length, 4);
    struct iovec parts[3] = {
        {head, sizeof head}, {(void *)first, size}, {(void *)second, second_length}};
    ssize_t whole = sizeof head + first_length + second_length;
    int error = errno;
    /* One call, so that records of several programs never mix. */
    if (syscall(SYS_writev, trace, parts, 3) != whole) end(STATUS_SCRIPT, "the trace is cut short");
    errno = error;
}

void record_paths(enum faulty_disk_kind kind, uint64_t inode, uint64_t offset, const char *first,
                  const char *second) {
    record(kind, inode, offset, first, strlen(first), second);
}

/* ---- Which files ---- */

int is_ours(int folder, const char *path, char *absolute) {
    if (!root_length || !path) return 0;
    if (path[0] == '/') {
        if (strlen(path) >= PATH_MAX) return 0;
        strcpy(absolute, path);
    } else {
        char base[PATH_MAX];
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return 0;
            base[length] = 0;
        }
        if (snprintf(absolute, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    return !strncmp(absolute, root, root_length)
           && (absolute[root_length] == '/' || !absolute[root_length]);
}

uint64_t inode_at(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 ? info.st_ino : 0;
}

/* ---- Failures ---- */

void fail_the_next(void) { fail_next = 1; }

enum when fails(enum need need, const char *call) {
    if (!fail_at) return NEVER;
    if ((fail_with == ENOSPC || fail_with == EDQUOT) && need != NEED_SPACE) return NEVER;
    if (fail_with == EROFS && need == NEED_DISK) return NEVER;
    if (during[0]) {
        int before = errno, is_there = !syscall(SYS_faccessat, AT_FDCWD, during, F_OK);
        errno = before;
        if (!is_there) return NEVER;
    }
    calls += 1;
    enum when when = NEVER;
    if (fail_next) {
        fail_next = 0;
        when = ONCE;
    } else if (calls == fail_at || (calls > fail_at && fail_when == ON)) {
        when = fail_when;
    }
    if (when != NEVER) {
        record(FAULTY_DISK_FAULT, 0, calls, call, strlen(call), NULL);
        errno = fail_with;
    }
    return when;
}
