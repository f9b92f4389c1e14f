/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/flow_code.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "sources/flow_program.h"

/* From then on the same is noted and told once more: the reader's table is bounded. */
#define AGAIN_NS 100000000

/* One row is one instruction, or a label that jumps name. r0 is a helper's result, r1 to r5 its
 * arguments and lost by the call, r6 to r9 are kept, r10 is the top of the stack. */
struct row {
    struct bpf_insn is;
    uint8_t label; /* where a jump goes, or what a label row is called; 0: neither */
    uint8_t value; /* enum flow_value that takes the place of .imm */
};

enum {
    NO_LABEL,
    ALLOW,
    NOTE,
    AGAIN,
    AGAIN_SIX,
    CHANGED,
    CHANGED_SIX,
    NAMED,
    STRANGER,
    NO_COMMAND,
    V6,
    PORTS,
    COPY,
    SUBMIT,
    DISCARD,
    LABELS
};

#define CODE_LABEL 0xFF /* no instruction has this */
#define CODE_NUMBER (BPF_LD | BPF_DW | BPF_IMM)

/* clang-format off */
#define IS(code, to, from, at, number) .is = {(code), (to), (from), (at), (number)}
#define LABEL(name) {IS(CODE_LABEL, 0, 0, 0, 0), .label = (name)}
#define SET(reg, what) {IS(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, what)}
#define MOVE(reg, other) {IS(BPF_ALU64 | BPF_MOV | BPF_X, reg, other, 0, 0)}
#define ADD(reg, what) {IS(BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, what)}
#define ADD_VALUE(reg, what) {IS(BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, 0), .value = (what)}
#define SUBTRACT(reg, other) {IS(BPF_ALU64 | BPF_SUB | BPF_X, reg, other, 0, 0)}
#define AND(reg, what) {IS(BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0, what)}
#define LEFT(reg, bits) {IS(BPF_ALU64 | BPF_LSH | BPF_K, reg, 0, 0, bits)}
#define RIGHT(reg, bits) {IS(BPF_ALU64 | BPF_RSH | BPF_K, reg, 0, 0, bits)}
/* A number of 64 bits takes two instructions; a map stands for its address. */
#define SET_VALUE(reg, what) {IS(CODE_NUMBER, reg, 0, 0, 0), .value = (what)}
#define SET_MAP(reg, what) {IS(CODE_NUMBER, reg, BPF_PSEUDO_MAP_FD, 0, 0), .value = (what)}
#define LOAD(size, reg, other, at) {IS(BPF_LDX | BPF_MEM | (size), reg, other, at, 0)}
#define STORE(size, reg, at, other) {IS(BPF_STX | BPF_MEM | (size), reg, other, at, 0)}
#define STORE_NUMBER(size, reg, at, what) {IS(BPF_ST | BPF_MEM | (size), reg, 0, at, what)}
#define ADD_ATOMIC(reg, at, other) {IS(BPF_STX | BPF_ATOMIC | BPF_W, reg, other, at, BPF_ADD)}
#define IF(condition, reg, what, where)                                                            \
    {IS(BPF_JMP | (condition) | BPF_K, reg, 0, 0, what), .label = (where)}
#define IF_REG(condition, reg, other, where)                                                       \
    {IS(BPF_JMP | (condition) | BPF_X, reg, other, 0, 0), .label = (where)}
#define GO(where) {IS(BPF_JMP | BPF_JA, 0, 0, 0, 0), .label = (where)}
#define CALL(what) {IS(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##what)}
#define EXIT() {IS(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)}
/* clang-format on */
/* Fixed address plus distance, as most helpers want it. */
#define POINT(reg, other, at) MOVE(reg, other), ADD(reg, at)

#define OWNER(member) ((int)offsetof(struct flow_socket, owner.member))
#define SOCKET(member) ((int)offsetof(struct flow_socket, member))
#define RECORD(member) ((int)offsetof(struct flow_record, member))
#define END(member) ((int)offsetof(struct flow_end, member))

