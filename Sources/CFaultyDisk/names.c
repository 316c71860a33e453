#define _GNU_SOURCE
#include "calls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The names of files and folders. */

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
