#define _GNU_SOURCE
#include "calls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Files and what is in them. */

enum { DESCRIPTORS = 65536 };

/* The inode of each open file that the script is about; 0 for others. */
static uint64_t inodes[DESCRIPTORS];
static uint8_t is_shared_memory[DESCRIPTORS];

static uint64_t inode_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS ? inodes[descriptor] : 0;
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
        fail_the_next();
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
