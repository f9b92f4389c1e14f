/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_FLOW_CODE_H
#define LEAKTOP_SOURCES_FLOW_CODE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* The instructions of the programs in flow_program.h. Written as a table, so that building leaktop
 * takes no compiler for the kernel's machine. Pure. */

enum flow_code {
    FLOW_CODE_CALL,  /* connect, or sendmsg without: notes the caller with the socket */
    FLOW_CODE_LEAVE, /* a packet leaves: tells once for each call who its sender is */
    FLOW_CODE_END,   /* a socket is closed */
    FLOW_CODES
};

/* What is known only when they are loaded. */
enum flow_value {
    FLOW_NO_VALUE,
    FLOW_NAMESPACE,    /* cookie of the network namespace that counts */
    FLOW_OWNERS_MAP,   /* descriptors of the maps */
    FLOW_RECORDS_MAP,  /* */
    FLOW_RECORDS_HALF, /* octets in the ring buffer from which its reader is woken */
    FLOW_SENDS,        /* 1: for sendmsg, 0: for connect */
    FLOW_SIX,          /* 1: for IPv6 */
    FLOW_TYPES_KNOWN,  /* 1: the offsets below are */
    FLOW_TASK_LEADER,
    FLOW_TASK_NAME,
    FLOW_TASK_START,
    FLOW_TASK_MEMORY,
    FLOW_TASK_NUMBERS, /* struct pid of the task */
    FLOW_NUMBERS_LEVEL,
    FLOW_NUMBERS_OURS,  /* the element of its numbers[] that is of our level */
    FLOW_NUMBER_SPACE,  /* from there to the pointer to its namespace, */
    FLOW_SPACE_INODE,   /* and from the namespace to its number */
    FLOW_LEVEL,         /* depth of our pid namespace; 0 that of the machine */
    FLOW_PID_NAMESPACE, /* its number */
    FLOW_MEMORY_ARGUMENTS,
    FLOW_MEMORY_ARGUMENTS_END,
    FLOW_VALUES
};

#define FLOW_CODE_MAX 192

/* Number of instructions put into out. */
size_t flow_code(enum flow_code code, const int64_t values[static FLOW_VALUES],
    struct bpf_insn out[static FLOW_CODE_MAX]);

#endif
