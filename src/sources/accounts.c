/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/accounts.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define PEOPLE_FROM 1000
#define OVERFLOW_USER 65534

static bool is_person(const struct passwd *entry)
{
    return entry->pw_uid >= PEOPLE_FROM && entry->pw_uid != OVERFLOW_USER &&
           entry->pw_uid != (uid_t)-1 && entry->pw_dir && entry->pw_dir[0] == '/' &&
           entry->pw_dir[1] != '\0' && strcmp(entry->pw_dir, "/nonexistent") != 0 &&
           strlen(entry->pw_dir) < sizeof(((struct account *)NULL)->home);
}

size_t accounts_read(const char *file, struct account *list, size_t room)
{
    FILE *entries = fopen(file, "re");
    const struct passwd *entry;
    size_t count = 0;
    while (entries && count < room && (entry = fgetpwent(entries))) {
        if (!is_person(entry))
            continue;
        struct account *account = &list[count++];
        memset(account, 0, sizeof(*account));
        account->uid = entry->pw_uid;
        text_escape(entry->pw_name, strlen(entry->pw_name), account->name, sizeof(account->name));
        text_format(account->home, sizeof(account->home), "%s", entry->pw_dir);
    }
    if (entries)
        fclose(entries);
    return count;
}
