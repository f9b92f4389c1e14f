/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/ring.h"

#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/name.h"
#include "base/text.h"

/* A fact lies in the ring as its fixed part, the octets of its name and its addresses, padded to 8
 * octets: names are short, and so are records. Positions are counts of octets that only grow;
 * modulo the size (a power of two) they are places. */
#define FACT_FIXED offsetof(struct fact, name)
#define RECORD_ALIGN 8U
#define ROUND_UP(octets) (((octets) + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1))
#define RECORD_MAX ROUND_UP(FACT_FIXED + NAME_WIRE_MAX + FACT_ADDRESSES * sizeof(struct address))
#define SIZE_MIN 4096U
/* The consumer tells the producer of the room it made only after each such part of the ring: fewer
 * cache lines go to and fro, and a producer that waited gets room for many facts at once. The
 * producer wakes a sleeping consumer by itself after such a part. */
#define PARTS 8U
/* Facts that are not well formed and are passed over in one call. */
#define SKIP_MAX 256
/* How often a status is read anew while the producer writes it. */
#define STATUS_TRIES 64

#define STATUS_WORDS ((sizeof(struct ring_status) + sizeof(uint64_t) - 1) / sizeof(uint64_t))

_Static_assert(CAPTURE_FAILED + 1 == CAPTURE_STATES, "every state has its place");

struct shared {
    /* Each on its own cache line: two processors write them. */
    _Alignas(64) _Atomic uint64_t head;     /* producer: end of what is there */
    _Alignas(64) _Atomic uint64_t tail;     /* consumer: what is before was taken */
    _Alignas(64) _Atomic uint32_t sleeping; /* consumer waits for ring_fd */
    _Alignas(64) _Atomic uint32_t waiting;  /* producer waits for room_fd */
    _Alignas(64) _Atomic uint64_t overflow; /* facts that found no room */
    /* The status, in words so that a torn read is no undefined one; odd while it is written. */
    _Atomic uint32_t sequence;
    _Atomic uint64_t status[STATUS_WORDS];
    _Alignas(64) uint8_t octets[];
};

/* One of these per process; what fork copies goes its own way from there. */
struct ring {
    struct shared *shared;
    size_t mapped;
    uint64_t size;
    int wake_fd, room_fd; /* eventfds: to the consumer, to the producer */
    /* producer */
    uint64_t head, tail_seen, flushed;
    uint32_t frame;
    struct ring_status earlier; /* sums over the producers before this one */
    enum capture_state last_state;
    uint64_t last_dropped;
    /* consumer; what it believes about its own place is never read back from shared memory */
    uint64_t tail, tail_told, head_seen;
};

static void signal_fd(int fd)
{
    uint64_t one = 1;
    /* EAGAIN means that the counter is full: then the other side has long been woken. */
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written;
}

static void clear_fd(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got;
}

struct ring *ring_new(uint32_t slots)
{
    struct ring *ring = calloc(1, sizeof(*ring));
    if (!ring)
        return NULL;
    ring->wake_fd = ring->room_fd = -1;
    ring->shared = MAP_FAILED;
    /* One part more, because room that was made is told only part by part. */
    uint64_t wanted = (uint64_t)slots * RECORD_MAX * PARTS / (PARTS - 1) + RECORD_MAX;
    ring->size = SIZE_MIN;
    while (ring->size < wanted)
        ring->size *= 2;
    ring->mapped = sizeof(struct shared) + ring->size;
    ring->shared =
        mmap(NULL, ring->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ring->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ring->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ring->shared == MAP_FAILED || ring->wake_fd < 0 || ring->room_fd < 0) {
        ring_free(ring);
        return NULL;
    }
    /* Who has not taken anything yet waits for the first. */
    atomic_store(&ring->shared->sleeping, 1);
    struct ring_status status = {.link_type = -1};
    ring_report(ring, &status);
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    if (ring->room_fd >= 0)
        close(ring->room_fd);
    if (ring->wake_fd >= 0)
        close(ring->wake_fd);
    if (ring->shared != MAP_FAILED)
        munmap(ring->shared, ring->mapped);
    free(ring);
}

