/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SETS 512
#define WAYS 4
#define CHUNKS 128
#define CHUNKS_PER_STREAM 16
/* What a capture with our snap length can hold of one segment. */
#define CHUNK_OCTETS 4096

/* A retransmission comes after 200 ms to a few round trips (RFC 6298); what was not captured by
 * then was not captured. */
#define GAP_WAIT_NS 3000000000U

/* A segment this far from where the stream stood belongs to another connection with the same
 * ports: more than a window without scaling, or any ordinary burst, can span. */
#define SEQUENCE_FAR (1 << 20)

#define LENGTH_OCTETS 2
/* Header, root name, type, class: the least with which a client would begin. */
#define GUESS_LEAST (DNS_HEADER + 1 + 4)

enum stream_state {
    STREAM_FREE,
    STREAM_OPEN, /* next is where a message begins, or continues after head and skip */
    STREAM_LOST, /* message boundaries are not known */
};

struct stream {
    struct stream_flow flow;
    uint64_t touched_ns;
    uint32_t next;   /* sequence number that continues the stream */
    uint32_t skip;   /* octets of a message already judged that are still to pass */
    uint16_t have;   /* octets in head[] */
    uint16_t chunks; /* how many wait for an earlier segment */
    uint8_t state;
    bool guessed;
    uint8_t head[LENGTH_OCTETS + DNS_HEAD_MAX];
};

/* Part of a segment that came before its turn. */
struct chunk {
    struct stream *stream; /* NULL: free */
    uint64_t time_ns;
    uint32_t sequence;
    uint32_t missing;
    uint16_t held;
    uint16_t link_type;
    uint8_t octets[CHUNK_OCTETS];
};

struct streams {
    uint64_t seed;
    uint64_t lost;
    stream_reader *reader;
    void *context;
    unsigned chunks; /* in use */
    struct stream table[SETS][WAYS];
    struct chunk pool[CHUNKS];
};

/* Octets on their way through a stream. */
struct run {
    struct cursor octets;
    uint64_t time_ns;
    uint16_t link_type;
};

struct streams *streams_new(uint64_t seed, stream_reader *reader, void *context)
{
    struct streams *streams = calloc(1, sizeof *streams);
    if (streams) {
        streams->seed = seed;
        streams->reader = reader;
        streams->context = context;
    }
    return streams;
}

void streams_free(struct streams *streams)
{
    free(streams);
}

uint64_t streams_lost(const struct streams *streams)
{
    return streams->lost;
}

/* Distance in sequence space (RFC 9293, 3.4): negative where a lies before b. */
static int32_t sequence_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static void drop_chunk(struct streams *streams, struct chunk *chunk)
{
    chunk->stream->chunks--;
    chunk->stream = NULL;
    streams->chunks--;
}

static void drop_chunks(struct streams *streams, const struct stream *stream)
{
    for (int i = 0; i < CHUNKS && stream->chunks > 0; i++)
        if (streams->pool[i].stream == stream)
            drop_chunk(streams, &streams->pool[i]);
}

static void close_stream(struct streams *streams, struct stream *stream)
{
    drop_chunks(streams, stream);
    stream->state = STREAM_FREE;
}

static void begin(struct stream *stream, uint32_t next, bool guessed)
{
    stream->next = next;
    stream->skip = 0;
    stream->have = 0;
    stream->state = STREAM_OPEN;
    stream->guessed = guessed;
}

/* A stream in the midst of something is lost when it must make room; an idle one is not, since its
 * next message can be found by a guess. */
static bool busy(const struct stream *stream)
{
    return stream->chunks > 0 || (stream->state == STREAM_OPEN && stream->have > 0);
}

/* The stream of flow, or NULL; *place is then where it can be put. */
static struct stream *find(
    struct streams *streams, const struct stream_flow *flow, struct stream **place)
{
    struct stream *set = streams->table[hash_bytes(flow, sizeof *flow, streams->seed) % SETS];
    *place = &set[0];
    for (int way = 0; way < WAYS; way++) {
        struct stream *stream = &set[way];
        if (stream->state == STREAM_FREE) {
            *place = stream;
            continue;
        }
        if (memcmp(&stream->flow, flow, sizeof *flow) == 0)
            return stream;
        if ((*place)->state != STREAM_FREE && stream->touched_ns < (*place)->touched_ns)
            *place = stream;
    }
    return NULL;
}

