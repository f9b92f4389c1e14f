/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_INTENDED_H
#define LEAKTOP_MODEL_INTENDED_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

/* A rule as a person writes it, in the configuration and on the screen: parts with blanks between
 * them, in any order, each at most once and one at least,
 *     name:*.corp.example resolver:10.0.0.53 interface:eth0 program:steam
 * Values are spelled as the screen shows them, in printable ASCII; a blank in one is \032. */

/* Longest rule that intended_format writes, with its NUL. */
#define INTENDED_TEXT 1024

/* False where text is no rule; *why is then a static sentence's end ("a part is given twice"). */
bool intended_parse(const char *text, struct intended *out, const char **why);

/* Into out, cut to size; returns out. What it writes is parsed back to the same rule. */
const char *intended_format(const struct intended *rule, char *out, size_t size);

#endif
