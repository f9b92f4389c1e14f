/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts FILE: every fact that the decoder finds in a capture file, one line each, tab-separated:
 * kind, time in ns, frame number, name, type, class, source, port, destination, port, transport,
 * id, rcode, direction, interface, flags, offered protocols, addresses. What the decoder counted
 * goes to standard error. Measures nothing, judges nothing: the differential test compares it with
 * what tshark sees. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "base/name.h"
#include "decode/packet.h"

static const char *const kinds[FACT_KIND_COUNT] = {
    "none", "question", "answer", "connect", "hello", "stun", "stun-answer", "peer"};

static void print_fact(void *context, const struct fact *fact)
{
    const uint64_t *frame = context;
    char name[NAME_TEXT_MAX] = "-", type[RRTYPE_TEXT];
    char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];
    if (fact->name_length > 0)
        name_format(fact->name, fact->name_length, name);
    printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%u\t%s\t%u\t%s\t%u\t%s\t%u\t%u\t%u\t%u\t%u\t%u\t",
        kinds[fact->kind], fact->time_ns, *frame, name, rrtype_format(fact->type, type),
        fact->class, address_format(&fact->source, source), fact->source_port,
        address_format(&fact->destination, destination), fact->destination_port,
        transport_word((enum transport)fact->transport), fact->id, fact->rcode, fact->direction,
        fact->interface, fact->flags, fact->alpn);
    for (size_t i = 0; i < fact->address_count; i++)
        printf("%s%s", i ? "," : "", address_format(&fact->addresses[i], source));
    puts(fact->address_count ? "" : "-");
}

int main(int argc, char **argv)
{
    char message[PCAP_ERRBUF_SIZE];
    uint64_t frame = 0;
    int status = 2;
    if (argc != 2) {
        fprintf(stderr, "usage: facts FILE\n");
        return status;
    }
    struct packet_decoder *decoder = packet_decoder_new(1, print_fact, &frame);
    pcap_t *file =
        pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, message);
    if (!file || !decoder) {
        fprintf(stderr, "facts: %s\n", file ? "no memory" : message);
        goto cleanup;
    }
    struct pcap_pkthdr *header;
    const unsigned char *data;
    int link_type = pcap_datalink(file);
    int got;
    while ((got = pcap_next_ex(file, &header, &data)) == 1) {
        frame++;
        packet_decode(decoder, link_type, data, header->caplen, header->len,
            (uint64_t)header->ts.tv_sec * 1000000000U + (uint64_t)header->ts.tv_usec, 0);
    }
    if (got != PCAP_ERROR_BREAK)
        fprintf(stderr, "facts: %s\n", pcap_geterr(file));
    const struct packet_counts *counts = packet_counts(decoder);
    fprintf(stderr,
        "packets %" PRIu64 " questions %" PRIu64 " malformed %" PRIu64 " undecoded %" PRIu64
        " fragments_lost %" PRIu64 " streams_lost %" PRIu64 "\n",
        counts->packets, counts->questions, counts->malformed, counts->undecoded,
        counts->fragments_lost, counts->streams_lost);
    status = got == PCAP_ERROR_BREAK ? 0 : 1;
cleanup:
    if (file)
        pcap_close(file);
    packet_decoder_free(decoder);
    return status;
}
