/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_PCAPNG_H
#define LEAKTOP_VIEWS_PCAPNG_H

#include <stddef.h>
#include <stdio.h>

struct model;

/* The packets behind the leaks of the ledger as a pcapng file (draft-ietf-opsawg-pcapng), in the
 * order of time, each with a comment that says why it is a leak. An interface of the file is one of
 * this machine, by name and link type. *count: how many were written. 0, or -1 where writing or
 * memory failed. */
int pcapng_write(FILE *out, const struct model *model, size_t *count);

#endif
