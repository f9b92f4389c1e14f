/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_FLOWS_H
#define LEAKTOP_SOURCES_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "sources/flow_program.h"

/* Who sent a packet, as the kernel noted it when it left: exact, also for programs that are gone.
 * Run in the keeper. Bounded: the newest flows are kept. */

struct flows;

/* A packet as it was captured. */
struct flow {
    uint64_t time_ns; /* monotonic clock */
    struct address source, destination;
    uint16_t source_port, destination_port;
    uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP; 0: not known which */
};

struct flow_process {
    int32_t pid;
    uint32_t uid;
    uint64_t start; /* as field 22 of /proc/PID/stat; 0 not known */
    char name[FLOW_NAME];
};

enum flow_found {
    FLOW_UNKNOWN, /* nothing was noted: a socket from before the start, or the kernel's own */
    FLOW_FOUND,
    FLOW_NAMELESS, /* noted, but not what the program is called */
    FLOW_OTHER, /* the port has been somebody else's since, or was closed before: whoever is found
                there now is not who sent it */
};

/* Load the programs; needs rights, see flow_program.h. 0; or -errno, why says what was refused. */
int flows_open(struct flows **out, char *why, size_t why_size);
void flows_close(struct flows *flows);
/* Readable when many records wait. They wait there for flows_read at no cost. */
int flows_fd(const struct flows *flows);
/* Take what waits, bounded by what fits into the ring buffer at once. Needs no rights. */
void flows_read(struct flows *flows);

/* Who sent this packet: flows_read must have been called since it was captured. */
enum flow_found flows_find(
    const struct flows *flows, const struct flow *flow, struct flow_process *out);
/* Start of the command line of a process that was found, raw: words end with NUL. Its length; 0
 * where it is not known (any more). */
size_t flows_command(
    const struct flows *flows, const struct flow_process *process, char out[static FLOW_COMMAND]);

/* --- the table alone, for flows_read and its tests --- */
/* NULL without memory. seed keys the hash. */
struct flows *flows_new(uint64_t seed);
void flows_add(struct flows *flows, const struct flow_record *record);
void flows_end(struct flows *flows, const struct flow_end *end);

#endif
