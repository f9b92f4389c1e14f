/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/splitdns.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/splitdns_formats.h"
#include "sources/textfile.h"

/* Files of one folder that are read; links beyond that are left out. */
#define FILES_MAX 256

static const char resolved_links[] = "/run/systemd/resolve/netif";
static const char networkd_links[] = "/run/systemd/netif/links";

struct reader {
    const char *root;
    const struct splitdns_links *links;
    struct splits splits;
    char *text; /* TEXTFILE_MAX */
};

/* Path below root; false where it does not fit or cannot be read. */
static bool read_file(struct reader *reader, const char *path, size_t *length)
{
    char full[PATH_MAX];
    text_format(full, sizeof(full), "%s%s", reader->root, path);
    return textfile_read(full, reader->text, TEXTFILE_MAX, length) == 0;
}

typedef void parse_scope(const char *text, size_t length, struct split_scope *scope);
typedef void parse_splits(const char *text, size_t length, struct splits *splits);

static void read_scope(
    struct reader *reader, const char *path, parse_scope *parse, struct split_scope *scope)
{
    size_t length;
    if (read_file(reader, path, &length))
        parse(reader->text, length, scope);
}

static void read_splits(struct reader *reader, const char *path, parse_splits *parse)
{
    size_t length;
    if (!read_file(reader, path, &length))
        return;
    reader->splits.source = path;
    parse(reader->text, length, &reader->splits);
}

/* ---- folders, in the order of their names, as their readers take them ---- */

