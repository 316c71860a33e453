#define _GNU_SOURCE
#include "faulty_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * The real calls are system calls: looking up the C library's functions would call them too early.
 * One lock makes a call and its record one step, so that the trace has the order of what happened.
 */

enum { DESCRIPTORS = 65536, STATUS_SCRIPT = 97, STATUS_NOT_MODELLED = 98 };
enum when { NEVER, ONCE, ON, SHORT };
/* What a call needs, and so which errors can befall it. */
enum need { NEED_DISK = 0, NEED_SPACE = 1, NEED_WRITABLE = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
/* The inode of each open file that it is about; 0 for others. */
static uint64_t inodes[DESCRIPTORS];
static uint8_t is_shared_memory[DESCRIPTORS];
static uint64_t calls, fail_at;
static int fail_with;
static enum when fail_when;
static int fail_next;
/* While this file is there calls count and fail; always, where none is named. */
static char during[PATH_MAX];

static void end(int status, const char *what) {
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

static void record(
    enum faulty_disk_kind kind, uint64_t inode, uint64_t offset, const void *first, size_t size,
    const char *second) {
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

static void record_paths(enum faulty_disk_kind kind, uint64_t inode, uint64_t offset,
                         const char *first, const char *second) {
    record(kind, inode, offset, first, strlen(first), second);
}

/* ---- Which files ---- */

/* Makes a path absolute; says whether it is the root or lies below it. */
static int is_ours(int folder, const char *path, char *absolute) {
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

static uint64_t inode_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS ? inodes[descriptor] : 0;
}

static uint64_t inode_at(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 ? info.st_ino : 0;
}

/* ---- Failures ---- */

/* Whether this call fails, by the script; for a short write it says `SHORT`. */
static enum when fails(enum need need, const char *call) {
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

/* ---- Opening and closing ---- */

static int open_file(int folder, const char *path, int flags, mode_t mode) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute))
        return syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && !inode_at(absolute), result = -1;
    int is_writing = (flags & O_ACCMODE) != O_RDONLY;
    if ((flags & O_TMPFILE) == O_TMPFILE) end(STATUS_NOT_MODELLED, "a file without a name");
    enum need need = is_new ? NEED_SPACE : is_writing ? NEED_WRITABLE : NEED_DISK;
    if (!fails(need, "open")) {
        result = syscall(SYS_openat, folder, path, flags, mode);
        if (result >= DESCRIPTORS) end(STATUS_NOT_MODELLED, "too many open files");
    }
    struct stat info;
    if (result >= 0 && fstat(result, &info) == 0) {
        inodes[result] = info.st_ino;
        size_t length = strlen(absolute);
        is_shared_memory[result] = length > 4 && !strcmp(absolute + length - 4, "-shm");
        record_paths(FAULTY_DISK_OPEN, info.st_ino, is_new, absolute, NULL);
        if (flags & O_TRUNC) record(FAULTY_DISK_RESIZE, info.st_ino, 0, NULL, 0, NULL);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

#define OPEN_MODE(flags)                                                                           \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, unsigned int);                                                         \
        va_end(list);                                                                              \
    }

int open(const char *path, int flags, ...) {
    OPEN_MODE(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    OPEN_MODE(flags)
    return open_file(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    OPEN_MODE(flags)
    return open_file(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    OPEN_MODE(flags)
    return open_file(folder, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) {
    return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return syscall(SYS_close, descriptor);
    pthread_mutex_lock(&lock);
    inodes[descriptor] = 0;
    int result = syscall(SYS_close, descriptor);
    pthread_mutex_unlock(&lock);
    return result;
}

/* ---- Content ---- */

/* The part of a write that is to happen, by the script; -1 when none is. */
static ssize_t allowed(size_t size) {
    enum when when = fails(NEED_SPACE, "write");
    if (when == NEVER) return size;
    if (when == SHORT && size > 1) {
        fail_next = 1;
        return size / 2;
    }
    return -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    uint64_t inode = inode_of(descriptor);
    if (!inode) return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
    pthread_mutex_lock(&lock);
    ssize_t result = allowed(size);
    if (result >= 0) result = syscall(SYS_pwrite64, descriptor, bytes, result, offset);
    if (result > 0) record(FAULTY_DISK_WRITE, inode, offset, bytes, result, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return pwrite64(descriptor, bytes, size, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    uint64_t inode = inode_of(descriptor);
    if (!inode) return syscall(SYS_write, descriptor, bytes, size);
    pthread_mutex_lock(&lock);
    ssize_t result = allowed(size);
    if (result >= 0) result = syscall(SYS_write, descriptor, bytes, result);
    if (result > 0) {
        off64_t end = syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
        record(FAULTY_DISK_WRITE, inode, end - result, bytes, result, NULL);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (inode_of(descriptor)) end(STATUS_NOT_MODELLED, "writev");
    return syscall(SYS_writev, descriptor, parts, count);
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    if (inode_of(descriptor)) {
        pthread_mutex_lock(&lock);
        enum when when = fails(NEED_DISK, "read");
        pthread_mutex_unlock(&lock);
        if (when) return -1;
    }
    return syscall(SYS_read, descriptor, bytes, size);
}

ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t offset) {
    if (inode_of(descriptor)) {
        pthread_mutex_lock(&lock);
        enum when when = fails(NEED_DISK, "read");
        pthread_mutex_unlock(&lock);
        if (when) return -1;
    }
    return syscall(SYS_pread64, descriptor, bytes, size, offset);
}
ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset) {
    return pread64(descriptor, bytes, size, offset);
}

int ftruncate64(int descriptor, off64_t size) {
    uint64_t inode = inode_of(descriptor);
    if (!inode) return syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&lock);
    int result = fails(NEED_SPACE, "truncate") ? -1 : syscall(SYS_ftruncate, descriptor, size);
    if (result == 0) record(FAULTY_DISK_RESIZE, inode, size, NULL, 0, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

/* The real disk is not waited for: what is on it after a loss of power is worked out. */
int fsync(int descriptor) {
    uint64_t inode = inode_of(descriptor);
    if (!inode) return syscall(SYS_fsync, descriptor);
    pthread_mutex_lock(&lock);
    int result = fails(NEED_WRITABLE, "sync") ? -1 : 0;
    if (result == 0) record(FAULTY_DISK_SYNC, inode, 0, NULL, 0, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}
int fdatasync(int descriptor) {
    return inode_of(descriptor) ? fsync(descriptor) : (int)syscall(SYS_fdatasync, descriptor);
}

/* ---- Names ---- */

static int rename_file(int from_folder, const char *from, int to_folder, const char *to,
                       unsigned flags) {
    char first[PATH_MAX], second[PATH_MAX];
    int is_from = is_ours(from_folder, from, first), is_to = is_ours(to_folder, to, second);
    if (!is_from && !is_to)
        return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (!is_from || !is_to || flags) end(STATUS_NOT_MODELLED, "a rename across the root");
    pthread_mutex_lock(&lock);
    int result = fails(NEED_SPACE, "rename")
                     ? -1
                     : syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (result == 0) record_paths(FAULTY_DISK_RENAME, 0, 0, first, second);
    pthread_mutex_unlock(&lock);
    return result;
}
int rename(const char *from, const char *to) {
    return rename_file(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return rename_file(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return rename_file(from_folder, from, to_folder, to, flags);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    char first[PATH_MAX], second[PATH_MAX];
    int is_from = is_ours(from_folder, from, first), is_to = is_ours(to_folder, to, second);
    if (!is_from && !is_to) return syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (!is_from || !is_to) end(STATUS_NOT_MODELLED, "a link across the root");
    pthread_mutex_lock(&lock);
    int result = fails(NEED_SPACE, "link")
                     ? -1
                     : syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (result == 0) record_paths(FAULTY_DISK_LINK, 0, 0, first, second);
    pthread_mutex_unlock(&lock);
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *path, int flags) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute)) return syscall(SYS_unlinkat, folder, path, flags);
    pthread_mutex_lock(&lock);
    int result = -1;
    /* What is not there cannot fail to be removed. */
    if (!inode_at(absolute))
        errno = ENOENT;
    else if (!fails(NEED_WRITABLE, "unlink"))
        result = syscall(SYS_unlinkat, folder, path, flags);
    if (result == 0) record_paths(FAULTY_DISK_REMOVE, 0, 0, absolute, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat info;
    int is_folder = lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
    return unlinkat(AT_FDCWD, path, is_folder ? AT_REMOVEDIR : 0);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute)) return syscall(SYS_mkdirat, folder, path, mode);
    pthread_mutex_lock(&lock);
    int result = -1;
    if (inode_at(absolute))
        errno = EEXIST;
    else if (!fails(NEED_SPACE, "mkdir"))
        result = syscall(SYS_mkdirat, folder, path, mode);
    if (result == 0) record_paths(FAULTY_DISK_FOLDER, inode_at(absolute), 0, absolute, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* ---- What the trace does not describe ---- */

int posix_fallocate64(int descriptor, off64_t offset, off64_t size) {
    if (inode_of(descriptor)) end(STATUS_NOT_MODELLED, "posix_fallocate");
    return syscall(SYS_fallocate, descriptor, 0, offset, size) ? errno : 0;
}
int posix_fallocate(int descriptor, off_t offset, off_t size) {
    return posix_fallocate64(descriptor, offset, size);
}

/* Only SQLite's shared memory is written through a mapping: it is not durable, nor has to be. */
void *mmap64(void *at, size_t size, int protection, int flags, int descriptor, off64_t offset) {
    if (inode_of(descriptor) && !is_shared_memory[descriptor] && (flags & MAP_SHARED)
        && (protection & PROT_WRITE))
        end(STATUS_NOT_MODELLED, "a mapping for writing");
    return (void *)syscall(SYS_mmap, at, size, protection, flags, descriptor, offset);
}
void *mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset) {
    return mmap64(at, size, protection, flags, descriptor, offset);
}
