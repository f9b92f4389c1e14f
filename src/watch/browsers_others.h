/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_BROWSERS_OTHERS_H
#define LEAKTOP_WATCH_BROWSERS_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/browser.h"

/* What the browsers of other people than the watched one are set to: the keeper opens their files,
 * one person after the other, and they are read here. A person's files are read again and again
 * until none is asked for that has not come. */

struct browsers_others;
struct guard;

/* guard stays the caller's. accounts: ACCOUNTS_FILE but for tests. NULL without memory. */
struct browsers_others *browsers_others_new(struct guard *guard, const char *accounts);
void browsers_others_free(struct browsers_others *others);
/* Begin with the first person. */
void browsers_others_start(struct browsers_others *others);
/* The keeper's answer: text as struct keeper_message has it, value its flags, fd the file, which is
 * taken, or -1. True where all people are read now. */
bool browsers_others_answer(
    struct browsers_others *others, uint64_t token, uint32_t value, const char *text, int fd);
/* Rows of all people that were read last, none while the first reading is under way; how many. */
size_t browsers_others_rows(
    const struct browsers_others *others, struct browser_profile *list, size_t room);
/* A reading is under way. */
bool browsers_others_busy(const struct browsers_others *others);

#endif