static void settle_in(
    struct streams *streams, struct stream *place, const struct stream_flow *flow, uint64_t time_ns)
{
    if (place->state != STREAM_FREE) {
        if (busy(place))
            streams->lost++;
        close_stream(streams, place);
    }
    place->flow = *flow;
    place->touched_ns = time_ns;
    place->chunks = 0;
}

static enum dns_outcome judge(struct streams *streams, const struct stream *stream,
    const struct run *run, const uint8_t *octets, size_t held, size_t length)
{
    struct stream_message message = {
        .flow = &stream->flow,
        .time_ns = run->time_ns,
        .link_type = run->link_type,
        .guessed = stream->guessed,
        .octets = cursor_over(octets, held, length - held),
    };
    return streams->reader(streams->context, &message);
}

/* After a message that is none, its length is not to be trusted either. */
static void lose(struct stream *stream)
{
    stream->state = STREAM_LOST;
    stream->have = 0;
    stream->skip = 0;
}

static void decided(struct stream *stream, enum dns_outcome outcome, size_t skip)
{
    stream->have = 0;
    if (outcome == DNS_OK) {
        stream->skip = (uint32_t)skip;
        stream->guessed = false;
    } else {
        lose(stream);
    }
}

/* At the start of a message: judge it where it lies, or begin to gather its head. */
static void read_here(struct streams *streams, struct stream *stream, struct run *run)
{
    struct cursor *octets = &run->octets;
    size_t held = cursor_left(octets);
    if (held >= LENGTH_OCTETS) {
        size_t length = octets_u16(octets->at);
        size_t available = held - LENGTH_OCTETS;
        enum dns_outcome outcome = judge(streams, stream, run, octets->at + LENGTH_OCTETS,
            available < length ? available : length, length);
        if (outcome != DNS_SHORT) {
            decided(stream, outcome, LENGTH_OCTETS + length);
            return;
        }
    }
    size_t taken = held < sizeof stream->head ? held : sizeof stream->head;
    const uint8_t *from = cursor_take(octets, taken);
    if (from)
        memcpy(stream->head, from, taken);
    stream->have = (uint16_t)taken;
}

/* Within a head: as many octets as are still of use. */
static void read_on(struct streams *streams, struct stream *stream, struct run *run)
{
    size_t wanted = LENGTH_OCTETS;
    if (stream->have >= LENGTH_OCTETS)
        wanted += octets_u16(stream->head);
    if (wanted > sizeof stream->head)
        wanted = sizeof stream->head;
    size_t taken = wanted - stream->have;
    if (taken > cursor_left(&run->octets))
        taken = cursor_left(&run->octets);
    const uint8_t *from = cursor_take(&run->octets, taken);
    if (from)
        memcpy(stream->head + stream->have, from, taken);
    stream->have = (uint16_t)(stream->have + taken);
    if (stream->have < LENGTH_OCTETS)
        return;

    size_t length = octets_u16(stream->head);
    size_t held = (size_t)stream->have - LENGTH_OCTETS;
    enum dns_outcome outcome =
        judge(streams, stream, run, stream->head + LENGTH_OCTETS, held, length);
    /* Where the buffer is full or the message whole, there is no more to wait for. */
    if (outcome == DNS_SHORT && (held == length || stream->have == sizeof stream->head))
        outcome = DNS_BAD;
    if (outcome != DNS_SHORT)
        decided(stream, outcome, length - held);
}

/* A segment on which nobody can say where a message begins: does one begin right here? */
static bool guess(struct stream *stream, const struct run *run)
{
    const struct cursor *octets = &run->octets;
    if (cursor_left(octets) < LENGTH_OCTETS || octets_u16(octets->at) < GUESS_LEAST)
        return false;
    begin(stream, stream->next, true);
    return true;
}