/* Read so many octets of the kernel's memory at r3 to the stack or a map's value. */
#define READ(reg, at, size) POINT(BPF_REG_1, reg, at), SET(BPF_REG_2, size), CALL(probe_read_kernel)

/* Two words of a record's owner, from r7 to r8. */
#define COPY_8(at)                                                                                 \
    LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, at),                                                        \
        STORE(BPF_DW, BPF_REG_8, RECORD(owner) + (at), BPF_REG_1)
#define COPY_24(at) COPY_8(at), COPY_8((at) + 8), COPY_8((at) + 16)
#define COPY_72(at) COPY_24(at), COPY_24((at) + 24), COPY_24((at) + 48)

static_assert(sizeof(struct flow_owner) == 168, "COPY_72 and COPY_24 cover the owner");
static_assert(sizeof(struct flow_record) == 56 + 168, "the ring buffer's reader tells by size");

/* struct bpf_sock_addr. The owner's place with the socket is made at the first call; where the
 * thread is not the process's first, its name is not the program's (glibc's resolver threads, Go,
 * Java, browsers). */
static const struct row on_call[] = {
    MOVE(BPF_REG_6, BPF_REG_1),
    CALL(get_netns_cookie),
    SET_VALUE(BPF_REG_1, FLOW_NAMESPACE),
    IF_REG(BPF_JNE, BPF_REG_0, BPF_REG_1, ALLOW),
    LOAD(BPF_DW, BPF_REG_2, BPF_REG_6, offsetof(struct bpf_sock_addr, sk)),
    SET_MAP(BPF_REG_1, FLOW_OWNERS_MAP),
    SET(BPF_REG_3, 0),
    SET(BPF_REG_4, BPF_SK_STORAGE_GET_F_CREATE),
    CALL(sk_storage_get),
    IF(BPF_JEQ, BPF_REG_0, 0, ALLOW),
    MOVE(BPF_REG_7, BPF_REG_0),
    SET_VALUE(BPF_REG_1, FLOW_SENDS),
    IF(BPF_JEQ, BPF_REG_1, 0, NOTE),
    /* The same process to the same address, as it did a moment ago: noted and told already. That
     * spares who sends in bulk by a socket that is not connected (a VPN's outer packets). */
    CALL(ktime_get_ns),
    MOVE(BPF_REG_8, BPF_REG_0),
    CALL(get_current_pid_tgid),
    MOVE(BPF_REG_9, BPF_REG_0),
    RIGHT(BPF_REG_9, 32),
    LOAD(BPF_W, BPF_REG_1, BPF_REG_7, SOCKET(process)),
    IF_REG(BPF_JNE, BPF_REG_1, BPF_REG_9, CHANGED),
    CALL(get_current_uid_gid),
    LEFT(BPF_REG_0, 32),
    RIGHT(BPF_REG_0, 32),
    LOAD(BPF_W, BPF_REG_1, BPF_REG_7, OWNER(uid)),
    IF_REG(BPF_JNE, BPF_REG_1, BPF_REG_0, CHANGED),
#define SAME(member, field)                                                                        \
    LOAD(BPF_W, BPF_REG_1, BPF_REG_7, SOCKET(member)),                                             \
        LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct bpf_sock_addr, field)),                  \
        IF_REG(BPF_JNE, BPF_REG_1, BPF_REG_2, CHANGED)
    SAME(to_port, user_port),
    SET_VALUE(BPF_REG_1, FLOW_SIX),
    IF(BPF_JNE, BPF_REG_1, 0, AGAIN_SIX),
    SAME(to[0], user_ip4),
    GO(AGAIN),
    LABEL(AGAIN_SIX),
    SAME(to[0], user_ip6[0]),
    SAME(to[1], user_ip6[1]),
    SAME(to[2], user_ip6[2]),
    SAME(to[3], user_ip6[3]),
    LABEL(AGAIN),
    LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, SOCKET(noted_ns)),
    MOVE(BPF_REG_2, BPF_REG_8),
    SUBTRACT(BPF_REG_2, BPF_REG_1),
    IF(BPF_JLT, BPF_REG_2, AGAIN_NS, ALLOW),
    LABEL(CHANGED),
