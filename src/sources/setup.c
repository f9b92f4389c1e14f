/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/setup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/resolvconf.h"
#include "sources/textfile.h"

#define PATH_ROOM 512

static const char *below(const char *root, const char *path, char out[static PATH_ROOM])
{
    text_format(out, PATH_ROOM, "%s%s", root, path);
    return out;
}

static bool is_there(const char *root, const char *path)
{
    char whole[PATH_ROOM];
    return access(below(root, path, whole), F_OK) == 0;
}

static struct setting *row(struct setup *setup, const char *path, unsigned line, const char *what)
{
    static struct setting none;
    struct setting *setting = setup->count < SETUP_ROWS ? &setup->rows[setup->count++] : &none;
    *setting = (struct setting){.state = STATE_OFF};
    if (line)
        text_format(setting->source, sizeof(setting->source), "%s:%u", path, line);
    else
        text_format(setting->source, sizeof(setting->source), "%s", path);
    text_format(setting->what, sizeof(setting->what), "%s", what);
    return setting;
}

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    text_format(out + used, size - used, "%s%s", used ? "; " : "", text);
}

/* ---- lines ---- */

struct lines {
    const char *at, *end;
    unsigned number;
    size_t length; /* of the present one, which begins at `line` */
    const char *line;
};

static bool next_line(struct lines *lines)
{
    if (lines->at >= lines->end)
        return false;
    const char *stop = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    lines->line = lines->at;
    lines->length = (size_t)((stop ? stop : lines->end) - lines->at);
    lines->at = stop ? stop + 1 : lines->end;
    lines->number++;
    return true;
}

/* What follows the keyword and a blank, escaped; false where the line is another. */
static bool value_of(const struct lines *lines, const char *keyword, char *out, size_t size)
{
    size_t length = strlen(keyword), at = length;
    if (lines->length <= length || memcmp(lines->line, keyword, length) != 0)
        return false;
    if (keyword[length - 1] != ':' && lines->line[at] != ' ' && lines->line[at] != '\t')
        return false;
    while (at < lines->length && (lines->line[at] == ' ' || lines->line[at] == '\t'))
        at++;
    size_t end = at;
    while (end < lines->length && lines->line[end] != '#')
        end++;
    while (end > at && (lines->line[end - 1] == ' ' || lines->line[end - 1] == '\t'))
        end--;
    text_escape(lines->line + at, end - at, out, size);
    return true;
}

/* A word of a list separated by blanks; with ':' at its end a prefix of one. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    bool prefix = word[length - 1] == ':';
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
        bool begins = at == list || at[-1] == ' ';
        if (begins && (prefix || at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* ---- /etc/resolv.conf ---- */

static const char resolver_file[] = "/etc/resolv.conf";

static const struct {
    const char *word, *why;
} options[] = {
    {"rotate", "the resolvers are asked in turn: each of them gets names"},
    {"ndots:", "names with fewer dots are first tried below the search domains: more names leave"},
    {"use-vc", "names are asked over TCP"},
    {"timeout:", "how long each resolver is waited for before the next one is asked as well"},
    {"attempts:", "how often all are asked"},
    {"no-aaaa", "IPv6 addresses are not asked for"},
};

static void read_options(struct setup *setup, const char *text, size_t length)
{
    struct lines lines = {.at = text, .end = text + length};
    char value[160];
    while (next_line(&lines)) {
        if (value_of(&lines, "options", value, sizeof(value))) {
            struct setting *setting = row(setup, resolver_file, lines.number, "options");
            text_format(setting->value, sizeof(setting->value), "%s", value);
            for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
                if (has_word(value, options[i].word))
                    append(setting->why, sizeof(setting->why), options[i].why);
        } else if (value_of(&lines, "search", value, sizeof(value)) ||
                   value_of(&lines, "domain", value, sizeof(value))) {
            struct setting *setting = row(setup, resolver_file, lines.number, "search domains");
            text_format(setting->value, sizeof(setting->value), "%s", value);
            text_format(setting->why, sizeof(setting->why), "short names are asked below these");
        }
    }
}

static void say_trouble(const char *path, int error, struct resolver_setup *setup)
{
    char target[PATH_MAX], escaped[80];
    ssize_t length = readlink(path, target, sizeof(target));
    if (error == -ENOENT && length > 0) {
        text_escape(target, (size_t)length, escaped, sizeof(escaped));
        text_format(setup->trouble, sizeof(setup->trouble), "a dangling link to %s", escaped);
    } else if (error == -ENOENT) {
        text_format(setup->trouble, sizeof(setup->trouble), "missing: 127.0.0.1 is asked instead");
    } else if (error == -EISDIR) {
        text_format(setup->trouble, sizeof(setup->trouble), "a directory");
    } else if (error == -EINVAL) {
        text_format(setup->trouble, sizeof(setup->trouble), "no regular file");
    } else {
        text_format(setup->trouble, sizeof(setup->trouble), "%s", strerror(-error));
    }
}