/* Octets that stand at stream->next. */
static void consume(struct streams *streams, struct stream *stream, struct run *run)
{
    struct cursor *octets = &run->octets;
    uint32_t wire = (uint32_t)cursor_left_on_wire(octets);
    if (stream->state == STREAM_LOST && !guess(stream, run)) {
        stream->next += wire;
        return;
    }
    stream->next += wire;
    while (stream->state == STREAM_OPEN && cursor_left_on_wire(octets) > 0) {
        if (stream->skip > 0) {
            size_t passed = cursor_left_on_wire(octets);
            if (passed > stream->skip)
                passed = stream->skip;
            stream->skip -= (uint32_t)passed;
            size_t held = passed < cursor_left(octets) ? passed : cursor_left(octets);
            cursor_skip(octets, held);
            octets->missing -= passed - held;
        } else if (cursor_left(octets) == 0) {
            /* Needed, and not in the capture. */
            if (!stream->guessed)
                streams->lost++;
            lose(stream);
        } else if (stream->have == 0) {
            read_here(streams, stream, run);
        } else {
            read_on(streams, stream, run);
        }
    }
}

static struct run run_of(const struct chunk *chunk)
{
    return (struct run){
        cursor_over(chunk->octets, chunk->held, chunk->missing), chunk->time_ns, chunk->link_type};
}

/* Cuts off what the stream has passed already. False where nothing remains. */
static bool trim(struct cursor *octets, uint32_t *sequence, uint32_t next)
{
    int32_t old = sequence_after(next, *sequence);
    if (old <= 0)
        return cursor_left_on_wire(octets) > 0;
    if ((size_t)old >= cursor_left_on_wire(octets))
        return false;
    size_t held = (size_t)old < cursor_left(octets) ? (size_t)old : cursor_left(octets);
    cursor_skip(octets, held);
    octets->missing -= (size_t)old - held;
    *sequence = next;
    return true;
}

/* True where octets at sequence can be consumed now: they continue the stream, or what lies between
 * is the rest of a message that nobody needs. */
static bool in_turn(struct stream *stream, uint32_t sequence)
{
    int32_t gap = sequence_after(sequence, stream->next);
    if (gap < 0 || (gap > 0 && (stream->state != STREAM_OPEN || (uint32_t)gap > stream->skip)))
        return false;
    stream->skip -= (uint32_t)gap;
    stream->next = sequence;
    return true;
}

static struct chunk *first_chunk(struct streams *streams, const struct stream *stream)
{
    struct chunk *first = NULL;
    if (stream->chunks == 0)
        return NULL;
    for (int i = 0; i < CHUNKS; i++) {
        struct chunk *chunk = &streams->pool[i];
        if (chunk->stream == stream &&
            (!first || sequence_after(chunk->sequence, first->sequence) < 0))
            first = chunk;
    }
    return first;
}

/* Consumes the chunks whose turn has come. */
static void catch_up(struct streams *streams, struct stream *stream)
{
    struct chunk *chunk;
    while ((chunk = first_chunk(streams, stream)) != NULL) {
        struct run run = run_of(chunk);
        uint32_t sequence = chunk->sequence;
        if (trim(&run.octets, &sequence, stream->next)) {
            if (!in_turn(stream, sequence))
                return;
            consume(streams, stream, &run);
        }
        drop_chunk(streams, chunk);
    }
}

/* The gap in front of the waiting chunks stays: read behind it. */
static void give_up_gap(struct streams *streams, struct stream *stream)
{
    struct chunk *chunk;
    streams->lost++;
    while ((chunk = first_chunk(streams, stream)) != NULL) {
        lose(stream);
        stream->next = chunk->sequence;
        catch_up(streams, stream);
    }
}

static struct chunk *free_chunk(struct streams *streams)
{
    struct chunk *oldest = &streams->pool[0];
    if (streams->chunks == CHUNKS) {
        for (int i = 1; i < CHUNKS; i++)
            if (streams->pool[i].time_ns < oldest->time_ns)
                oldest = &streams->pool[i];
        give_up_gap(streams, oldest->stream);
    }
    for (int i = 0; i < CHUNKS; i++)
        if (!streams->pool[i].stream)
            return &streams->pool[i];
    return NULL;
}

/* A retransmission of what waits already takes no room. */
static bool waits(
    const struct streams *streams, const struct stream *stream, uint32_t sequence, size_t held)
{
    for (int i = 0; i < CHUNKS && stream->chunks > 0; i++) {
        const struct chunk *chunk = &streams->pool[i];
        if (chunk->stream == stream && chunk->sequence == sequence && chunk->held >= held)
            return true;
    }
    return false;
}

