/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of hostile octets through the decoder, many to one decoder so that its tables fill:
 * link type (index), time step, original length beyond the captured, length, octets; again and
 * again. Built with clang -fsanitize=fuzzer,address,undefined. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "decode/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every fact must hold what base/fact.h promises of it. */
static void check_fact(void *context, const struct fact *fact)
{
    char text[NAME_TEXT_MAX];
    (void)context;
    if (fact->kind == FACT_NONE || fact->kind >= FACT_KIND_COUNT ||
        fact->transport >= TRANSPORT_COUNT || fact->direction >= DIRECTION_COUNT)
        abort();
    if (fact->name_length > 0) {
        if (!name_valid(fact->name, fact->name_length))
            abort();
        name_format(fact->name, fact->name_length, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int links[] = {276, 1, 113, 101, 0, 108, 9, 50, 51, 12, 228, 229, 105};
    struct packet_decoder *decoder = packet_decoder_new(1, check_fact, NULL);
    uint64_t time_ns = 0;
    if (!decoder)
        return 0;
    while (size >= 5) {
        int link = links[data[0] % (sizeof links / sizeof *links)];
        size_t length = (size_t)(data[3] << 8 | data[4]);
        size_t missing = data[2] > 128 ? data[2] : 0;
        time_ns += (uint64_t)data[1] * 50000000;
        data += 5;
        size -= 5;
        if (length > size)
            length = size;
        uint8_t *exact = malloc(length ? length : 1);
        if (!exact)
            break;
        memcpy(exact, data, length);
        packet_decode(decoder, link, exact, length, length + missing, time_ns, 1);
        free(exact);
        data += length;
        size -= length;
    }
    packet_decoder_free(decoder);
    return 0;
}
