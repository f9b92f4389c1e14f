/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/frames.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Places are counted in words, from 1, and only grow; modulo WORDS they are places. A number is the
 * place where the packet begins. All of it is read and written as atomic words, which cost nothing
 * more, so that a torn read is an old packet and no undefined one. */
#define WORDS 65536U /* power of two */
#define HEAD_WORDS 3U
#define WORD sizeof(uint64_t)
#define WORDS_OF(octets) (((uint32_t)(octets) + WORD - 1) / WORD)

struct shared {
    /* What lies before `reserved` - WORDS may be overwritten already. */
    _Alignas(64) _Atomic uint32_t reserved;
    _Alignas(64) _Atomic uint32_t passed; /* by the consumer */
    _Alignas(64) _Atomic uint64_t words[WORDS];
};

/* One per process. */
struct frames {
    struct shared *shared;
    uint32_t next; /* producer */
};

struct frames *frames_new(void)
{
    struct frames *frames = calloc(1, sizeof(*frames));
    if (!frames)
        return NULL;
    frames->shared = mmap(
        NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (frames->shared == MAP_FAILED) {
        free(frames);
        return NULL;
    }
    frames->next = 1;
    atomic_store(&frames->shared->reserved, 1);
    atomic_store(&frames->shared->passed, 1);
    return frames;
}

void frames_free(struct frames *frames)
{
    if (!frames)
        return;
    munmap(frames->shared, sizeof(struct shared));
    free(frames);
}

/* ---- producer ---- */

void frames_adopt(struct frames *frames)
{
    frames->next = atomic_load(&frames->shared->reserved);
    if (frames->next == 0)
        frames->next = 1;
}

bool frames_room(const struct frames *frames)
{
    uint32_t end = frames->next + HEAD_WORDS + (uint32_t)WORDS_OF(FRAME_MAX);
    return end - atomic_load_explicit(&frames->shared->passed, memory_order_acquire) <= WORDS;
}

static void put_word(struct shared *shared, uint32_t place, uint64_t word)
{
    atomic_store_explicit(&shared->words[place % WORDS], word, memory_order_relaxed);
}

uint32_t frames_put(struct frames *frames, uint64_t time_ns, int link_type, const uint8_t *octets,
    uint32_t captured, uint32_t original)
{
    struct shared *shared = frames->shared;
    uint32_t length = captured < FRAME_MAX ? captured : FRAME_MAX;
    uint32_t number = frames->next != 0 ? frames->next : 1;
    uint32_t end = number + HEAD_WORDS + (uint32_t)WORDS_OF(length);
    frames->next = end;
    /* What is about to be overwritten is gone before the first word is. */
    atomic_store_explicit(&shared->reserved, end, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    put_word(shared, number, time_ns);
    put_word(shared, number + 1, (uint64_t)number << 32 | original);
    put_word(shared, number + 2, (uint64_t)(uint16_t)link_type << 16 | length);
    uint32_t place = number + HEAD_WORDS;
    for (uint32_t done = 0; done < length; done += (uint32_t)WORD) {
        uint64_t word = 0;
        memcpy(&word, octets + done, length - done < WORD ? length - done : WORD);
        put_word(shared, place++, word);
    }
    return number;
}

/* ---- consumer ---- */

static uint64_t get_word(const struct shared *shared, uint32_t place)
{
    return atomic_load_explicit(&shared->words[place % WORDS], memory_order_relaxed);
}

/* Whether all that was read from there on was still what had been put there. */
static bool still_there(const struct shared *shared, uint32_t number)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&shared->reserved, memory_order_relaxed) - number <= WORDS;
}

bool frames_take(const struct frames *frames, uint32_t number, struct frame *out)
{
    const struct shared *shared = frames->shared;
    if (number == 0 || !still_there(shared, number))
        return false;
    uint64_t time_ns = get_word(shared, number);
    uint64_t second = get_word(shared, number + 1), third = get_word(shared, number + 2);
    if (second >> 32 != number || third >> 32 != 0 || (third & 0xFFFF) > FRAME_MAX)
        return false;
    out->time_ns = time_ns;
    out->original = (uint32_t)second;
    out->link_type = (uint16_t)(third >> 16);
    out->length = (uint16_t)third;
    if (out->original < out->length)
        out->original = out->length;
    uint32_t place = number + HEAD_WORDS;
    for (uint32_t done = 0; done < out->length; done += (uint32_t)WORD) {
        uint64_t word = get_word(shared, place++);
        memcpy(out->octets + done, &word, out->length - done < WORD ? out->length - done : WORD);
    }
    return still_there(shared, number);
}

void frames_pass(struct frames *frames, uint32_t number)
{
    if (number != 0)
        atomic_store_explicit(&frames->shared->passed, number, memory_order_release);
}