static void keep(
    struct streams *streams, struct stream *stream, const struct run *run, uint32_t sequence)
{
    size_t held = cursor_left(&run->octets);
    if (held > CHUNK_OCTETS)
        held = CHUNK_OCTETS;
    if (waits(streams, stream, sequence, held))
        return;
    struct chunk *chunk = free_chunk(streams);
    if (!chunk)
        return;
    memcpy(chunk->octets, run->octets.at, held);
    chunk->held = (uint16_t)held;
    chunk->missing = (uint32_t)(cursor_left_on_wire(&run->octets) - held);
    chunk->time_ns = run->time_ns;
    chunk->link_type = run->link_type;
    chunk->sequence = sequence;
    chunk->stream = stream;
    stream->chunks++;
    streams->chunks++;
    if (stream->chunks >= CHUNKS_PER_STREAM)
        give_up_gap(streams, stream);
}

/* The sender has nothing more to say, and a message was begun: it does not hold what its length
 * promised. */
static void finish(struct streams *streams, struct stream *stream, const struct run *run)
{
    if (stream->state == STREAM_OPEN && stream->have > 0) {
        size_t held = stream->have > LENGTH_OCTETS ? (size_t)stream->have - LENGTH_OCTETS : 0;
        judge(streams, stream, run, stream->head + LENGTH_OCTETS, held, held);
    }
    close_stream(streams, stream);
}

void streams_segment(
    struct streams *streams, const struct stream_flow *flow, const struct stream_segment *segment)
{
    struct run run = {segment->payload, segment->time_ns, segment->link_type};
    uint32_t sequence = segment->sequence;
    struct stream *place;
    struct stream *stream = find(streams, flow, &place);

    if (segment->flags & TCP_RST) {
        if (stream)
            close_stream(streams, stream);
        return;
    }
    if (segment->flags & TCP_SYN) {
        sequence++; /* SYN takes a number; data beside it (RFC 7413) follows */
        bool again = stream && !stream->guessed && stream->state == STREAM_OPEN &&
                     (uint32_t)sequence_after(stream->next, sequence) < UINT16_MAX;
        if (!again) {
            if (stream)
                close_stream(streams, stream);
            else
                stream = place;
            settle_in(streams, stream, flow, segment->time_ns);
            begin(stream, sequence, false);
        }
    }
    bool empty = cursor_left_on_wire(&run.octets) == 0;
    if (!stream) {
        if (empty)
            return;
        struct stream fresh = {.state = STREAM_FREE};
        if (!guess(&fresh, &run))
            return;
        stream = place;
        settle_in(streams, stream, flow, segment->time_ns);
        begin(stream, sequence, true);
    }
    stream->touched_ns = segment->time_ns;

    uint32_t end = sequence + (uint32_t)cursor_left_on_wire(&run.octets);
    int32_t ahead = sequence_after(sequence, stream->next);
    if (!empty && (ahead > SEQUENCE_FAR || ahead < -SEQUENCE_FAR)) {
        if (busy(stream))
            streams->lost++;
        drop_chunks(streams, stream);
        lose(stream);
        stream->next = sequence;
    }
    if (!empty && trim(&run.octets, &sequence, stream->next)) {
        if (stream->state == STREAM_LOST)
            stream->next = sequence;
        if (in_turn(stream, sequence)) {
            consume(streams, stream, &run);
            catch_up(streams, stream);
        } else {
            keep(streams, stream, &run, sequence);
        }
    }
    if ((segment->flags & TCP_FIN) && stream->next == end)
        finish(streams, stream, &run);
}

void streams_sweep(struct streams *streams, uint64_t time_ns)
{
    for (int i = 0; i < CHUNKS && streams->chunks > 0; i++) {
        const struct chunk *chunk = &streams->pool[i];
        uint64_t then = chunk->time_ns;
        /* The clock can be set back: far ahead is as stale as far behind. */
        if (chunk->stream && (time_ns > then ? time_ns - then : then - time_ns) > GAP_WAIT_NS)
            give_up_gap(streams, chunk->stream);
    }
}