#define KEEP(member, field)                                                                        \
    LOAD(BPF_W, BPF_REG_1, BPF_REG_6, offsetof(struct bpf_sock_addr, field)),                      \
        STORE(BPF_W, BPF_REG_7, SOCKET(member), BPF_REG_1)
    STORE(BPF_DW, BPF_REG_7, SOCKET(noted_ns), BPF_REG_8),
    STORE(BPF_W, BPF_REG_7, SOCKET(process), BPF_REG_9),
    KEEP(to_port, user_port),
    SET_VALUE(BPF_REG_1, FLOW_SIX),
    IF(BPF_JNE, BPF_REG_1, 0, CHANGED_SIX),
    KEEP(to[0], user_ip4),
    GO(NOTE),
    LABEL(CHANGED_SIX),
    KEEP(to[0], user_ip6[0]),
    KEEP(to[1], user_ip6[1]),
    KEEP(to[2], user_ip6[2]),
    KEEP(to[3], user_ip6[3]),
    LABEL(NOTE),
    CALL(get_current_uid_gid),
    STORE(BPF_W, BPF_REG_7, OWNER(uid), BPF_REG_0),
    CALL(get_current_pid_tgid),
    MOVE(BPF_REG_8, BPF_REG_0),
    RIGHT(BPF_REG_8, 32),
    STORE(BPF_W, BPF_REG_7, OWNER(pid), BPF_REG_8),
    SET(BPF_REG_1, 0),
    STORE(BPF_DW, BPF_REG_7, OWNER(name), BPF_REG_1),
    STORE(BPF_DW, BPF_REG_7, OWNER(name) + 8, BPF_REG_1),
    STORE(BPF_DW, BPF_REG_7, OWNER(start_ns), BPF_REG_1),
    STORE(BPF_W, BPF_REG_7, OWNER(command_length), BPF_REG_1),
    SET_VALUE(BPF_REG_1, FLOW_TYPES_KNOWN),
    IF(BPF_JNE, BPF_REG_1, 0, NAMED),
    /* Nothing is known of the kernel's types: the thread's own name, where it is the first. */
    LEFT(BPF_REG_0, 32),
    RIGHT(BPF_REG_0, 32),
    IF_REG(BPF_JNE, BPF_REG_0, BPF_REG_8, NO_COMMAND),
    POINT(BPF_REG_1, BPF_REG_7, OWNER(name)),
    SET(BPF_REG_2, FLOW_NAME),
    CALL(get_current_comm),
    GO(NO_COMMAND),
    LABEL(NAMED),
    CALL(get_current_task),
    MOVE(BPF_REG_8, BPF_REG_0),
    MOVE(BPF_REG_3, BPF_REG_8),
    ADD_VALUE(BPF_REG_3, FLOW_TASK_LEADER),
    READ(BPF_REG_10, -8, 8),
    LOAD(BPF_DW, BPF_REG_9, BPF_REG_10, -8),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_TASK_NAME),
    READ(BPF_REG_7, OWNER(name), FLOW_NAME),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_TASK_START),
    READ(BPF_REG_7, OWNER(start_ns), 8),
    /* A process has a number in each pid namespace that it is in, from the first one inwards. */
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_TASK_NUMBERS),
    READ(BPF_REG_10, -8, 8),
    STORE_NUMBER(BPF_W, BPF_REG_7, OWNER(pid), 0),
    LOAD(BPF_DW, BPF_REG_9, BPF_REG_10, -8),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_NUMBERS_LEVEL),
    READ(BPF_REG_10, -16, 4),
    LOAD(BPF_W, BPF_REG_1, BPF_REG_10, -16),
    SET_VALUE(BPF_REG_2, FLOW_LEVEL),
    IF_REG(BPF_JLT, BPF_REG_1, BPF_REG_2, STRANGER),
    ADD_VALUE(BPF_REG_9, FLOW_NUMBERS_OURS),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_NUMBER_SPACE),
    READ(BPF_REG_10, -8, 8),
    LOAD(BPF_DW, BPF_REG_3, BPF_REG_10, -8),
    ADD_VALUE(BPF_REG_3, FLOW_SPACE_INODE),
    READ(BPF_REG_10, -16, 4),
    LOAD(BPF_W, BPF_REG_1, BPF_REG_10, -16),
    SET_VALUE(BPF_REG_2, FLOW_PID_NAMESPACE),
    IF_REG(BPF_JNE, BPF_REG_1, BPF_REG_2, STRANGER),
    MOVE(BPF_REG_3, BPF_REG_9),
    READ(BPF_REG_7, OWNER(pid), 4),
    LABEL(STRANGER),
    /* The command line lies in the process's own memory. */
    MOVE(BPF_REG_3, BPF_REG_8),
    ADD_VALUE(BPF_REG_3, FLOW_TASK_MEMORY),
    READ(BPF_REG_10, -8, 8),
    LOAD(BPF_DW, BPF_REG_9, BPF_REG_10, -8),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_MEMORY_ARGUMENTS),
    READ(BPF_REG_10, -8, 8),
    MOVE(BPF_REG_3, BPF_REG_9),
    ADD_VALUE(BPF_REG_3, FLOW_MEMORY_ARGUMENTS_END),
    READ(BPF_REG_10, -16, 8),
    LOAD(BPF_DW, BPF_REG_3, BPF_REG_10, -8),
    LOAD(BPF_DW, BPF_REG_8, BPF_REG_10, -16),
    SUBTRACT(BPF_REG_8, BPF_REG_3),
    IF(BPF_JEQ, BPF_REG_8, 0, NO_COMMAND),
    IF(BPF_JLE, BPF_REG_8, FLOW_COMMAND, COPY),
    SET(BPF_REG_8, FLOW_COMMAND),
    LABEL(COPY),
    POINT(BPF_REG_1, BPF_REG_7, OWNER(command)),
    MOVE(BPF_REG_2, BPF_REG_8),
    CALL(probe_read_user),
    IF(BPF_JNE, BPF_REG_0, 0, NO_COMMAND),
    STORE(BPF_W, BPF_REG_7, OWNER(command_length), BPF_REG_8),
    LABEL(NO_COMMAND),
    SET(BPF_REG_1, 1),
    ADD_ATOMIC(BPF_REG_7, OWNER(untold), BPF_REG_1),
    LABEL(ALLOW),
    SET(BPF_REG_0, 1),
    EXIT(),
};

