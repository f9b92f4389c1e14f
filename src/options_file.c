/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/name.h"
#include "base/text.h"
#include "model/intended.h"
#include "tables/leaktest.h"

/* The configuration file. */

static const char too_many[] = "there are 64 of them already";
static const char not_a_name[] = "this is no name";

/* ---- keys: each takes its value, and says what it wants where it cannot ---- */

static const char *take_seconds(const char *value, double least, double *out)
{
    char *end;
    errno = 0;
    double seconds = strtod(value, &end);
    if (errno != 0 || end == value || *end != '\0' || !(seconds >= least) || seconds > 1e9)
        return least < 60 ? "seconds, 10 at least" : "seconds, 60 at least";
    *out = seconds;
    return NULL;
}

static const char *take_yes(const char *value, bool *out)
{
    *out = strcmp(value, "yes") == 0;
    return *out || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

static const char *take_text(const char *value, char *out, size_t size)
{
    text_format(out, size, "%s", value);
    return strlen(value) < size ? NULL : "this is too long";
}

static const char *take_notes(struct options *options, const char *value)
{
    return take_text(value, options->notes, sizeof(options->notes));
}

static const char *take_export_folder(struct options *options, const char *value)
{
    return value[0] == '/'
               ? take_text(value, options->export_folder, sizeof(options->export_folder))
               : "a path, from the root";
}

static const char *take_zone(struct options *options, const char *value)
{
    return take_text(value, options->zone, sizeof(options->zone));
}

static const char *take_probe_service(struct options *options, const char *value)
{
    bool none = strcmp(value, "none") == 0;
    if (!none && !leaktest_by_key(value))
        return "no leak test service that is known; see leaktop(1)";
    return take_text(none ? "" : value, options->probe_service, sizeof(options->probe_service));
}

static const char *take_probe_test(struct options *options, const char *value)
{
    static const char *const words[TEST_KINDS] = {
        [TEST_STANDARD] = "standard", [TEST_EXTENDED] = "extended", [TEST_PUBLIC] = "public"};
    for (size_t i = 0; i < TEST_KINDS; i++)
        if (strcmp(value, words[i]) == 0) {
            options->probe_test = (enum test_kind)i;
            return NULL;
        }
    return "not standard, extended or public";
}

static const char *take_probe_interval(struct options *options, const char *value)
{
    return take_seconds(value, 10, &options->probe_interval);
}

static const char *take_public_interval(struct options *options, const char *value)
{
    return take_seconds(value, 60, &options->public_interval);
}

static const char *take_passive(struct options *options, const char *value)
{
    bool passive = false;
    const char *why = take_yes(value, &passive);
    options->passive |= passive; /* -p stays */
    return why;
}

static const char *take_bell(struct options *options, const char *value)
{
    return take_yes(value, &options->alarm.bell);
}

static const char *take_title(struct options *options, const char *value)
{
    return take_yes(value, &options->alarm.title);
}

static const char *take_notice(struct options *options, const char *value)
{
    static const struct {
        const char *word;
        enum notice notice;
    } words[] = {{"no", NOTICE_NONE}, {"777", NOTICE_777}, {"9", NOTICE_9}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(value, words[i].word) == 0) {
            options->alarm.notice = words[i].notice;
            return NULL;
        }
    return "not no, 777 or 9";
}

/* A path from the root: what PATH says is not asked, and no shell is. */
static const char *take_command(struct options *options, const char *value)
{
    size_t words = 0;
    for (const char *at = value; *at != '\0'; words++) {
        at += strcspn(at, " \t");
        at += strspn(at, " \t");
    }
    if (value[0] != '/')
        return "a program's path, from the root, and its arguments";
    if (words > OPTION_WORDS)
        return "16 words at most";
    return take_text(value, options->alarm.command, sizeof(options->alarm.command));
}

static const char *take_exact(struct options *options, const char *value)
{
    return take_yes(value, &options->attribution_exact);
}

static const char *take_cymru(struct options *options, const char *value)
{
    return take_yes(value, &options->cymru);
}

static const char *take_database(struct options *options, const char *value)
{
    if (options->database_count == OPTION_NAMES)
        return "there are 8 of them already";
    if (value[0] != '/')
        return "a path, from the root";
    char *row = options->databases[options->database_count++];
    return take_text(value, row, sizeof(options->databases[0]));
}

/* The next word of a value into out; false where there is none, or it is longer than out. */
static bool next_word(const char **value, char *out, size_t size)
{
    *value += strspn(*value, " \t");
    size_t length = strcspn(*value, " \t");
    if (length == 0 || length >= size)
        return false;
    memcpy(out, *value, length);
    out[length] = '\0';
    *value += length;
    return true;
}

static bool at_end(const char *value)
{
    return value[strspn(value, " \t")] == '\0';
}

/* "*." in front is allowed where below is not NULL, and told by it. 0: no name, or the root. */
static size_t parse_name(const char *word, uint8_t wire[static NAME_WIRE_MAX], bool *below)
{
    bool star = below && strncmp(word, "*.", 2) == 0;
    if (below)
        *below = star;
    if (word[strcspn(word, " \t")] != '\0')
        return 0;
    size_t length = name_parse(star ? word + 2 : word, wire);
    return length > 1 && !strchr(star ? word + 2 : word, '*') ? length : 0;
}

static const char *take_resolver(struct options *options, const char *value)
{
    static const char wanted[] = "a host's name or -, then addresses";
    struct option_resolver row = {0};
    uint8_t wire[NAME_WIRE_MAX];
    char word[sizeof(row.host)];
    bool below;
    if (options->resolver_count == OPTION_ROWS)
        return too_many;
    if (!next_word(&value, row.host, sizeof(row.host)))
        return wanted;
    if (strcmp(row.host, "-") == 0)
        row.host[0] = '\0';
    else if (parse_name(row.host, wire, &below) == 0)
        return not_a_name;
    while (next_word(&value, word, sizeof(word))) {
        if (row.address_count == OPTION_ADDRESSES)
            return "8 addresses in a line at most";
        if (!address_parse(word, &row.addresses[row.address_count++]))
            return "this is no address";
    }
    if (!at_end(value) || (row.host[0] == '\0' && row.address_count == 0))
        return wanted;
    options->resolvers[options->resolver_count++] = row;
    return NULL;
}

static const char *take_rule(struct options *options, const char *value)
{
    const char *why;
    if (options->rule_count == OPTION_ROWS)
        return too_many;
    if (!intended_parse(value, &options->rules[options->rule_count], &why))
        return why;
    options->rule_count++;
    return NULL;
}

static const char *take_server(struct options *options, const char *value)
{
    uint8_t wire[NAME_WIRE_MAX];
    if (options->server_count == OPTION_ROWS)
        return too_many;
    if (parse_name(value, wire, NULL) == 0)
        return not_a_name;
    char *row = options->servers[options->server_count++];
    return take_text(value, row, sizeof(options->servers[0]));
}

static const char *take_split(struct options *options, const char *value)
{
    char domain[NAME_TEXT_MAX], resolver[ADDRESS_TEXT];
    if (options->split_count == OPTION_ROWS)
        return too_many;
    struct split_domain *row = &options->splits[options->split_count];
    memset(row, 0, sizeof(*row)); /* padding too: rows are compared as a whole */
    if (!next_word(&value, domain, sizeof(domain)))
        return "a domain, and who answers for it";
    size_t length = parse_name(domain, row->domain, NULL);
    if (length == 0)
        return not_a_name;
    row->length = (uint8_t)length;
    if (next_word(&value, resolver, sizeof(resolver)) && !address_parse(resolver, &row->resolver))
        return "this is no address";
    if (!at_end(value))
        return "one domain, and one address at most";
    text_format(row->source, sizeof(row->source), "the configuration");
    options->split_count++;
    return NULL;
}

static const struct key {
    const char *section, *name;
    const char *(*take)(struct options *options, const char *value); /* NULL: taken; else why not */
} keys[] = {
    {"alarm", "bell", take_bell},
    {"alarm", "command", take_command},
    {"alarm", "notice", take_notice},
    {"alarm", "title", take_title},
    {"attribution", "exact", take_exact},
    {"encrypted-dns", "server", take_resolver},
    {"export", "folder", take_export_folder},
    {"intended", "rule", take_rule},
    {"local", "split", take_split},
    {"network", "cymru", take_cymru},
    {"network", "database", take_database},
    {"probe", "interval", take_probe_interval},
    {"probe", "passive", take_passive},
    {"probe", "service", take_probe_service},
    {"probe", "test", take_probe_test},
    {"probe", "zone", take_zone},
    {"public-ip", "interval", take_public_interval},
    {"screen", "notes", take_notes},
    {"vpn", "server", take_server},
};

/* ---- reading ---- */

struct reading {
    struct options *options;
    FILE *file;
    int line;        /* the one that was read last */
    int failed;      /* the first line that is not understood; 0 none */
    const char *why; /* static */
};

static void fail(struct reading *reading, const char *why)
{
    if (reading->failed != 0)
        return;
    reading->failed = reading->line;
    reading->why = why;
}

static int on_row(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    const char *why = "no such key in this section";
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (strcmp(section, keys[i].section) == 0 && strcmp(name, keys[i].name) == 0)
            why = keys[i].take(reading->options, value);
    if (why)
        fail(reading, why);
    return why == NULL;
}

/* fgets, but a line is a line: blanks in front do not make it go on the one before, and what does
 * not fit is not read as the next one (both are ways of the ini library). */
static char *read_line(char *out, int size, void *stream)
{
    struct reading *reading = stream;
    size_t used = 0;
    bool fits = true;
    int octet;
    while ((octet = fgetc(reading->file)) != EOF && octet != '\n') {
        if (used == 0 && (octet == ' ' || octet == '\t'))
            continue;
        fits = used + 1 < (size_t)size;
        if (fits)
            out[used++] = (char)octet;
    }
    if (octet == EOF && used == 0)
        return NULL;
    out[used] = '\0';
    reading->line++;
    if (!fits && out[0] != '#' && out[0] != ';')
        fail(reading, "this line is too long");
    return out;
}

/* "-c" stands before a file that the person named. */
static int read_stream(
    struct options *options, FILE *file, const char *path, char *error, size_t error_size)
{
    struct reading reading = {.options = options, .file = file};
    char shown[160];
    text_escape(path, strlen(path), shown, sizeof(shown));
    const char *option = options->config ? "-c " : "";
    int line = ini_parse_stream(read_line, &reading, on_row, &reading);
    if (ferror(file)) {
        text_format(error, error_size, "%s%s: cannot be read", option, shown);
        return -1;
    }
    if (line == 0 && reading.failed == 0)
        return 0;
    if (reading.failed == 0 || (line > 0 && line < reading.failed))
        text_format(error, error_size, "%s%s: line %d is not understood: a key, = and its value",
            option, shown, line);
    else
        text_format(error, error_size, "%s%s: line %d is not understood: %s", option, shown,
            reading.failed, reading.why);
    return -1;
}

int options_read_file(struct options *options, const char *path, char *error, size_t error_size)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        char shown[160];
        text_escape(path, strlen(path), shown, sizeof(shown));
        text_format(error, error_size, "-c %s: cannot be read: %s", shown, strerror(errno));
        return -1;
    }
    int result = read_stream(options, file, path, error, error_size);
    fclose(file);
    return result;
}

