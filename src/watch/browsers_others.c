/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/browsers_others.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "sources/accounts.h"
#include "sources/browsers.h"

/* Files and folders of one person that are asked for; at once so many, for the keeper's queue is
 * short. */
#define ASKED_MAX 1024
#define OUT_MAX 32
/* All that is kept of one person's files. */
#define KEPT_MAX (64U << 20)

enum stage { STAGE_WANTED, STAGE_OUT, STAGE_HERE };

/* What was asked for, and what came. */
struct asked {
    char path[128];
    uint32_t position; /* of a pattern */
    enum stage stage;
    char *text; /* what is in it; NULL: why says why not */
    size_t length;
    char words[48]; /* of why; or the folder that fits */
    char folder[128];
    bool of_folder, denied;
};

struct browsers_others {
    struct guard *guard;
    const char *accounts;
    struct account people[ACCOUNTS_MAX];
    size_t people_count, person;
    bool busy;
    uint32_t round; /* of readings: answers to an earlier one are nobody's */
    struct asked asked[ASKED_MAX];
    size_t asked_count, out, kept;
    bool more; /* something was wanted that has not come */
    struct browser_profile rows[BROWSERS_MAX], coming[BROWSERS_MAX];
    size_t row_count, coming_count;
};

struct browsers_others *browsers_others_new(struct guard *guard, const char *accounts)
{
    struct browsers_others *others = calloc(1, sizeof(*others));
    if (others) {
        others->guard = guard;
        others->accounts = accounts;
    }
    return others;
}

static void forget(struct browsers_others *others)
{
    for (size_t i = 0; i < others->asked_count; i++)
        free(others->asked[i].text);
    others->asked_count = others->out = others->kept = 0;
    others->round++;
}

void browsers_others_free(struct browsers_others *others)
{
    if (others)
        forget(others);
    free(others);
}

/* ---- what the reading asks for ---- */

static struct asked *find(struct browsers_others *others, const char *path, uint32_t position)
{
    for (size_t i = 0; i < others->asked_count; i++)
        if (others->asked[i].position == position && strcmp(others->asked[i].path, path) == 0)
            return &others->asked[i];
    if (others->asked_count == ASKED_MAX || strlen(path) >= sizeof(others->asked[0].path))
        return NULL;
    struct asked *asked = &others->asked[others->asked_count++];
    memset(asked, 0, sizeof(*asked));
    text_format(asked->path, sizeof(asked->path), "%s", path);
    asked->position = position;
    return asked;
}

/* True where it is here. */
static bool have(struct browsers_others *others, struct asked *asked)
{
    if (asked->stage == STAGE_HERE)
        return true;
    if (asked->stage == STAGE_WANTED && others->out < OUT_MAX) {
        uint64_t token = ((uint64_t)others->round << 32) | (uint64_t)(asked - others->asked);
        if (guard_ask_profile(others->guard, token, others->people[others->person].uid, asked->path,
                asked->position)) {
            asked->stage = STAGE_OUT;
            others->out++;
        } else if (others->out == 0) {
            /* Nobody will answer. */
            asked->stage = STAGE_HERE;
            asked->denied = asked->of_folder = true;
            text_format(asked->words, sizeof(asked->words), "may not be read");
            return true;
        }
    }
    others->more = true;
    return false;
}

static char *read_kept(
    void *context, const char *path, size_t most, size_t *length, struct homefile_why *why)
{
    struct browsers_others *others = context;
    struct asked *asked = find(others, path, 0);
    *why = (struct homefile_why){0};
    *length = 0;
    if (!asked) {
        why->words = "is one too many";
        return NULL;
    }
    if (!have(others, asked))
        return NULL;
    if (!asked->text) {
        why->words = asked->words[0] ? asked->words : NULL;
        why->folder = asked->of_folder;
        why->denied = asked->denied;
        return NULL;
    }
    if (asked->length > most) {
        why->words = "is too long";
        return NULL;
    }
    char *copy = malloc(asked->length + 1);
    if (!copy) {
        why->words = "is too long for the memory that is left";
        return NULL;
    }
    memcpy(copy, asked->text, asked->length);
    *length = asked->length;
    return copy;
}

