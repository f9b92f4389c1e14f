/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/otherhome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/accounts.h"
#include "tables/browsers.h"

struct otherhome {
    size_t count;
    struct account list[ACCOUNTS_MAX];
};

struct otherhome *otherhome_new(const char *file)
{
    struct otherhome *homes = calloc(1, sizeof(*homes));
    if (homes)
        homes->count = accounts_read(file, homes->list, ACCOUNTS_MAX);
    return homes;
}

void otherhome_free(struct otherhome *homes)
{
    free(homes);
}

/* -1: of nobody that is known, or it cannot be opened. */
static int open_home(const struct otherhome *homes, uint32_t uid)
{
    for (size_t i = 0; homes && i < homes->count; i++)
        if (homes->list[i].uid == uid)
            return open(homes->list[i].home, O_PATH | O_DIRECTORY | O_CLOEXEC);
    errno = ENOENT;
    return -1;
}

int otherhome_open(const struct otherhome *homes, uint32_t uid, const char *path, size_t most,
    struct homefile_why *why)
{
    *why = (struct homefile_why){0};
    if (!browser_owns_file(path)) {
        why->words = "lies elsewhere";
        return -1;
    }
    int home = open_home(homes, uid);
    if (home < 0) {
        why->folder = true;
        return -1;
    }
    int fd = homefile_open(home, path, uid, most, why);
    close(home);
    return fd;
}

struct search {
    uint32_t position;
    char *out;
    size_t size;
};

static void on_match(void *context, const char *path)
{
    struct search *search = context;
    if (search->position-- == 0 && strlen(path) < search->size)
        text_format(search->out, search->size, "%s", path);
}

void otherhome_match(const struct otherhome *homes, uint32_t uid, const char *pattern,
    uint32_t position, char *out, size_t size)
{
    struct search search = {.position = position, .out = out, .size = size};
    out[0] = '\0';
    int home =
        browser_owns_pattern(pattern) && position < HOMEFILE_MATCHES ? open_home(homes, uid) : -1;
    if (home < 0)
        return;
    homefile_match(home, pattern, on_match, &search);
    close(home);
}
