/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_CAPTURE_FILTER_H
#define LEAKTOP_SOURCES_CAPTURE_FILTER_H

#include <pcap/pcap.h>
#include <stdbool.h>

/* The kernel's filter of the live capture: names of all transports, the beginnings of connections,
 * hellos, STUN, DNSCrypt and the first packets of tunnels pass; what is said behind them does not.
 * For frames with libpcap's cooked header (DLT_LINUX_SLL2). The instructions are static. False
 * where a jump does not fit, which a test rules out. */
bool capture_filter(struct bpf_program *program);

#endif