int ring_wake_fd(const struct ring *ring)
{
    return ring->wake_fd;
}

int ring_room_fd(const struct ring *ring)
{
    return ring->room_fd;
}

/* ---- status ---- */

static void status_write(struct shared *shared, const struct ring_status *status)
{
    uint64_t words[STATUS_WORDS] = {0};
    memcpy(words, status, sizeof(*status));
    /* A producer that died in here left an odd number. */
    uint32_t sequence = atomic_load_explicit(&shared->sequence, memory_order_relaxed) | 1U;
    atomic_store_explicit(&shared->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < STATUS_WORDS; i++)
        atomic_store_explicit(&shared->status[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&shared->sequence, sequence + 1, memory_order_release);
}

/* After so many tries the status is what was read last, whatever that is: a producer that never
 * lets go must not hold the reader. */
static void status_read(struct shared *shared, struct ring_status *status)
{
    uint64_t words[STATUS_WORDS];
    for (unsigned tries = 0; tries < STATUS_TRIES; tries++) {
        uint32_t before = atomic_load_explicit(&shared->sequence, memory_order_acquire);
        for (size_t i = 0; i < STATUS_WORDS; i++)
            words[i] = atomic_load_explicit(&shared->status[i], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        uint32_t after = atomic_load_explicit(&shared->sequence, memory_order_relaxed);
        if (before == after && (before & 1) == 0)
            break;
    }
    memcpy(status, words, sizeof(*status));
    /* The enum may hold anything: looked at as a number before it is used as a state. */
    unsigned state;
    memcpy(&state, &status->state, sizeof(state));
    if (state >= CAPTURE_STATES)
        status->state = CAPTURE_FAILED;
    char text[sizeof(status->text)];
    memcpy(text, status->text, sizeof(text));
    text_escape(text, strnlen(text, sizeof(text)), status->text, sizeof(status->text));
}

void ring_adopt(struct ring *ring)
{
    struct shared *shared = ring->shared;
    struct ring_status last;
    status_read(shared, &last);
    last.generation = ring->earlier.generation + 1; /* never what a producer wrote */
    ring->earlier = last;
    ring->last_dropped = last.dropped;
    ring->head = atomic_load_explicit(&shared->head, memory_order_acquire);
    ring->tail_seen = atomic_load_explicit(&shared->tail, memory_order_acquire);
    if (ring->head - ring->tail_seen > ring->size)
        ring->head = ring->tail_seen; /* the last producer lied: the consumer has passed on */
    ring->flushed = ring->head;
    atomic_store(&shared->head, ring->head);
    atomic_store(&shared->waiting, 0);
    last = (struct ring_status){.link_type = -1};
    ring_report(ring, &last);
}

void ring_report(struct ring *ring, const struct ring_status *status)
{
    struct ring_status sum = *status;
    const struct ring_status *earlier = &ring->earlier;
    sum.packets += earlier->packets;
    sum.questions += earlier->questions;
    sum.malformed += earlier->malformed;
    sum.dropped += earlier->dropped;
    if (sum.last_packet_ns == 0)
        sum.last_packet_ns = earlier->last_packet_ns;
    if (earlier->first_packet_ns != 0)
        sum.first_packet_ns = earlier->first_packet_ns;
    sum.generation = earlier->generation;
    status_write(ring->shared, &sum);
    bool news = sum.state != ring->last_state || sum.dropped != ring->last_dropped;
    ring->last_state = sum.state;
    ring->last_dropped = sum.dropped;
    if (news)
        signal_fd(ring->wake_fd);
}

void ring_fail(struct ring *ring, const char *text)
{
    struct ring_status last;
    status_read(ring->shared, &last);
    last.state = CAPTURE_FAILED;
    text_format(last.text, sizeof(last.text), "%s", text);
    status_write(ring->shared, &last);
    ring->last_state = last.state;
    signal_fd(ring->wake_fd);
}

void ring_status(const struct ring *ring, struct ring_status *status)
{
    status_read(ring->shared, status);
    status->dropped += atomic_load_explicit(&ring->shared->overflow, memory_order_relaxed);
    if (status->state != CAPTURE_ENDED && status->state != CAPTURE_FAILED)
        return;
    if (atomic_load_explicit(&ring->shared->head, memory_order_acquire) != ring->tail)
        status->state = CAPTURE_RUNNING;
}

/* ---- producer ---- */

static void copy_in(struct ring *ring, uint64_t position, const void *from, size_t length)
{
    uint8_t *octets = ring->shared->octets;
    uint64_t place = position & (ring->size - 1);
    size_t first = length;
    if (first > ring->size - place)
        first = (size_t)(ring->size - place);
    memcpy(octets + place, from, first);
    if (first < length)
        memcpy(octets, (const uint8_t *)from + first, length - first);
}

static bool has_room(struct ring *ring, size_t record)
{
    if (ring->size - (ring->head - ring->tail_seen) >= record)
        return true;
    uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
    if (ring->head - tail > ring->size)
        return false;
    ring->tail_seen = tail;
    return ring->size - (ring->head - tail) >= record;
}

/* False when the lifeline ended. */
static bool wait_for_room(struct ring *ring, size_t record, int lifeline)
{
    struct shared *shared = ring->shared;
    bool alive = true;
    while (alive && !has_room(ring, record)) {
        ring_flush(ring);
        atomic_store(&shared->waiting, 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (has_room(ring, record))
            break;
        struct pollfd ends[2] = {{.fd = ring->room_fd, .events = POLLIN}, {.fd = lifeline}};
        if (lifeline >= 0)
            ends[1].events = POLLIN;
        if (poll(ends, 2, -1) > 0) {
            alive = ends[1].revents == 0;
            clear_fd(ring->room_fd);
        }
    }
    atomic_store_explicit(&shared->waiting, 0, memory_order_relaxed);
    return alive;
}

bool ring_put(struct ring *ring, const struct fact *fact, bool wait, int lifeline)
{
    struct shared *shared = ring->shared;
    size_t with_name = FACT_FIXED + fact->name_length;
    size_t addresses = fact->address_count * sizeof(struct address);
    size_t record = ROUND_UP(with_name + addresses);
    if (!has_room(ring, record) && (!wait || !wait_for_room(ring, record, lifeline))) {
        atomic_fetch_add_explicit(&shared->overflow, 1, memory_order_relaxed);
        return false;
    }
    copy_in(ring, ring->head, fact, with_name);
    copy_in(ring, ring->head + offsetof(struct fact, frame), &ring->frame, sizeof(ring->frame));
    if (addresses > 0)
        copy_in(ring, ring->head + with_name, fact->addresses, addresses);
    ring->head += record;
    atomic_store_explicit(&shared->head, ring->head, memory_order_release);
    if (ring->head - ring->flushed > ring->size / PARTS)
        ring_flush(ring);
    return true;
}

void ring_frame(struct ring *ring, uint32_t frame)
{
    ring->frame = frame;
}

void ring_flush(struct ring *ring)
{
    struct shared *shared = ring->shared;
    ring->flushed = ring->head;
    /* Between our head and its flag: the consumer sets the flag first and looks at the head then,
     * we the other way round, so that one of us sees the other. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&shared->sleeping, memory_order_relaxed) != 0 &&
        atomic_exchange(&shared->sleeping, 0) != 0)
        signal_fd(ring->wake_fd);
}

/* ---- consumer ---- */

int ring_fd(const struct ring *ring)
{
    return ring->wake_fd;
}

static void copy_out(const struct ring *ring, uint64_t position, void *to, size_t length)
{
    const uint8_t *octets = ring->shared->octets;
    uint64_t place = position & (ring->size - 1);
    size_t first = length;
    if (first > ring->size - place)
        first = (size_t)(ring->size - place);
    memcpy(to, octets + place, first);
    if (first < length)
        memcpy((uint8_t *)to + first, octets, length - first);
    /* What was copied is the truth from now on: the compiler must not look again. */
    atomic_signal_fence(memory_order_seq_cst);
}

static bool address_well_formed(const struct address *address)
{
    static const uint8_t zero[16];
    switch (address->family) {
    case FAMILY_NONE:
        return memcmp(address->bytes, zero, sizeof(zero)) == 0;
    case FAMILY_IPV4:
        return memcmp(address->bytes + 4, zero, sizeof(zero) - 4) == 0;
    case FAMILY_IPV6:
        return true;
    default:
        return false;
    }
}

static bool fact_well_formed(const struct fact *fact)
{
    for (size_t i = 0; i < fact->address_count; i++)
        if (!address_well_formed(&fact->addresses[i]))
            return false;
    return fact->kind > FACT_NONE && fact->kind < FACT_KIND_COUNT &&
           fact->direction < DIRECTION_COUNT && fact->transport < TRANSPORT_COUNT &&
           address_well_formed(&fact->source) && address_well_formed(&fact->destination) &&
           (fact->name_length == 0 || name_valid(fact->name, fact->name_length));
}

/* How many octets the record at the tail takes, at most left; *good: it is a well-formed fact. */
static uint64_t read_record(const struct ring *ring, uint64_t left, struct fact *fact, bool *good)
{
    *good = false;
    if (left > ring->size || left < FACT_FIXED)
        return left;
    copy_out(ring, ring->tail, fact, FACT_FIXED);
    if (fact->address_count > FACT_ADDRESSES)
        return left;
    size_t with_name = FACT_FIXED + fact->name_length;
    size_t addresses = fact->address_count * sizeof(struct address);
    size_t record = ROUND_UP(with_name + addresses);
    if (record > left)
        return left;
    copy_out(ring, ring->tail + FACT_FIXED, fact->name, fact->name_length);
    if (addresses > 0)
        copy_out(ring, ring->tail + with_name, fact->addresses, addresses);
    *good = fact_well_formed(fact);
    return record;
}

static void tell_room(struct ring *ring)
{
    struct shared *shared = ring->shared;
    ring->tail_told = ring->tail;
    atomic_store_explicit(&shared->tail, ring->tail, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&shared->waiting, memory_order_relaxed) != 0) {
        atomic_store_explicit(&shared->waiting, 0, memory_order_relaxed);
        signal_fd(ring->room_fd);
    }
}

/* True where there is something after all. */
static bool fall_asleep(struct ring *ring)
{
    struct shared *shared = ring->shared;
    if (ring->tail != ring->tail_told)
        tell_room(ring);
    /* Cleared before the flag is set: a signal that comes after belongs to a new fact. */
    clear_fd(ring->wake_fd);
    atomic_store(&shared->sleeping, 1);
    atomic_thread_fence(memory_order_seq_cst);
    ring->head_seen = atomic_load_explicit(&shared->head, memory_order_acquire);
    if (ring->head_seen == ring->tail)
        return false;
    atomic_store_explicit(&shared->sleeping, 0, memory_order_relaxed);
    return true;
}

bool ring_take(struct ring *ring, struct fact *fact, uint64_t *foreign)
{
    for (unsigned skipped = 0; skipped < SKIP_MAX; skipped++) {
        if (ring->tail == ring->head_seen) {
            ring->head_seen = atomic_load_explicit(&ring->shared->head, memory_order_acquire);
            if (ring->tail == ring->head_seen && !fall_asleep(ring))
                return false;
        }
        bool good;
        ring->tail += read_record(ring, ring->head_seen - ring->tail, fact, &good);
        if (ring->tail - ring->tail_told > ring->size / PARTS)
            tell_room(ring);
        if (good)
            return true;
        (*foreign)++;
    }
    signal_fd(ring->wake_fd);
    return false;
}