/* struct __sk_buff, from the network header on. connect(2) on a datagram socket chooses the source
 * port after the hook, and netfilter may change addresses: only here the packet is as it is
 * captured. All but the first of a call's packets cost one look into the socket. */
static const struct row on_leave[] = {
    MOVE(BPF_REG_6, BPF_REG_1),
    LOAD(BPF_DW, BPF_REG_2, BPF_REG_6, offsetof(struct __sk_buff, sk)),
    IF(BPF_JEQ, BPF_REG_2, 0, ALLOW),
    SET_MAP(BPF_REG_1, FLOW_OWNERS_MAP),
    SET(BPF_REG_3, 0),
    SET(BPF_REG_4, 0),
    CALL(sk_storage_get),
    IF(BPF_JEQ, BPF_REG_0, 0, ALLOW),
    MOVE(BPF_REG_7, BPF_REG_0),
    LOAD(BPF_W, BPF_REG_1, BPF_REG_7, OWNER(untold)),
    IF(BPF_JEQ, BPF_REG_1, 0, ALLOW),
    SET_MAP(BPF_REG_1, FLOW_RECORDS_MAP),
    SET(BPF_REG_2, sizeof(struct flow_record)),
    SET(BPF_REG_3, 0),
    CALL(ringbuf_reserve),
    IF(BPF_JEQ, BPF_REG_0, 0, ALLOW), /* full: told with the next packet, if there is one */
    MOVE(BPF_REG_8, BPF_REG_0),
    CALL(ktime_get_ns),
    STORE(BPF_DW, BPF_REG_8, RECORD(time_ns), BPF_REG_0),
    MOVE(BPF_REG_1, BPF_REG_6),
    CALL(get_socket_cookie),
    STORE(BPF_DW, BPF_REG_8, RECORD(socket), BPF_REG_0),
    SET(BPF_REG_1, 0),
    STORE(BPF_DW, BPF_REG_8, RECORD(family), BPF_REG_1),
    STORE(BPF_DW, BPF_REG_8, RECORD(source), BPF_REG_1),
    STORE(BPF_DW, BPF_REG_8, RECORD(source) + 8, BPF_REG_1),
    STORE(BPF_DW, BPF_REG_8, RECORD(destination), BPF_REG_1),
    STORE(BPF_DW, BPF_REG_8, RECORD(destination) + 8, BPF_REG_1),
#define PACKET(at, reg, where, size)                                                               \
    MOVE(BPF_REG_1, BPF_REG_6), SET(BPF_REG_2, at), POINT(BPF_REG_3, reg, where),                  \
        SET(BPF_REG_4, size), CALL(skb_load_bytes), IF(BPF_JNE, BPF_REG_0, 0, DISCARD)
    PACKET(0, BPF_REG_10, -8, 1),
    LOAD(BPF_B, BPF_REG_9, BPF_REG_10, -8),
    MOVE(BPF_REG_1, BPF_REG_9),
    RIGHT(BPF_REG_1, 4),
    STORE(BPF_B, BPF_REG_8, RECORD(family), BPF_REG_1),
    IF(BPF_JEQ, BPF_REG_1, 6, V6),
    IF(BPF_JNE, BPF_REG_1, 4, DISCARD),
    AND(BPF_REG_9, 15), /* RFC 791, 3.1: length of the header in words */
    LEFT(BPF_REG_9, 2),
    PACKET(9, BPF_REG_8, RECORD(protocol), 1),
    PACKET(12, BPF_REG_8, RECORD(source), 4),
    PACKET(16, BPF_REG_8, RECORD(destination), 4),
    GO(PORTS),
    LABEL(V6), /* RFC 8200, 3; with extension headers it is no look-up of anybody's */
    SET(BPF_REG_9, 40),
    PACKET(6, BPF_REG_8, RECORD(protocol), 1),
    PACKET(8, BPF_REG_8, RECORD(source), 32),
    LABEL(PORTS),
    LOAD(BPF_B, BPF_REG_1, BPF_REG_8, RECORD(protocol)),
    IF(BPF_JEQ, BPF_REG_1, 17, COPY),
    IF(BPF_JNE, BPF_REG_1, 6, DISCARD),
    LABEL(COPY),
    MOVE(BPF_REG_1, BPF_REG_6),
    MOVE(BPF_REG_2, BPF_REG_9),
    POINT(BPF_REG_3, BPF_REG_8, RECORD(source_port)),
    SET(BPF_REG_4, 4),
    CALL(skb_load_bytes),
    IF(BPF_JNE, BPF_REG_0, 0, DISCARD),
    COPY_72(0),
    COPY_72(72),
    COPY_24(144),
    SET(BPF_REG_1, -1),
    ADD_ATOMIC(BPF_REG_7, OWNER(untold), BPF_REG_1),
    /* The reader comes by itself when it is asked something; it is woken before room runs out. */
    SET_MAP(BPF_REG_1, FLOW_RECORDS_MAP),
    SET(BPF_REG_2, BPF_RB_AVAIL_DATA),
    CALL(ringbuf_query),
    SET(BPF_REG_2, BPF_RB_NO_WAKEUP),
    SET_VALUE(BPF_REG_1, FLOW_RECORDS_HALF),
    IF_REG(BPF_JLT, BPF_REG_0, BPF_REG_1, SUBMIT),
    SET(BPF_REG_2, BPF_RB_FORCE_WAKEUP),
    LABEL(SUBMIT),
    MOVE(BPF_REG_1, BPF_REG_8),
    CALL(ringbuf_submit),
    GO(ALLOW),
    LABEL(DISCARD),
    STORE_NUMBER(BPF_W, BPF_REG_7, OWNER(untold), 0),
    MOVE(BPF_REG_1, BPF_REG_8),
    SET(BPF_REG_2, BPF_RB_NO_WAKEUP),
    CALL(ringbuf_discard),
    LABEL(ALLOW),
    SET(BPF_REG_0, 1),
    EXIT(),
};

