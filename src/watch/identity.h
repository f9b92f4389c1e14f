/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_IDENTITY_H
#define LEAKTOP_WATCH_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* What the keeper and the kernel say of a process, raw -> the model's value, escaped. */

#define IDENTITY_USERS 64

struct identity {
    struct identity_user {
        uint32_t uid;
        char name[PROCESS_NAME];
    } users[IDENTITY_USERS]; /* as read once: the account database may be far away */
    size_t count;
};

/* A socket's owner, its process not known. */
struct process identity_owner(struct identity *identity, uint32_t uid);
/* comm: up to size octets, ends with the first NUL. */
struct process identity_process(struct identity *identity, uint32_t uid, int32_t pid,
    uint64_t start, const char *comm, size_t size);
/* A command line whose words end with NUL, as one line. */
void identity_command(const char *raw, size_t length, char out[static COMMAND_TEXT]);

#endif
