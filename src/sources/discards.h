/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_DISCARDS_H
#define LEAKTOP_SOURCES_DISCARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets that this namespace's kernel refused on their way out: a firewall's drop in an output
 * chain counts in OutDiscards, a missing or unreachable route in OutNoRoutes (RFC 4293; Linux
 * net/ipv4/ip_output.c ip_send_skb, net/ipv6/output_core.c). The proof that something tried while
 * the tunnel was down and was held back. */

/* OutDiscards + OutNoRoutes of IPv4 and of IPv6, in this order, from the texts of /proc/net/snmp
 * and /proc/net/snmp6; 0 for a family that has no counters. False, and totals untouched, where
 * neither has. Apart, because a machine without IPv6 refuses its programs' tries all day long. */
bool discards_parse(const char *snmp, const char *snmp6, uint64_t totals[static 2]);
/* The same from the files. */
bool discards_read(uint64_t totals[static 2]);

/* TCP connections of this namespace, of both families, those within the machine included (RFC 4022
 * tcpCurrEstab and tcpPassiveOpens; Linux net/ipv4/proc.c). Where more are established and none was
 * accepted, one was begun here and answered: its first packet left, and a capture that works saw
 * it. (Those begun are counted too, but also where a firewall held them back.) */
struct connections {
    uint64_t established; /* now */
    uint64_t accepted;    /* since the start */
};
/* False, and *out untouched, where there are no such counters. */
bool connections_parse(const char *snmp, struct connections *out);
bool connections_read(struct connections *out);

#endif
