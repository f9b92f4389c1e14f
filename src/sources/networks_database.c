/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/networks_database.h"

#include <dirent.h>
#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/text.h"
#include "sources/claim.h"

/* Entries of a folder that are looked at. */
#define ENTRIES_MAX 512
/* No field that is read is longer; what stands behind is not looked at. */
#define FIELD_MAX 256

static const char *const places[] = {"/usr/share/GeoIP", "/var/lib/GeoIP"};

/* ---- which there are ---- */

struct found {
    char path[NETWORKS_PATH];
    struct timespec time;
};

static int newest_first(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    if (a->time.tv_sec != b->time.tv_sec)
        return a->time.tv_sec > b->time.tv_sec ? -1 : 1;
    return strcmp(b->path, a->path); /* dbip-asn-lite-2026-02 before -01 */
}

static size_t find_in(const char *place, struct found *list, size_t room)
{
    size_t count = 0;
    DIR *folder = opendir(place);
    const struct dirent *entry;
    for (size_t seen = 0; folder && seen < ENTRIES_MAX && count < room && (entry = readdir(folder));
         seen++) {
        size_t length = strlen(entry->d_name);
        struct found *row = &list[count];
        struct stat status;
        if (length < 5 || strcmp(entry->d_name + length - 5, ".mmdb") != 0 ||
            strlen(place) + 1 + length >= sizeof(row->path))
            continue;
        text_format(row->path, sizeof(row->path), "%s/%s", place, entry->d_name);
        if (stat(row->path, &status) < 0 || !S_ISREG(status.st_mode))
            continue;
        row->time = status.st_mtim;
        count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

void networks_database_find(
    struct networks_database *out, const char (*named)[NETWORKS_PATH], size_t count)
{
    struct found list[64];
    size_t found = 0;
    out->count = 0;
    for (size_t i = 0; i < count && out->count < NETWORKS_DATABASES; i++)
        text_format(out->paths[out->count++], NETWORKS_PATH, "%s", named[i]);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        found += find_in(places[i], list + found, sizeof(list) / sizeof(list[0]) - found);
    qsort(list, found, sizeof(list[0]), newest_first);
    for (size_t i = 0; i < found && out->count < NETWORKS_DATABASES; i++)
        text_format(out->paths[out->count++], NETWORKS_PATH, "%s", list[i].path);
}

/* ---- one question ---- */

static bool get_text(MMDB_entry_s *entry, const char *const *path, char out[static FIELD_MAX])
{
    MMDB_entry_data_s data;
    out[0] = '\0';
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0)
        return false;
    size_t length = data.data_size < FIELD_MAX ? data.data_size : FIELD_MAX - 1;
    memcpy(out, data.utf8_string, length);
    out[length] = '\0';
    return strlen(out) == length;
}

/* GeoLite2-ASN and DB-IP tell it as a number, IPinfo as "AS64500". */
static void get_operator(MMDB_entry_s *entry, struct claim_network *said)
{
    static const char *const number[] = {"autonomous_system_number", NULL};
    static const char *const names[][2] = {
        {"autonomous_system_organization", NULL}, {"as_name", NULL}};
    static const char *const text[] = {"asn", NULL};
    MMDB_entry_data_s data;
    char field[FIELD_MAX];
    if (MMDB_aget_value(entry, &data, number) == MMDB_SUCCESS && data.has_data) {
        if (data.type == MMDB_DATA_TYPE_UINT32 && data.uint32 > 0 && data.uint32 < UINT32_MAX)
            said->asn = data.uint32;
        else if (data.type == MMDB_DATA_TYPE_UINT16 && data.uint16 > 0)
            said->asn = data.uint16;
    } else if (get_text(entry, text, field)) {
        claim_operator(said, field, strlen(field));
        said->org[0] = '\0'; /* it is a number here, or of no use */
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !said->org[0]; i++)
        if (get_text(entry, names[i], field))
            text_escape(field, strlen(field), said->org, sizeof(said->org));
}

static void get_country(MMDB_entry_s *entry, struct claim_network *said)
{
    static const char *const paths[][3] = {{"country", "iso_code", NULL},
        {"registered_country", "iso_code", NULL}, {"country_code", NULL}};
    char field[FIELD_MAX];
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !said->country[0]; i++)
        if (get_text(entry, paths[i], field))
            claim_country(said, field, strlen(field));
}

static void ask_one(const MMDB_s *database, const struct address *address, struct network *out)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct claim_network said = claim_network_none;
    int error = MMDB_SUCCESS;
    bool is_six = address->family == FAMILY_IPV6;
    if (is_six)
        memcpy(&six.sin6_addr, address->bytes, sizeof(six.sin6_addr));
    else
        memcpy(&four.sin_addr, address->bytes, sizeof(four.sin_addr));
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(
        database, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, &error);
    if (error != MMDB_SUCCESS || !result.found_entry)
        return;
    get_operator(&result.entry, &said);
    get_country(&result.entry, &said);
    if (said.asn >= 0) {
        out->source = NETWORK_DATABASE;
        out->asn = said.asn;
        text_format(out->org, sizeof(out->org), "%s", said.org);
    }
    if (said.country[0])
        memcpy(out->country, said.country, sizeof(out->country));
}

/* ---- all ---- */

/* A pipe would be waited for, and a device may do something when it is opened. */
static int open_regular(const char *path, MMDB_s *database)
{
    struct stat status;
    if (stat(path, &status) < 0 || (errno = EINVAL, !S_ISREG(status.st_mode)))
        return MMDB_FILE_OPEN_ERROR;
    return MMDB_open(path, MMDB_MODE_MMAP, database);
}

size_t networks_database_ask(const struct networks_database *databases, const struct address *list,
    struct network *out, size_t count, char *why, size_t why_size)
{
    size_t usable = 0;
    why[0] = '\0';
    /* What the first one says stands: it is asked last. */
    for (size_t i = databases->count; i-- > 0;) {
        MMDB_s database;
        errno = 0;
        int error = open_regular(databases->paths[i], &database);
        if (error != MMDB_SUCCESS) {
            char path[NETWORKS_PATH];
            text_escape(databases->paths[i], strlen(databases->paths[i]), path, sizeof(path));
            text_format(why, why_size, "%s: %s", path,
                error == MMDB_FILE_OPEN_ERROR && errno ? strerror(errno) : MMDB_strerror(error));
            continue;
        }
        usable++;
        for (size_t j = 0; j < count; j++)
            ask_one(&database, &list[j], &out[j]);
        MMDB_close(&database);
    }
    return usable;
}
