/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile beginnings of encrypted connections, many to one decoder. Each step is five octets and
 * what their last two announce: kind and options, time step, place in the stream (in units of 16)
 * or packet number, length (2) as a TCP segment of one of four connections, or as the frames of a
 * QUIC Initial that is sealed with the right keys, so that what is wrong is wrong inside. Built
 * with clang -fsanitize=fuzzer,address,undefined. */
#include "../unit/decode/quic_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every fact must hold what base/fact.h promises of it. */
static void check_fact(void *context, const struct fact *fact)
{
    char text[NAME_TEXT_MAX];
    (void)context;
    if (fact->kind != FACT_HELLO && fact->kind != FACT_CONNECT && fact->kind != FACT_STUN &&
        fact->kind != FACT_STUN_ANSWER)
        abort();
    if (fact->name_length > 0) {
        if (!name_valid(fact->name, fact->name_length))
            abort();
        name_format(fact->name, fact->name_length, text);
    }
}

static struct bytes packet, frames;

static void tcp(const uint8_t *head, const uint8_t *octets, size_t length)
{
    static const uint8_t flags[] = {0x10, 0x02, 0x11, 0x04};
    bytes_clear(&packet);
    append(&packet, octets, length);
    wrap_tcp(&packet, 40000U + (head[0] >> 2 & 3), 443, 0xFFFFFFF0U + head[2] * 16U,
        flags[head[0] >> 4 & 3]);
    wrap_ipv4(&packet, 6);
}

static void quic(const uint8_t *head, const uint8_t *octets, size_t length)
{
    static const char *const names[] = {"dcid-one", "dcid-two", NULL, "dcid-six"};
    struct quic_plan plan = {
        .version = 1 + (head[0] >> 2 & 1),
        .dcid = names[head[0] >> 3 & 3],
        .dcid_length = 8,
        .key_dcid = head[0] & 0x40 ? "dcid-one" : NULL,
        .token = head[0] & 0x20 ? 3 : 0,
        .number = head[2],
        .number_length = 1 + (head[2] & 3),
    };
    bytes_clear(&frames);
    append(&frames, octets, length);
    while (bytes_length(&frames) < 4)
        append(&frames, "", 1);
    bytes_clear(&packet);
    append_initial(&packet, &frames, &plan);
    wrap_udp(&packet, 50000, 443);
    wrap_ipv4(&packet, 17);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* To begin anew takes long. Connections are told apart by the interface too, and what waited
     * was told at the end: nothing is left of the last input. */
    static struct packet_decoder *decoder;
    static uint32_t interface;
    uint64_t time_ns = 1;
    if (!decoder)
        decoder = packet_decoder_new(1, check_fact, NULL);
    if (!decoder)
        return 0;
    interface++;
    while (size >= 5) {
        const uint8_t *head = data;
        size_t length = (size_t)(data[3] << 8 | data[4]) & 0x7FF;
        size_t snapped = head[0] & 0x80 ? head[2] & 0x3F : 0;
        time_ns += (uint64_t)data[1] * 10000000;
        data += 5;
        size -= 5;
        if (length > size)
            length = size;
        if (head[0] & 1)
            quic(head, data, length);
        else
            tcp(head, data, length);
        size_t whole = bytes_length(&packet), held = snapped < whole ? whole - snapped : whole;
        uint8_t *exact = malloc(held);
        if (!exact)
            break;
        memcpy(exact, bytes_at(&packet), held);
        packet_decode(decoder, RAW, exact, held, whole, time_ns, interface);
        free(exact);
        data += length;
        size -= length;
    }
    packet_end(decoder);
    if (packet_waiting(decoder))
        abort();
    return 0;
}
