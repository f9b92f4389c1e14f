/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_EXPORTFOLDER_H
#define LEAKTOP_SOURCES_EXPORTFOLDER_H

#include <stdint.h>
#include <stdio.h>

/* A folder of files that is there as a whole or not at all: written under a name that ends with
 * ".partial", and renamed when all of it is on the disk. The folder is 0700, its files 0600. */

#define EXPORTFOLDER_FILES 8

struct exportfolder {
    int parent, folder; /* -1: not open */
    char name[64];      /* leaktop-YYYYMMDD-HHMMSS, local time; "-2" behind it where it is taken */
    char partial[72];
    char path[256]; /* the whole of it with its name, escaped, for people */
    const char *files[EXPORTFOLDER_FILES];
    size_t file_count;
};

/* Begin one in the folder `where` ("": the state folder of sources/statefolder.h, by system and
 * home). now: wall clock. 0, or -errno; path is then what could not be used. */
int exportfolder_begin(
    struct exportfolder *folder, const char *where, int system, const char *home, uint64_t now);
/* A new file in it, whose name stays the caller's; NULL with errno. */
FILE *exportfolder_file(struct exportfolder *folder, const char *name);
/* Closes a file, failed: writing it did. 0 where all of it is on the disk, or -errno. */
int exportfolder_close(FILE *file, int failed);
/* The end: with error 0 it gets its name, else what was written is removed. error, or what went
 * wrong here, as -errno. */
int exportfolder_end(struct exportfolder *folder, int error);

#endif