/* Whoever may write the file may call any leak intended. A group is trusted where it is the user's
 * own, as many systems give each user one. */
static bool trusted(const struct stat *stat)
{
    return (stat->st_uid == 0 || stat->st_uid == geteuid()) && (stat->st_mode & S_IWOTH) == 0 &&
           ((stat->st_mode & S_IWGRP) == 0 || stat->st_gid == 0 || stat->st_gid == getegid());
}

/* 1: there is no such file. */
static int try_default(struct options *options, const char *path, char *error, size_t error_size)
{
    struct stat stat;
    char shown[160];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return 1; /* what this user may not read is not theirs */
    text_escape(path, strlen(path), shown, sizeof(shown));
    if (fd < 0 || fstat(fd, &stat) != 0) {
        text_format(error, error_size, "%s: cannot be read: %s", shown, strerror(errno));
        goto failed;
    }
    if (!S_ISREG(stat.st_mode) || !trusted(&stat)) {
        text_format(error, error_size, "%s: %s; not read", shown,
            S_ISREG(stat.st_mode) ? "others may write to this configuration" : "is no plain file");
        goto failed;
    }
    FILE *file = fdopen(fd, "r");
    if (!file) {
        text_format(error, error_size, "%s: cannot be read: %s", shown, strerror(errno));
        goto failed;
    }
    int result = read_stream(options, file, path, error, error_size);
    fclose(file);
    return result;

failed:
    if (fd >= 0)
        close(fd);
    return -1;
}

int options_read_default(struct options *options, const char *home, char *error, size_t error_size)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    char paths[3][PATH_MAX] = {"", "", "/etc/leaktop.conf"};
    if (base && base[0] == '/')
        text_format(paths[0], PATH_MAX, "%s/leaktop/leaktop.conf", base);
    if (home[0] == '/')
        text_format(paths[1], PATH_MAX, "%s/.config/leaktop/leaktop.conf", home);
    for (size_t i = 0; i < 3; i++) {
        int result = paths[i][0] ? try_default(options, paths[i], error, error_size) : 1;
        if (result <= 0)
            return result;
    }
    return 0;
}
