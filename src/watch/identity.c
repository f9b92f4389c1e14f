/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/identity.h"

#include <pwd.h>
#include <string.h>

#include "base/text.h"
#include "tables/vpn.h"

#define COMM_MAX 16

static const char *user_name(struct identity *identity, uint32_t uid)
{
    for (size_t i = 0; i < identity->count; i++)
        if (identity->users[i].uid == uid)
            return identity->users[i].name;
    size_t at = identity->count < IDENTITY_USERS ? identity->count++ : uid % IDENTITY_USERS;
    struct identity_user *user = &identity->users[at];
    const struct passwd *entry = getpwuid(uid);
    user->uid = uid;
    if (entry)
        text_escape(entry->pw_name, strlen(entry->pw_name), user->name, sizeof(user->name));
    else
        text_format(user->name, sizeof(user->name), "%u", (unsigned)uid);
    return user->name;
}

struct process identity_owner(struct identity *identity, uint32_t uid)
{
    struct process process = {.uid = uid, .uid_known = true};
    text_format(process.user, sizeof(process.user), "%s", user_name(identity, uid));
    return process;
}

struct process identity_process(struct identity *identity, uint32_t uid, int32_t pid,
    uint64_t start, const char *comm, size_t size)
{
    struct process process = identity_owner(identity, uid);
    char raw[COMM_MAX + 1] = "";
    size_t length = strnlen(comm, size < COMM_MAX ? size : COMM_MAX);
    memcpy(raw, comm, length);
    process.pid = pid;
    process.start = start;
    process.vpn_client = vpn_by_process(raw) != NULL;
    process.tor = vpn_is_tor(raw);
    text_escape(raw, length, process.name, sizeof(process.name));
    return process;
}

void identity_command(const char *raw, size_t length, char out[static COMMAND_TEXT])
{
    char line[COMMAND_TEXT];
    while (length > 0 && raw[length - 1] == '\0')
        length--;
    if (length > sizeof(line))
        length = sizeof(line);
    memcpy(line, raw, length);
    for (size_t i = 0; i < length; i++)
        if (line[i] == '\0')
            line[i] = ' ';
    text_escape(line, length, out, COMMAND_TEXT);
}
