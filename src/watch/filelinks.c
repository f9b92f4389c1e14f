/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/filelinks.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/dlt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fact.h"
#include "base/text.h"
#include "model/model.h"
#include "options.h"

/* The index that stands for the one interface of a file whose link type names none. */
#define ONLY_INTERFACE 0x7fffffffu

struct named {
    const char *name;
    enum role role;
    uint32_t index; /* the interface that it was given to, 0: none yet */
};

struct filelinks {
    struct model *model;
    struct named named[2 * OPTION_NAMES];
    size_t count;
    uint32_t seen_last;
};

struct filelinks *filelinks_new(struct model *model, const struct options *options)
{
    struct filelinks *filelinks = calloc(1, sizeof(*filelinks));
    if (!filelinks)
        return NULL;
    filelinks->model = model;
    for (size_t i = 0; i < options->tunnel_count; i++)
        filelinks->named[filelinks->count++] =
            (struct named){.name = options->tunnels[i], .role = ROLE_TUNNEL};
    for (size_t i = 0; i < options->uplink_count; i++)
        filelinks->named[filelinks->count++] =
            (struct named){.name = options->uplinks[i], .role = ROLE_UPLINK};
    return filelinks;
}

void filelinks_free(struct filelinks *filelinks)
{
    free(filelinks);
}

static uint32_t written_index(const char *name)
{
    char *end;
    const char *digits = strncmp(name, "if", 2) == 0 ? name + 2 : name;
    unsigned long value = strtoul(digits, &end, 10);
    return end != digits && *end == '\0' && value < UINT32_MAX ? (uint32_t)value : 0;
}

/* The -t or -u that means this interface: by index, as written or as this machine has it; else the
 * first of the fitting role that means no other interface. */
static struct named *find_named(struct filelinks *filelinks, uint32_t index, enum role guess)
{
    for (size_t i = 0; i < filelinks->count; i++) {
        struct named *named = &filelinks->named[i];
        if (named->index == 0 &&
            (written_index(named->name) == index || if_nametoindex(named->name) == index))
            return named;
    }
    for (size_t i = 0; i < filelinks->count; i++) {
        struct named *named = &filelinks->named[i];
        if (named->index == 0 && named->role == guess && written_index(named->name) == 0)
            return named;
    }
    /* A file of one interface, and one word about it: that word holds whatever the hardware type.
     */
    return index == ONLY_INTERFACE && filelinks->count == 1 ? &filelinks->named[0] : NULL;
}

static uint16_t hardware_of(int link_type)
{
    switch (link_type) {
    case DLT_EN10MB:
        return ARPHRD_ETHER;
    case DLT_NULL:
    case DLT_LOOP:
        return ARPHRD_LOOPBACK;
    case DLT_PPP:
    case DLT_PPP_SERIAL:
    case DLT_PPP_ETHER:
        return ARPHRD_PPP;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        return ARPHRD_NONE;
    default:
        return ARPHRD_ETHER; /* SLL without index: what it crossed is not told; assume the worst */
    }
}

uint32_t filelinks_see(struct filelinks *filelinks, const struct fact *fact, int link_type)
{
    uint32_t index = fact->interface ? fact->interface : ONLY_INTERFACE;
    if (index == filelinks->seen_last)
        return index;
    filelinks->seen_last = index;
    if (model_interface(filelinks->model, index))
        return index;
    struct interface interface = {.index = index,
        .link_type = fact->interface ? fact->link_type : hardware_of(link_type),
        .up = true,
        .role_fixed = true};
    interface.role = interface.link_type == ARPHRD_LOOPBACK ? ROLE_LOOPBACK
                     : interface.link_type == ARPHRD_NONE   ? ROLE_TUNNEL
                                                            : ROLE_UPLINK;
    struct named *named =
        interface.role == ROLE_LOOPBACK ? NULL : find_named(filelinks, index, interface.role);
    if (named) {
        named->index = index;
        interface.role = named->role;
        text_escape(named->name, strlen(named->name), interface.name, sizeof(interface.name));
    } else if (interface.role == ROLE_LOOPBACK) {
        text_format(interface.name, sizeof(interface.name), "lo");
    } else if (index == ONLY_INTERFACE) {
        text_format(interface.name, sizeof(interface.name), "file");
    } else {
        text_format(interface.name, sizeof(interface.name), "if%u", (unsigned)index);
    }
    model_interface_set(filelinks->model, &interface, fact->time_ns);
    model_settle(filelinks->model, fact->time_ns);
    if (interface.role == ROLE_TUNNEL &&
        model_expectation(filelinks->model)->expectation == EXPECT_NONE &&
        model_expectation(filelinks->model)->automatic) {
        /* auto: a file with a tunnel in it was taken where one was in use. */
        model_expect(filelinks->model, EXPECT_VPN, true, fact->time_ns);
        model_event(filelinks->model, fact->time_ns, "tunnel", interface.name,
            "%s carries look-ups: from now on a VPN is expected", interface.name);
    }
    return index;
}