static int is_configuration(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static uint32_t link_index(const char *name)
{
    char *end;
    unsigned long index = strtoul(name, &end, 10);
    bool good = name[0] >= '1' && name[0] <= '9' && *end == '\0' && index <= INT_MAX;
    return good ? (uint32_t)index : 0;
}

static int is_link(const struct dirent *entry)
{
    return link_index(entry->d_name) != 0;
}

static int list(const struct reader *reader, const char *folder,
    int (*wanted)(const struct dirent *), struct dirent ***entries)
{
    char full[PATH_MAX];
    text_format(full, sizeof(full), "%s%s", reader->root, folder);
    return scandir(full, entries, wanted, alphasort);
}

static void free_list(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
}

static void read_folder(struct reader *reader, const char *folder, parse_splits *parse)
{
    struct dirent **entries;
    int count = list(reader, folder, is_configuration, &entries);
    for (int i = 0; i < count && i < FILES_MAX; i++) {
        char path[PATH_MAX];
        text_format(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        read_splits(reader, path, parse);
    }
    free_list(entries, count);
}

/* ---- systemd ---- */

static void read_passed(struct reader *reader, uint32_t index, struct split_scope *scope)
{
    size_t length;
    for (size_t i = 0; reader->links && i < reader->links->count; i++)
        if (reader->links->each[i].index == index &&
            textfile_read_open(reader->links->each[i].fd, reader->text, TEXTFILE_MAX, &length) == 0)
            splitdns_link(reader->text, length, scope);
}

static void read_link(struct reader *reader, uint32_t index)
{
    struct split_scope scope = {0};
    char resolved[64], networkd[64];
    text_format(resolved, sizeof(resolved), "%s/%u", resolved_links, index);
    text_format(networkd, sizeof(networkd), "%s/%u", networkd_links, index);
    read_scope(reader, resolved, splitdns_link, &scope);
    read_passed(reader, index, &scope);
    size_t own = scope.domain_count;
    read_scope(reader, networkd, splitdns_link, &scope);
    reader->splits.source = own > 0 ? resolved : networkd;
    splits_add_scope(&reader->splits, &scope, index);
}

/* What programs told resolved of a link lies with resolved, what networkd did with networkd: a
 * domain of the one may go to the servers of the other. */
static void read_links(struct reader *reader)
{
    struct dirent **entries;
    int count = list(reader, resolved_links, is_link, &entries);
    for (int i = 0; i < count && i < FILES_MAX; i++)
        read_link(reader, link_index(entries[i]->d_name));
    free_list(entries, count);
    for (size_t i = 0; reader->links && i < reader->links->count; i++)
        read_link(reader, reader->links->each[i].index);
    count = list(reader, networkd_links, is_link, &entries);
    for (int i = 0; i < count && i < FILES_MAX; i++)
        read_link(reader, link_index(entries[i]->d_name)); /* nothing is added twice */
    free_list(entries, count);
}

static void read_resolved(struct reader *reader)
{
    static const char *const places[] = {"/usr/lib/systemd", "/run/systemd", "/etc/systemd"};
    struct split_scope scope = {0};
    char path[PATH_MAX];
    read_scope(reader, "/etc/systemd/resolved.conf", splitdns_resolved, &scope);
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct dirent **entries;
        char folder[64];
        text_format(folder, sizeof(folder), "%s/resolved.conf.d", places[i]);
        int count = list(reader, folder, is_configuration, &entries);
        for (int j = 0; j < count && j < FILES_MAX; j++) {
            text_format(path, sizeof(path), "%s/%s", folder, entries[j]->d_name);
            read_scope(reader, path, splitdns_resolved, &scope);
        }
        free_list(entries, count);
    }
    reader->splits.source = "/etc/systemd/resolved.conf";
    splits_add_scope(&reader->splits, &scope, 0);
}

bool splitdns_links_closed(const char *root)
{
    char full[PATH_MAX];
    text_format(full, sizeof(full), "%s%s", root, resolved_links);
    return access(full, R_OK | X_OK) < 0 && errno == EACCES;
}

void splitdns_link_put(struct splitdns_links *links, uint32_t index, int fd)
{
    size_t at = 0;
    while (at < links->count && links->each[at].index != index)
        at++;
    if (at < links->count) {
        close(links->each[at].fd);
        links->each[at] = links->each[--links->count];
    }
    if (fd >= 0 && links->count < SPLITDNS_LINKS) {
        links->each[links->count].index = index;
        links->each[links->count++].fd = fd;
    } else if (fd >= 0) {
        close(fd);
    }
}

void splitdns_links_clear(struct splitdns_links *links)
{
    while (links->count > 0)
        close(links->each[--links->count].fd);
}

static void read_dnsmasq(struct reader *reader)
{
    read_splits(reader, "/etc/dnsmasq.conf", splitdns_dnsmasq);
    read_folder(reader, "/etc/dnsmasq.d", splitdns_dnsmasq);
    read_folder(reader, "/etc/NetworkManager/dnsmasq.d", splitdns_dnsmasq);
    read_splits(reader, "/run/NetworkManager/dnsmasq.conf", splitdns_dnsmasq);
}

static void read_unbound(struct reader *reader)
{
    read_splits(reader, "/etc/unbound/unbound.conf", splitdns_unbound);
    read_folder(reader, "/etc/unbound/unbound.conf.d", splitdns_unbound);
}

size_t splitdns_forwards(
    const char *root, const char *program, struct configured_resolver *out, size_t max)
{
    struct split_domain none[1];
    struct reader reader = {
        .root = root, .splits = {.out = none, .max = 0, .forwards = out, .forward_max = max}};
    if (!(reader.text = malloc(TEXTFILE_MAX)))
        return 0;
    if (strcmp(program, "dnsmasq") == 0)
        read_dnsmasq(&reader);
    else
        read_unbound(&reader);
    free(reader.text);
    for (size_t i = 0; i < reader.splits.forward_count; i++)
        text_format(out[i].manager, sizeof(out[i].manager), "%s", program);
    return reader.splits.forward_count;
}

size_t splitdns_read(
    const char *root, const struct splitdns_links *links, struct split_domain *out, size_t max)
{
    struct reader reader = {.root = root, .links = links, .splits = {.out = out, .max = max}};
    if (!(reader.text = malloc(TEXTFILE_MAX)))
        return 0;
    read_links(&reader);
    read_resolved(&reader);
    read_dnsmasq(&reader);
    read_unbound(&reader);
    free(reader.text);
    return reader.splits.count;
}
