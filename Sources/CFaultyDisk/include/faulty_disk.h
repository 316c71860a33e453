/*
 * A faulty disk under an unchanged program.
 *
 * The shared library is preloaded (LD_PRELOAD) and stands between the program, its libraries and the
 * C library, for the files below one folder. It writes down every change of them, so that what a loss
 * of power leaves of them at any moment can be worked out afterwards, and makes chosen calls fail.
 *
 * KITH_FAULTY_DISK names a script, one word and its value a line:
 *
 *     root FOLDER          the files that it is about: an absolute path without symbolic links
 *     trace FILE           where changes are written down, outside that folder; appended to
 *     fail N ERROR WHEN    the N-th call (from 1) that ERROR can befall fails with it
 *     during FILE          calls count, and fail, only while FILE is there: a disk that is full for
 *                          a time. Outside that folder
 *
 * ERROR is EIO (any call), ENOSPC or EDQUOT (calls that need space) or EROFS (calls that need a
 * writable disk). WHEN is `once`, `on` (that call and all later ones that ERROR can befall) or `short`
 * (the N-th call writes half of what it was given, then the next one fails). An unreadable script
 * ends the program with status 97, a call that the trace could not describe with status 98.
 *
 * A record of the trace has little-endian numbers and no padding: kind (1 byte), inode (8), offset or
 * size (8), length of the first bytes (4), of the second (4), then both.
 */
#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

enum faulty_disk_kind {
    FAULTY_DISK_OPEN = 1,   /* first: path; offset: 1 when the file is new */
    FAULTY_DISK_FOLDER = 2, /* first: path of a new folder */
    FAULTY_DISK_WRITE = 3,  /* offset; first: the bytes */
    FAULTY_DISK_RESIZE = 4, /* offset: the new size */
    FAULTY_DISK_SYNC = 5,   /* of a file's content, or of a folder's names */
    FAULTY_DISK_RENAME = 6, /* first: from; second: to */
    FAULTY_DISK_LINK = 7,   /* first: from; second: to */
    FAULTY_DISK_REMOVE = 8, /* first: path of a file or an empty folder */
    FAULTY_DISK_FAULT = 9,  /* first: the call that failed on purpose */
    FAULTY_DISK_NOTE = 10   /* first: what whoever runs the program wrote there */
};

#endif
