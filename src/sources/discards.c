/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/discards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Both files have a few KiB; what is behind the bound is not read. */
#define FILE_MAX_OCTETS 32768

/* One word of a line, up to a blank; NULL at the end of the line. */
static const char *word(const char **at, size_t *length)
{
    const char *start = *at + strspn(*at, " \t");
    *length = strcspn(start, " \t\n");
    *at = start + *length;
    return *length ? start : NULL;
}

static bool is(const char *text, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

static bool number(const char *text, size_t length, uint64_t *out)
{
    char *end;
    if (length == 0 || *text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end != text + length)
        return false;
    *out = value;
    return true;
}

static void add(uint64_t *total, uint64_t value)
{
    *total = value > UINT64_MAX - *total ? UINT64_MAX : *total + value;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

/* /proc/net/snmp: a line of names, then a line of numbers, both beginning with the protocol's name
 * ("Ip: "). Sums those of the names (NULL ends) that are there. */
static bool parse_pair(
    const char *text, const char *protocol, const char *const *names, uint64_t *total)
{
    bool found = false;
    size_t begin = strlen(protocol);
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *values = next_line(line);
        if (!values || strncmp(line, protocol, begin) != 0 || strncmp(values, protocol, begin) != 0)
            continue;
        const char *name, *value;
        size_t name_length, value_length;
        while ((name = word(&line, &name_length)) && (value = word(&values, &value_length))) {
            uint64_t count;
            for (const char *const *wanted = names; *wanted; wanted++) {
                if (is(name, name_length, *wanted) && number(value, value_length, &count)) {
                    add(total, count);
                    found = true;
                }
            }
        }
        break;
    }
    return found;
}

static bool parse_4(const char *text, uint64_t *total)
{
    static const char *const names[] = {"OutDiscards", "OutNoRoutes", NULL};
    return parse_pair(text, "Ip: ", names, total);
}

/* /proc/net/snmp6: a name and its number on each line. */
static bool parse_6(const char *text, uint64_t *total)
{
    bool found = false;
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *at = line;
        size_t name_length, value_length;
        const char *name = word(&at, &name_length);
        const char *value = word(&at, &value_length);
        uint64_t count;
        if (name && value &&
            (is(name, name_length, "Ip6OutDiscards") || is(name, name_length, "Ip6OutNoRoutes")) &&
            number(value, value_length, &count)) {
            add(total, count);
            found = true;
        }
    }
    return found;
}

bool discards_parse(const char *snmp, const char *snmp6, uint64_t totals[static 2])
{
    uint64_t sums[2] = {0, 0};
    bool found_4 = snmp && parse_4(snmp, &sums[0]);
    bool found_6 = snmp6 && parse_6(snmp6, &sums[1]);
    if (!found_4 && !found_6)
        return false;
    memcpy(totals, sums, sizeof(sums));
    return true;
}

static bool read_text(const char *path, char out[static FILE_MAX_OCTETS])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < FILE_MAX_OCTETS - 1) {
        got = read(fd, out + length, FILE_MAX_OCTETS - 1 - length);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            length += (size_t)got;
    }
    close(fd);
    out[length] = '\0';
    return got >= 0;
}

bool discards_read(uint64_t totals[static 2])
{
    static char snmp[FILE_MAX_OCTETS], snmp6[FILE_MAX_OCTETS];
    bool have_4 = read_text("/proc/net/snmp", snmp);
    bool have_6 = read_text("/proc/net/snmp6", snmp6);
    return discards_parse(have_4 ? snmp : NULL, have_6 ? snmp6 : NULL, totals);
}

bool connections_parse(const char *snmp, struct connections *out)
{
    static const char *const established[] = {"CurrEstab", NULL};
    static const char *const accepted[] = {"PassiveOpens", NULL};
    struct connections found = {0};
    if (!parse_pair(snmp, "Tcp: ", established, &found.established) ||
        !parse_pair(snmp, "Tcp: ", accepted, &found.accepted))
        return false;
    *out = found;
    return true;
}

bool connections_read(struct connections *out)
{
    static char snmp[FILE_MAX_OCTETS];
    return read_text("/proc/net/snmp", snmp) && connections_parse(snmp, out);
}
