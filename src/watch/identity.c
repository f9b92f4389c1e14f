/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/identity.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/textfile.h"
#include "tables/browsers.h"
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

/* The process of /proc/PID/stat: its name is `comm`; its parent, or 0. */
static int32_t parent_of(const char *stat, const char *comm)
{
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
    size_t length = strlen(comm);
    if (!open || !close || close[1] != ' ' || (size_t)(close - open) != length + 1 ||
        memcmp(open + 1, comm, length) != 0 || close[2] == '\0' || close[3] != ' ')
        return 0;
    long parent = strtol(close + 4, NULL, 10);
    return parent > 0 && parent < INT32_MAX ? (int32_t)parent : 0;
}

static bool read_proc(int32_t pid, const char *file, char *out, size_t size)
{
    char path[64];
    size_t length;
    text_format(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    if (textfile_read(path, out, size - 1, &length) != 0)
        return false;
    out[length] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return true;
}

/* What a browser's helper process sends is the browser's: that is the name that tells a person who
 * it was. name: comm, changed where the parents tell. */
static void name_of_browser(int32_t pid, char name[static COMM_MAX + 1])
{
    enum { PARENTS = 4 };
    char stat[512], comm[64];
    text_format(comm, sizeof(comm), "%s", name);
    for (int i = 0; i < PARENTS && browser_is_helper(comm); i++)
        if (!read_proc(pid, "stat", stat, sizeof(stat)) || !(pid = parent_of(stat, comm)) ||
            !read_proc(pid, "comm", comm, sizeof(comm)))
            return;
    if (!browser_is_helper(comm))
        text_format(name, COMM_MAX + 1, "%s", comm);
}

/* Tor Browser is a Firefox that runs from a folder of its own, and is called like any other where
 * its starter did not rename it: its folder or its profile's tells it apart, so that the anonymous
 * one and the everyday one are not one program. */
static bool is_tor_browser(int32_t pid, const char *name)
{
    static const char *const folders[] = {"/tor-browser", "TorBrowser/Data/"};
    char command[4096], path[64];
    size_t length;
    if (strcmp(name, "firefox") != 0 && strcmp(name, "firefox-bin") != 0)
        return false;
    text_format(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    if (textfile_read(path, command, sizeof(command), &length) != 0)
        return false;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (memmem(command, length, folders[i], strlen(folders[i])))
            return true;
    return false;
}

struct process identity_process(struct identity *identity, uint32_t uid, int32_t pid,
    uint64_t start, const char *comm, size_t size)
{
    struct process process = identity_owner(identity, uid);
    char raw[COMM_MAX + 1] = "";
    size_t length = strnlen(comm, size < COMM_MAX ? size : COMM_MAX);
    memcpy(raw, comm, length);
    if (browser_is_helper(raw)) {
        name_of_browser(pid, raw);
        length = strlen(raw);
    }
    if (is_tor_browser(pid, raw)) {
        text_format(raw, sizeof(raw), "firefox.real");
        length = strlen(raw);
    }
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
