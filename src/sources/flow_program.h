/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_FLOW_PROGRAM_H
#define LEAKTOP_SOURCES_FLOW_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* Small programs in the kernel (cgroup BPF) that write down which process a packet comes from, as
 * it happens. Loading them needs CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and, to find the root of the
 * control groups everywhere, CAP_SYS_ADMIN; reading what they wrote needs nothing. They are tied to
 * descriptors of the process that loaded them: when it ends, they are gone. */

#define FLOW_NAME 16
#define FLOW_COMMAND 128

/* Who connected a socket, or sent by one that is not connected. Kept with the socket by the kernel,
 * and part of each record. The programs know this layout. */
struct flow_owner {
    /* The process, not the thread, as our pid namespace counts; 0: it is not in it. The user as the
     * first user namespace counts. */
    uint32_t pid, uid;
    uint64_t start_ns; /* when it was started, on the boot clock; 0 not known */
    uint32_t untold;   /* calls of which no record was written yet */
    uint32_t command_length;
    char name[FLOW_NAME];       /* of the process's first thread, raw; "" not known */
    char command[FLOW_COMMAND]; /* start of its command line, raw: NUL between words */
};

/* What the kernel keeps with the socket. */
struct flow_socket {
    struct flow_owner owner;
    /* Of the newest sendmsg that was noted: when, by which process as the first pid namespace
     * counts, and to whom, in the octet order of struct bpf_sock_addr. */
    uint64_t noted_ns;
    uint32_t process, to_port, to[4];
};

/* A packet is on its way out of the machine, after address translation. */
struct flow_record {
    uint64_t time_ns; /* monotonic clock, before the packet is captured */
    uint64_t socket;  /* the kernel's cookie: never used twice */
    uint8_t family;   /* 4 or 6 */
    uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
    uint16_t unused;
    uint16_t source_port, destination_port; /* network order */
    uint8_t source[16], destination[16];    /* network order, IPv4 in the first four */
    struct flow_owner owner;
};

/* A socket of which something was told is closed. */
struct flow_end {
    uint64_t time_ns, socket;
};

enum { FLOW_LINKS = 6 };

struct flow_program {
    int records; /* ring buffer map of the above, told apart by their sizes */
    int links[FLOW_LINKS];
};

/* Load and attach for this network namespace. 0; or -errno, nothing is left and why says, in a few
 * words, what was refused. Verifies itself: what the kernel wrote down about this very process must
 * be true. */
int flow_program_load(struct flow_program *program, char *why, size_t why_size);
void flow_program_unload(struct flow_program *program);

#endif
