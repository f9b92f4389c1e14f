/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/flows.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/hash.h"

/* Powers of two. Flows are kept in the order in which they came, so that the oldest go first; those
 * of one hash are linked from newest to oldest. */
#define FLOWS_MAX 16384
#define BUCKETS 16384
#define ENDS_MAX 8192
#define COMMANDS_MAX 1024
/* Who floods one hash value gains nothing by it but that he is not found himself. */
#define WALK_MAX 256
/* More than the ring buffer holds; a flood that is quicker than its reader waits for the next turn.
 */
#define TURN_MAX 65536

/* The record is made just before the capture takes its time stamp; the two clocks are compared with
 * this precision. */
#define CLOCKS_NS 50000
/* A packet may have waited for its neighbour's hardware address when its socket was closed
 * (ARP and NDP: three times a second). */
#define LINGER_NS (4ULL * 1000000000ULL)
/* /proc counts a process's start in these (USER_HZ, part of the kernel's ABI). */
#define TICK_NS 10000000

struct key {
    uint8_t family, protocol;
    uint16_t source_port, destination_port; /* network order */
    uint8_t source[16], destination[16];
};

struct entry {
    uint64_t number; /* 1, 2, ... ; what stood here before had a smaller one */
    uint64_t older;  /* number of the next one with this hash; 0 none */
    uint64_t time_ns, socket;
    struct key key;
    struct flow_process process;
};

struct command {
    int32_t pid;
    uint64_t start;
    uint32_t length;
    char text[FLOW_COMMAND];
};

struct flows {
    struct flow_program program;
    struct ring_buffer *reader; /* NULL: the table alone */
    uint64_t seed;
    uint64_t newest; /* number */
    unsigned left;   /* records that may still be taken in this turn */
    uint64_t buckets[BUCKETS];
    struct entry entries[FLOWS_MAX];
    struct flow_end ends[ENDS_MAX]; /* by the socket's number, which the kernel counts up */
    struct command commands[COMMANDS_MAX];
};

/* ---- the table ---- */