static void read_resolv_conf(const char *root, struct setup *setup, char *text)
{
    struct resolver_setup *resolver = &setup->resolver;
    struct configured_resolver list[RESOLVCONF_MAX];
    char path[PATH_ROOM], target[PATH_MAX] = "";
    struct stat status;
    size_t length;
    below(root, resolver_file, path);
    if (realpath(path, target) && strcmp(target, path) != 0) {
        size_t skip = strncmp(target, root, strlen(root)) == 0 ? strlen(root) : 0;
        memmove(target, target + skip, strlen(target + skip) + 1);
        text_escape(target, strlen(target), resolver->target, sizeof(resolver->target));
    } else {
        target[0] = '\0';
    }
    int error = textfile_read(path, text, TEXTFILE_MAX, &length);
    if (error) {
        say_trouble(path, error, resolver);
        return;
    }
    if (stat(path, &status) == 0 && status.st_size > TEXTFILE_MAX)
        text_format(resolver->trouble, sizeof(resolver->trouble),
            "very large: only its first 64 KiB are read");
    size_t count = resolvconf_parse(text, length, resolver_file, target, list);
    for (size_t i = 0; i < count; i++) {
        if (list[i].use != RESOLVER_ASKED)
            continue;
        resolver->stub |= address_is_loopback(&list[i].address);
        if (!resolver->manager[0])
            text_format(resolver->manager, sizeof(resolver->manager), "%s", list[i].manager);
        if (strcmp(list[i].manager, "systemd-resolved") == 0 &&
            address_is_loopback(&list[i].address))
            resolver->resolved = true;
    }
    read_options(setup, text, length);
}

/* ---- the others ---- */

static void read_nsswitch(const char *root, struct setup *setup, char *text)
{
    static const char path[] = "/etc/nsswitch.conf";
    char whole[PATH_ROOM], value[160];
    size_t length;
    if (textfile_read(below(root, path, whole), text, TEXTFILE_MAX, &length) != 0)
        return;
    struct lines lines = {.at = text, .end = text + length};
    while (next_line(&lines)) {
        if (!value_of(&lines, "hosts:", value, sizeof(value)))
            continue;
        struct setting *setting = row(setup, path, lines.number, "hosts order");
        text_format(setting->value, sizeof(setting->value), "%s", value);
        if (has_word(value, "resolve")) {
            append(setting->why, sizeof(setting->why),
                "systemd-resolved is asked without a packet on lo");
            setup->resolver.resolved |= is_there(root, "/run/systemd/resolve");
        }
        if (strstr(value, "mdns"))
            append(setting->why, sizeof(setting->why), "names below .local go to the neighbours");
        return;
    }
}

static void read_hosts(const char *root, struct setup *setup, char *text)
{
    static const char path[] = "/etc/hosts";
    char whole[PATH_ROOM];
    size_t length;
    unsigned entries = 0;
    if (textfile_read(below(root, path, whole), text, TEXTFILE_MAX, &length) != 0)
        return;
    struct lines lines = {.at = text, .end = text + length};
    while (next_line(&lines)) {
        size_t at = 0;
        while (at < lines.length && (lines.line[at] == ' ' || lines.line[at] == '\t'))
            at++;
        entries += at < lines.length && lines.line[at] != '#';
    }
    struct setting *setting = row(setup, path, 0, "hosts file");
    text_format(setting->value, sizeof(setting->value), "%u %s%s", entries,
        entries == 1 ? "entry" : "entries", length + 1 >= TEXTFILE_MAX ? " and more" : "");
    text_format(setting->why, sizeof(setting->why), "names in it are not asked for");
}

static void read_caches(const char *root, struct setup *setup)
{
    static const struct {
        const char *path, *name;
    } caches[] = {{"/run/nscd/socket", "nscd"}, {"/var/lib/sss/pipes/nss", "sssd"}};
    for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
        if (!is_there(root, caches[i].path))
            continue;
        struct setting *setting = row(setup, caches[i].path, 0, "cache");
        text_format(setting->value, sizeof(setting->value), "%s", caches[i].name);
        text_format(setting->why, sizeof(setting->why),
            "it may ask for programs, and answer them without a look-up");
    }
}

void setup_read(const char *root, struct setup *out)
{
    *out = (struct setup){0};
    out->resolver.networkmanager = is_there(root, "/run/NetworkManager");
    char *text = malloc(TEXTFILE_MAX);
    if (!text)
        return;
    read_resolv_conf(root, out, text);
    read_nsswitch(root, out, text);
    read_hosts(root, out, text);
    free(text);
    read_caches(root, out);
}