static void match_kept(void *context, const char *pattern,
    void (*found)(void *context, const char *path), void *found_context)
{
    struct browsers_others *others = context;
    for (uint32_t i = 0; i < HOMEFILE_MATCHES; i++) {
        struct asked *asked = find(others, pattern, i);
        if (!asked || !have(others, asked) || asked->folder[0] == '\0')
            return;
        found(found_context, asked->folder);
    }
}

/* ---- one person after the other ---- */

/* Reads as far as what is here goes. True where nothing of it is missing. */
static bool read_person(struct browsers_others *others)
{
    const struct account *person = &others->people[others->person];
    const struct browsers_files files = {.context = others, .read = read_kept, .match = match_kept};
    const struct browsers_query query = {.root = "", .home = person->home};
    others->more = false;
    size_t before = others->coming_count;
    size_t count = browsers_read(&files, &query, &others->coming[before], BROWSERS_MAX - before);
    if (others->more)
        return false;
    for (size_t i = 0; i < count; i++)
        text_format(others->coming[before + i].user, sizeof(others->coming[before + i].user), "%s",
            person->name);
    others->coming_count += count;
    return true;
}

/* Goes on until somebody's files are out. True where all people are read. */
static bool go_on(struct browsers_others *others)
{
    while (others->person < others->people_count) {
        bool own = others->people[others->person].uid == others->guard->uid;
        if (!own && !read_person(others))
            return false;
        forget(others);
        others->person++;
    }
    memcpy(others->rows, others->coming, sizeof(others->rows));
    others->row_count = others->coming_count;
    others->busy = false;
    return true;
}

void browsers_others_start(struct browsers_others *others)
{
    forget(others);
    others->people_count = accounts_read(others->accounts, others->people, ACCOUNTS_MAX);
    others->person = 0;
    others->coming_count = 0;
    others->busy = true;
    (void)go_on(others);
}

static void take(
    struct browsers_others *others, struct asked *asked, uint32_t value, const char *text, int fd)
{
    struct homefile_why why;
    asked->stage = STAGE_HERE;
    asked->of_folder = (value & KEEPER_WHY_FOLDER) != 0;
    asked->denied = (value & KEEPER_WHY_DENIED) != 0;
    if (strchr(asked->path, '*')) {
        text_format(asked->folder, sizeof(asked->folder), "%s", text);
        if (fd >= 0)
            close(fd);
        return;
    }
    if (fd < 0) {
        char shown[4 * sizeof(asked->words)];
        text_escape(text, strlen(text), shown, sizeof(shown));
        text_format(asked->words, sizeof(asked->words), "%s", shown);
        return;
    }
    asked->text = homefile_read(fd, KEEPER_PROFILE_MOST, &asked->length, &why);
    if (asked->text && others->kept + asked->length > KEPT_MAX) {
        free(asked->text);
        asked->text = NULL;
        why.words = "is too long for the memory that is left";
    }
    if (asked->text)
        others->kept += asked->length;
    else
        text_format(asked->words, sizeof(asked->words), "%s", why.words ? why.words : "is gone");
}

bool browsers_others_answer(
    struct browsers_others *others, uint64_t token, uint32_t value, const char *text, int fd)
{
    size_t at = (uint32_t)token;
    if (!others->busy || token >> 32 != others->round || at >= others->asked_count ||
        others->asked[at].stage != STAGE_OUT) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    others->out--;
    take(others, &others->asked[at], value, text, fd);
    return others->out == 0 && go_on(others);
}

size_t browsers_others_rows(
    const struct browsers_others *others, struct browser_profile *list, size_t room)
{
    size_t count = others->row_count < room ? others->row_count : room;
    memcpy(list, others->rows, count * sizeof(*list));
    return count;
}

bool browsers_others_busy(const struct browsers_others *others)
{
    return others->busy;
}