/* struct bpf_sock. */
static const struct row on_end[] = {
    MOVE(BPF_REG_6, BPF_REG_1),
    MOVE(BPF_REG_2, BPF_REG_1),
    SET_MAP(BPF_REG_1, FLOW_OWNERS_MAP),
    SET(BPF_REG_3, 0),
    SET(BPF_REG_4, 0),
    CALL(sk_storage_get),
    IF(BPF_JEQ, BPF_REG_0, 0, ALLOW),
    CALL(ktime_get_ns),
    STORE(BPF_DW, BPF_REG_10, END(time_ns) - 16, BPF_REG_0),
    MOVE(BPF_REG_1, BPF_REG_6),
    CALL(get_socket_cookie),
    STORE(BPF_DW, BPF_REG_10, END(socket) - 16, BPF_REG_0),
    SET_MAP(BPF_REG_1, FLOW_RECORDS_MAP),
    POINT(BPF_REG_2, BPF_REG_10, -16),
    SET(BPF_REG_3, sizeof(struct flow_end)),
    SET(BPF_REG_4, BPF_RB_NO_WAKEUP),
    CALL(ringbuf_output),
    LABEL(ALLOW),
    SET(BPF_REG_0, 1),
    EXIT(),
};

static const struct {
    const struct row *rows;
    size_t count;
} codes[FLOW_CODES] = {
    [FLOW_CODE_CALL] = {on_call, sizeof(on_call) / sizeof(on_call[0])},
    [FLOW_CODE_LEAVE] = {on_leave, sizeof(on_leave) / sizeof(on_leave[0])},
    [FLOW_CODE_END] = {on_end, sizeof(on_end) / sizeof(on_end[0])},
};

