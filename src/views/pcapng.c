/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/pcapng.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/frame.h"
#include "base/name.h"
#include "base/text.h"
#include "model/model.h"

/* Blocks are written in the byte order of this machine: the magic number tells it. */
#define BLOCK_SECTION 0x0A0D0D0AU
#define BLOCK_INTERFACE 1U
#define BLOCK_PACKET 6U
#define BYTE_ORDER_MAGIC 0x1A2B3C4DU
#define OPTION_END 0
#define OPTION_COMMENT 1
#define SECTION_APPLICATION 4
#define INTERFACE_NAME_OPTION 2
#define INTERFACE_RESOLUTION 9
#define PACKET_FLAGS 2
#define FLAG_OUTBOUND 2U
#define NANOSECONDS 9 /* 10 to the power of -9 */

#define COMMENT_TEXT 2048
/* The largest block: a packet with its comment, and what stands around them. */
#define BLOCK_MAX (FRAME_MAX + COMMENT_TEXT + 128)

struct block {
    size_t length;
    uint8_t octets[BLOCK_MAX];
};

/* BLOCK_MAX has room for all that is put here. */
static void put(struct block *block, const void *octets, size_t length)
{
    size_t padded = (length + 3) & ~(size_t)3;
    if (padded > sizeof(block->octets) - block->length)
        return;
    if (length > 0)
        memcpy(block->octets + block->length, octets, length);
    memset(block->octets + block->length + length, 0, padded - length);
    block->length += padded;
}

static void put_u32(struct block *block, uint32_t value)
{
    put(block, &value, sizeof(value));
}

static void put_u16s(struct block *block, uint16_t first, uint16_t second)
{
    uint16_t pair[2] = {first, second};
    put(block, pair, sizeof(pair));
}

static void put_option(struct block *block, uint16_t code, const void *value, size_t length)
{
    put_u16s(block, code, (uint16_t)length);
    put(block, value, length);
}

static void begin(struct block *block, uint32_t type)
{
    block->length = 0;
    put_u32(block, type);
    put_u32(block, 0); /* its length, known at the end */
}

static int end(struct block *block, FILE *out)
{
    uint32_t length = (uint32_t)block->length + 4;
    memcpy(block->octets + 4, &length, sizeof(length));
    put_u32(block, length);
    return fwrite(block->octets, 1, block->length, out) == block->length ? 0 : -1;
}

/* ---- why it is a leak ---- */

static void add(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    text_format(text + used, size - used, "%s", more);
}

/* What the packet is, for somebody who reads nothing else. */
static void explain(const struct model *model, const struct evidence *packet, char *out)
{
    const struct leak *leak = packet->leak;
    char name[NAME_TEXT_MAX], type[RRTYPE_TEXT], resolver[ADDRESS_TEXT], from[ADDRESS_TEXT],
        when[TIME_TEXT], first[TIME_TEXT], last[TIME_TEXT], part[COMMENT_TEXT];
    bool tor = model_expectation(model)->expectation == EXPECT_TOR;
    const char *what = leak->transport == TRANSPORT_STUN       ? "a STUN request"
                       : leak->transport == TRANSPORT_DNSCRYPT ? "a look-up (DNSCrypt)"
                       : leak->exposure == EXPOSURE_BYPASS     ? "an encrypted look-up"
                                                               : "a look-up";
    text_format(out, COMMENT_TEXT, "leak (%s): at %s %s", exposure_word(leak->exposure),
        time_format_rfc3339(packet->time_ns, when), what);
    if (leak->name_length) {
        name_format(leak->name, leak->name_length, name);
        text_format(part, sizeof(part), " %s %s",
            leak->exposure == EXPOSURE_BYPASS ? "to the resolver" : "of", name);
        add(out, COMMENT_TEXT, part);
    }
    if (transport_shows_type(leak->transport, leak->type)) {
        text_format(part, sizeof(part), " %s", rrtype_format(leak->type, type));
        add(out, COMMENT_TEXT, part);
    }
    text_format(part, sizeof(part), " left by %s to %s over %s, outside %s", leak->interface,
        address_format(&leak->resolver, resolver), transport_word(leak->transport),
        tor ? "Tor" : "the tunnel");
    add(out, COMMENT_TEXT, part);
    if (leak->process.pid)
        text_format(part, sizeof(part), "; program: %s (pid %d%s%s)", leak->process.name,
            (int)leak->process.pid, leak->process.user[0] ? ", " : "", leak->process.user);
    else if (leak->forwarded_from.family != FAMILY_NONE)
        text_format(
            part, sizeof(part), "; forwarded for %s", address_format(&leak->forwarded_from, from));
    else
        text_format(part, sizeof(part), "; program: not known");
    add(out, COMMENT_TEXT, part);
    text_format(part, sizeof(part), "; %s of %u alike, %s to %s",
        packet->newest ? "the newest kept" : "the first kept", (unsigned)leak->count,
        time_format_rfc3339(leak->first_ns, first), time_format_rfc3339(leak->last_ns, last));
    add(out, COMMENT_TEXT, part);
}