struct flows *flows_new(uint64_t seed)
{
    /* Pages of its own, that flows_close gives back for certain. */
    struct flows *flows =
        mmap(NULL, sizeof(*flows), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (flows == MAP_FAILED)
        return NULL;
    flows->seed = seed;
    flows->program.records = -1;
    for (size_t i = 0; i < FLOW_LINKS; i++)
        flows->program.links[i] = -1;
    return flows;
}

static size_t bucket_of(const struct flows *flows, const struct key *key)
{
    return hash_bytes(key, sizeof(*key), flows->seed) % BUCKETS;
}

/* The entry with that number; NULL where it made room for a newer one. */
static const struct entry *entry_at(const struct flows *flows, uint64_t number)
{
    const struct entry *entry = &flows->entries[number % FLOWS_MAX];
    return number != 0 && entry->number == number ? entry : NULL;
}

static bool same_process(const struct flow_process *a, const struct flow_process *b)
{
    return a->pid == b->pid && a->start == b->start && a->uid == b->uid &&
           memcmp(a->name, b->name, sizeof(a->name)) == 0;
}

static size_t command_slot(int32_t pid)
{
    return (uint32_t)pid % COMMANDS_MAX;
}

static void keep_command(struct flows *flows, const struct flow_owner *owner, uint64_t start)
{
    struct command *command = &flows->commands[command_slot((int32_t)owner->pid)];
    if (owner->command_length == 0 || owner->command_length > FLOW_COMMAND)
        return;
    command->pid = (int32_t)owner->pid;
    command->start = start;
    command->length = owner->command_length;
    memcpy(command->text, owner->command, owner->command_length);
}

void flows_add(struct flows *flows, const struct flow_record *record)
{
    struct key key = {.family = record->family,
        .protocol = record->protocol,
        .source_port = record->source_port,
        .destination_port = record->destination_port};
    memcpy(key.source, record->source, sizeof(key.source));
    memcpy(key.destination, record->destination, sizeof(key.destination));
    struct flow_process process = {.pid = (int32_t)record->owner.pid,
        .uid = record->owner.uid,
        .start = record->owner.start_ns / TICK_NS};
    memcpy(process.name, record->owner.name, sizeof(process.name));
    keep_command(flows, &record->owner, process.start);
    /* The same socket and process again: the first time is the one that counts. */
    uint64_t *bucket = &flows->buckets[bucket_of(flows, &key)];
    const struct entry *newest = entry_at(flows, *bucket);
    if (newest && memcmp(&newest->key, &key, sizeof(key)) == 0 &&
        newest->socket == record->socket && same_process(&newest->process, &process))
        return;
    uint64_t number = ++flows->newest;
    flows->entries[number % FLOWS_MAX] = (struct entry){.number = number,
        .older = *bucket,
        .time_ns = record->time_ns,
        .socket = record->socket,
        .key = key,
        .process = process};
    *bucket = number;
}

void flows_end(struct flows *flows, const struct flow_end *end)
{
    flows->ends[end->socket % ENDS_MAX] = *end;
}

static bool closed_before(const struct flows *flows, const struct entry *entry, uint64_t time_ns)
{
    const struct flow_end *end = &flows->ends[entry->socket % ENDS_MAX];
    return end->socket == entry->socket && end->time_ns + LINGER_NS < time_ns;
}

static enum flow_found find(
    const struct flows *flows, const struct flow *flow, uint8_t protocol, struct flow_process *out)
{
    struct key key = {.family = flow->source.family,
        .protocol = protocol,
        .source_port = htons(flow->source_port),
        .destination_port = htons(flow->destination_port)};
    memcpy(key.source, flow->source.bytes, sizeof(key.source));
    memcpy(key.destination, flow->destination.bytes, sizeof(key.destination));
    enum flow_found found = FLOW_UNKNOWN;
    const struct entry *entry = entry_at(flows, flows->buckets[bucket_of(flows, &key)]);
    for (unsigned i = 0; entry && i < WALK_MAX; i++, entry = entry_at(flows, entry->older)) {
        if (memcmp(&entry->key, &key, sizeof(key)) != 0)
            continue;
        found = FLOW_OTHER;
        if (entry->time_ns > flow->time_ns + CLOCKS_NS)
            continue; /* it came later: the port was another's when this packet left */
        if (closed_before(flows, entry, flow->time_ns))
            break;
        *out = entry->process;
        return entry->process.name[0] != '\0' ? FLOW_FOUND : FLOW_NAMELESS;
    }
    return found;
}

enum flow_found flows_find(
    const struct flows *flows, const struct flow *flow, struct flow_process *out)
{
    if (flow->protocol != 0)
        return find(flows, flow, flow->protocol, out);
    enum flow_found found = find(flows, flow, IPPROTO_UDP, out);
    return found == FLOW_FOUND ? found : find(flows, flow, IPPROTO_TCP, out);
}

size_t flows_command(
    const struct flows *flows, const struct flow_process *process, char out[static FLOW_COMMAND])
{
    const struct command *command = &flows->commands[command_slot(process->pid)];
    if (command->length == 0 || command->pid != process->pid || command->start != process->start)
        return 0;
    memcpy(out, command->text, command->length);
    return command->length;
}

/* ---- the kernel's records ---- */

static int take(void *context, void *data, size_t length)
{
    struct flows *flows = context;
    if (length == sizeof(struct flow_record)) {
        struct flow_record record;
        memcpy(&record, data, sizeof(record));
        flows_add(flows, &record);
    } else if (length == sizeof(struct flow_end)) {
        struct flow_end end;
        memcpy(&end, data, sizeof(end));
        flows_end(flows, &end);
    }
    return --flows->left > 0 ? 0 : -ECANCELED;
}

int flows_open(struct flows **out, char *why, size_t why_size)
{
    uint64_t seed = 0;
    *out = NULL;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return -errno;
    struct flows *flows = flows_new(seed);
    if (!flows)
        return -ENOMEM;
    int error = flow_program_load(&flows->program, why, why_size);
    if (error == 0) {
        flows->reader = ring_buffer__new(flows->program.records, take, flows, NULL);
        error = flows->reader ? 0 : -errno;
    }
    if (error) {
        flows_close(flows);
        return error;
    }
    *out = flows;
    return 0;
}

void flows_close(struct flows *flows)
{
    if (!flows)
        return;
    ring_buffer__free(flows->reader);
    flow_program_unload(&flows->program);
    munmap(flows, sizeof(*flows));
}

int flows_fd(const struct flows *flows)
{
    return flows->program.records;
}

void flows_read(struct flows *flows)
{
    flows->left = TURN_MAX;
    if (flows->reader)
        (void)ring_buffer__consume(flows->reader);
}