static size_t length_of(const struct row *row)
{
    return row->is.code == CODE_LABEL ? 0 : row->is.code == CODE_NUMBER ? 2 : 1;
}

size_t flow_code(enum flow_code code, const int64_t values[static FLOW_VALUES],
    struct bpf_insn out[static FLOW_CODE_MAX])
{
    size_t labels[LABELS] = {0}, at = 0;
    for (size_t i = 0; i < codes[code].count; i++) {
        if (codes[code].rows[i].is.code == CODE_LABEL)
            labels[codes[code].rows[i].label] = at;
        at += length_of(&codes[code].rows[i]);
    }
    assert(at <= FLOW_CODE_MAX); /* of tables above, not of anybody's input */
    at = 0;
    for (size_t i = 0; i < codes[code].count; i++) {
        const struct row *row = &codes[code].rows[i];
        size_t length = length_of(row);
        if (length == 0)
            continue;
        out[at] = row->is;
        if (row->label)
            out[at].off = (int16_t)(labels[row->label] - at - 1);
        if (row->value)
            out[at].imm = (int32_t)values[row->value];
        if (length == 2) /* the upper half of the number; a map's descriptor has none */
            out[at + 1] = (struct bpf_insn){.imm = (int32_t)(values[row->value] >> 32)};
        at += length;
    }
    return at;
}
