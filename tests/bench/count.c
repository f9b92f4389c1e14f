/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The yardstick: a bare libpcap loop that only counts packets of a capture file. */
#include <pcap/pcap.h>
#include <stdio.h>

static void count(unsigned char *user, const struct pcap_pkthdr *header, const unsigned char *bytes)
{
    (void)header, (void)bytes;
    (*(unsigned long *)(void *)user)++;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    unsigned long packets = 0;
    if (argc != 2)
        return 2;
    pcap_t *pcap = pcap_open_offline(argv[1], error);
    if (!pcap) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    pcap_loop(pcap, -1, count, (unsigned char *)&packets);
    pcap_close(pcap);
    printf("%lu\n", packets);
    return 0;
}
