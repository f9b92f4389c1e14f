/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BASELINE_FILE_H
#define LEAKTOP_SOURCES_BASELINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/baseline.h"

struct statefolder;

/* Baselines on disk: a file for each network, the newest BASELINE_FILES of them. They hold
 * addresses and what networks those belong to, and no name that was looked up. */

#define BASELINE_FILES 64

/* The baseline of a network. False where there is none, then why is "", and where its file cannot
 * be relied on: then why says so. */
bool baseline_file_read(const struct statefolder *state, const char *network, struct baseline *out,
    char *why, size_t why_size);
/* Replaces that of its network. 0, or -errno. */
int baseline_file_write(const struct statefolder *state, const struct baseline *baseline);

#endif
