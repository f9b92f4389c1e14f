/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/flow_program.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/flow_code.h"

/* A power of two and whole pages. Some 4,600 records. */
#define RECORDS_SIZE (1U << 20)

/* Pid namespaces inside one another that are looked through. */
#define LEVELS_MAX 4

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* ---- where the kernel keeps what the programs read ---- */

/* Offset of a member in octets, also where it stands in a part without a name; -1. */
static int64_t member_offset(const struct btf *btf, const struct btf_type *type, const char *name)
{
    const struct btf_member *member = btf_members(type);
    for (unsigned i = 0; i < btf_vlen(type); i++, member++) {
        const char *found = btf__name_by_offset(btf, member->name_off);
        uint32_t bits = btf_member_bit_offset(type, i);
        if (found && strcmp(found, name) == 0)
            return bits / 8;
        if (found && found[0] != '\0')
            continue;
        const struct btf_type *inner = btf__type_by_id(btf, member->type);
        int64_t within = inner && btf_is_composite(inner) ? member_offset(btf, inner, name) : -1;
        if (within >= 0)
            return bits / 8 + within;
    }
    return -1;
}

static int64_t offset_of(const struct btf *btf, const char *structure, const char *member)
{
    int32_t id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
    int64_t offset = id > 0 ? member_offset(btf, btf__type_by_id(btf, (uint32_t)id), member) : -1;
    return offset < INT32_MAX / 2 ? offset : -1;
}

/* Without the kernel's description of its types only a process's own thread can be named. */
static void find_offsets(int64_t values[static FLOW_VALUES], uint32_t *number_size)
{
    static const struct {
        enum flow_value value;
        const char *structure, *member;
    } wanted[] = {
        {FLOW_TASK_LEADER, "task_struct", "group_leader"},
        {FLOW_TASK_NAME, "task_struct", "comm"},
        {FLOW_TASK_START, "task_struct", "start_boottime"},
        {FLOW_TASK_MEMORY, "task_struct", "mm"},
        {FLOW_TASK_NUMBERS, "task_struct", "thread_pid"},
        {FLOW_NUMBERS_LEVEL, "pid", "level"},
        {FLOW_NUMBERS_OURS, "pid", "numbers"}, /* begins with the number itself */
        {FLOW_NUMBER_SPACE, "upid", "ns"},
        {FLOW_SPACE_INODE, "pid_namespace", "ns"},
        {FLOW_MEMORY_ARGUMENTS, "mm_struct", "arg_start"},
        {FLOW_MEMORY_ARGUMENTS_END, "mm_struct", "arg_end"},
    };
    struct btf *btf = btf__load_vmlinux_btf();
    bool all = btf != NULL;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && all; i++) {
        int64_t offset = offset_of(btf, wanted[i].structure, wanted[i].member);
        all = offset >= 0;
        values[wanted[i].value] = offset;
    }
    int64_t inode = all ? offset_of(btf, "ns_common", "inum") : -1;
    int32_t upid = all ? btf__find_by_name_kind(btf, "upid", BTF_KIND_STRUCT) : -1;
    if (upid > 0)
        *number_size = btf__type_by_id(btf, (uint32_t)upid)->size;
    values[FLOW_SPACE_INODE] += inode;
    btf__free(btf);
    values[FLOW_TYPES_KNOWN] = all && inode >= 0 && upid > 0;
}

/* ---- maps ---- */

/* What is kept with a socket must have a type: an array of so many octets will do. */
static int owner_map(void)
{
    struct btf *btf = btf__new_empty();
    int map = -ENOMEM;
    if (!btf)
        return map;
    int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    int octets = btf__add_array(btf, number, number, sizeof(struct flow_socket) / 4);
    if (number > 0 && octets > 0 && btf__load_into_kernel(btf) == 0) {
        const struct bpf_map_create_opts options = {.sz = sizeof(options),
            .map_flags = BPF_F_NO_PREALLOC,
            .btf_fd = (uint32_t)btf__fd(btf),
            .btf_key_type_id = (uint32_t)number,
            .btf_value_type_id = (uint32_t)octets};
        map = bpf_map_create(BPF_MAP_TYPE_SK_STORAGE, "leaktop_owner", sizeof(int),
            sizeof(struct flow_socket), 0, &options);
    } else {
        map = -errno;
    }
    btf__free(btf);
    return map;
}

/* ---- where they are attached ---- */

/* The root of the control groups, that of our namespace in a container. A mount of our own that
 * stands nowhere: what /sys shows depends on who started us (`ip netns exec` hides it). */
static int open_root(void)
{
    int context = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
    if (context < 0)
        return -errno;
    int root = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        root = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int error = errno;
    close(context);
    return root < 0 ? -error : root;
}