/* ---- blocks ---- */

static int write_section(FILE *out, struct block *block)
{
    static const char comment[] = "The packets behind each leak that leaktop found, and no others.";
    static const char application[] = "leaktop " LEAKTOP_VERSION;
    begin(block, BLOCK_SECTION);
    put_u32(block, BYTE_ORDER_MAGIC);
    put_u16s(block, 1, 0);      /* the version: major, minor */
    put_u32(block, UINT32_MAX); /* the length of the section: */
    put_u32(block, UINT32_MAX); /* not said */
    put_option(block, OPTION_COMMENT, comment, sizeof(comment) - 1);
    put_option(block, SECTION_APPLICATION, application, sizeof(application) - 1);
    put_option(block, OPTION_END, NULL, 0);
    return end(block, out);
}

static int write_interface(FILE *out, struct block *block, const struct evidence *packet)
{
    static const uint8_t resolution = NANOSECONDS;
    begin(block, BLOCK_INTERFACE);
    put_u16s(block, packet->link_type, 0);
    put_u32(block, FRAME_MAX);
    put_option(
        block, INTERFACE_NAME_OPTION, packet->leak->interface, strlen(packet->leak->interface));
    put_option(block, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
    put_option(block, OPTION_END, NULL, 0);
    return end(block, out);
}

static int write_packet(FILE *out, struct block *block, const struct model *model,
    const struct evidence *packet, uint32_t interface)
{
    char comment[COMMENT_TEXT];
    /* Of DNSCrypt it is the answer that was seen. */
    uint32_t flags = packet->leak->transport == TRANSPORT_DNSCRYPT ? 0 : FLAG_OUTBOUND;
    explain(model, packet, comment);
    begin(block, BLOCK_PACKET);
    put_u32(block, interface);
    put_u32(block, (uint32_t)(packet->time_ns >> 32));
    put_u32(block, (uint32_t)packet->time_ns);
    put_u32(block, packet->length);
    put_u32(block, packet->original);
    put(block, packet->octets, packet->length);
    put_option(block, OPTION_COMMENT, comment, strlen(comment));
    put_option(block, PACKET_FLAGS, &flags, sizeof(flags));
    put_option(block, OPTION_END, NULL, 0);
    return end(block, out);
}

static int earlier(const void *left, const void *right)
{
    const struct evidence *a = left, *b = right;
    return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static struct evidence *gather(const struct model *model, size_t *count)
{
    struct evidence next;
    size_t room = 0;
    while (model_evidence_at(model, room, &next))
        room++;
    struct evidence *packets = calloc(room + 1, sizeof(*packets));
    *count = 0;
    while (packets && *count < room && model_evidence_at(model, *count, &packets[*count]))
        (*count)++;
    if (packets)
        qsort(packets, *count, sizeof(*packets), earlier);
    return packets;
}

int pcapng_write(FILE *out, const struct model *model, size_t *count)
{
    struct block *block = malloc(sizeof(*block));
    struct evidence *packets = gather(model, count);
    uint32_t *interfaces = calloc(*count + 1, sizeof(*interfaces));
    uint32_t known = 0;
    int result = block && packets && interfaces ? write_section(out, block) : -1;
    /* The same name and link type are one interface: each packet has the number of its own. */
    for (size_t i = 0; i < *count && result == 0; i++) {
        size_t like = 0;
        while (
            like < i && (packets[like].link_type != packets[i].link_type ||
                            strcmp(packets[like].leak->interface, packets[i].leak->interface) != 0))
            like++;
        interfaces[i] = like < i ? interfaces[like] : known++;
        if (like == i)
            result = write_interface(out, block, &packets[i]);
        if (result == 0)
            result = write_packet(out, block, model, &packets[i], interfaces[i]);
    }
    free(interfaces);
    free(packets);
    free(block);
    return fflush(out) == EOF ? -1 : result;
}