static const struct {
    const char *name;
    enum bpf_prog_type type;
    enum bpf_attach_type attach;
    enum flow_code code;
} attached[FLOW_LINKS] = {
    {"leaktop_con4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, FLOW_CODE_CALL},
    {"leaktop_con6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT, FLOW_CODE_CALL},
    {"leaktop_snd4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG, FLOW_CODE_CALL},
    {"leaktop_snd6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG, FLOW_CODE_CALL},
    {"leaktop_leave", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, FLOW_CODE_LEAVE},
    {"leaktop_end", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE, FLOW_CODE_END},
};

static int attach(int root, size_t which, int64_t values[static FLOW_VALUES])
{
    struct bpf_insn code[FLOW_CODE_MAX];
    values[FLOW_SENDS] = attached[which].attach == BPF_CGROUP_UDP4_SENDMSG ||
                         attached[which].attach == BPF_CGROUP_UDP6_SENDMSG;
    values[FLOW_SIX] = attached[which].attach == BPF_CGROUP_UDP6_SENDMSG;
    size_t count = flow_code(attached[which].code, values, code);
    const struct bpf_prog_load_opts options = {
        .sz = sizeof(options), .expected_attach_type = attached[which].attach};
    /* The helpers that read a process's memory are for programs under the GPL only. */
    int program =
        bpf_prog_load(attached[which].type, attached[which].name, "GPL", code, count, &options);
    if (program < 0)
        return -errno;
    int link = bpf_link_create(program, root, attached[which].attach, NULL);
    int error = errno;
    close(program);
    return link < 0 ? -error : link;
}

static int attach_all(
    struct flow_program *program, int64_t values[static FLOW_VALUES], char *why, size_t why_size)
{
    int root = open_root();
    if (root < 0) {
        text_format(why, why_size, "the root of the control groups: %s", strerror(-root));
        return root;
    }
    int error = 0;
    for (size_t i = 0; i < FLOW_LINKS && error == 0; i++) {
        int link = attach(root, i, values);
        if (link < 0) {
            text_format(why, why_size, "BPF program %s: %s", attached[i].name, strerror(-link));
            error = link;
        } else {
            program->links[i] = link;
        }
    }
    close(root);
    return error;
}

static void detach(struct flow_program *program)
{
    for (size_t i = 0; i < FLOW_LINKS; i++) {
        if (program->links[i] >= 0)
            close(program->links[i]);
        program->links[i] = -1;
    }
}

/* ---- trying it ---- */

/* As the kernel numbers namespaces. */
static int64_t pid_namespace(void)
{
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? (int64_t)status.st_ino : 0;
}

/* Connecting a datagram socket sends nothing, and the kernel notes who did it. -EREMOTE: it notes
 * another number than ours, and must not be asked. */
static int try_self(int owners, char *why, size_t why_size)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct flow_socket noted = {0};
    char name[FLOW_NAME] = "";
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return -errno;
    /* lo may be down: it is noted all the same. */
    (void)connect(probe, (struct sockaddr *)&to, sizeof(to));
    int error = bpf_map_lookup_elem(owners, &probe, &noted) < 0 ? -errno : 0;
    close(probe);
    prctl(PR_GET_NAME, name, 0, 0, 0);
    if (error) {
        text_format(why, why_size, "BPF: the kernel did not note a socket's owner");
    } else if (noted.owner.uid != getuid() || strncmp(noted.owner.name, name, sizeof(name)) != 0) {
        text_format(why, why_size, "BPF: the kernel noted a wrong owner");
        error = -EPROTO;
    } else if (noted.owner.pid != (uint32_t)getpid()) {
        text_format(why, why_size, "BPF: processes are counted differently here (a container)");
        error = -EREMOTE;
    } else {
        why[0] = '\0';
    }
    return error;
}

int flow_program_load(struct flow_program *program, char *why, size_t why_size)
{
    int64_t values[FLOW_VALUES] = {[FLOW_RECORDS_HALF] = RECORDS_SIZE / 2};
    uint64_t cookie = 0;
    uint32_t number_size = 0;
    socklen_t length = sizeof(cookie);
    int owners = -1;
    program->records = -1;
    for (size_t i = 0; i < FLOW_LINKS; i++)
        program->links[i] = -1;
    libbpf_set_print(NULL);
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = getsockopt(probe, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) < 0 ? -errno : 0;
    if (probe >= 0)
        close(probe);
    if (error) {
        text_format(why, why_size, "the network namespace's number: %s", strerror(-error));
        return error;
    }
    owners = owner_map();
    program->records =
        bpf_map_create(BPF_MAP_TYPE_RINGBUF, "leaktop_flows", 0, 0, RECORDS_SIZE, NULL);
    if (owners < 0 || program->records < 0) {
        error = owners < 0 ? owners : -errno;
        text_format(why, why_size, "BPF maps: %s", strerror(-error));
        goto out;
    }
    find_offsets(values, &number_size);
    values[FLOW_NAMESPACE] = (int64_t)cookie;
    values[FLOW_OWNERS_MAP] = owners;
    values[FLOW_RECORDS_MAP] = program->records;
    values[FLOW_PID_NAMESPACE] = pid_namespace();
    /* How deep this process's pid namespace lies is told by nobody (in a container at least one
     * deep): the first level at which the kernel notes our own number. */
    for (unsigned level = 0; level <= LEVELS_MAX; level++) {
        error = attach_all(program, values, why, why_size);
        if (error == 0)
            error = try_self(owners, why, why_size);
        if (error != -EREMOTE || !values[FLOW_TYPES_KNOWN])
            break;
        detach(program);
        values[FLOW_LEVEL]++;
        values[FLOW_NUMBERS_OURS] += number_size;
    }
out:
    if (owners >= 0)
        close(owners);
    if (error)
        flow_program_unload(program);
    return error;
}

void flow_program_unload(struct flow_program *program)
{
    detach(program);
    if (program->records >= 0)
        close(program->records);
    program->records = -1;
}
