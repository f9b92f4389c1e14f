/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <stdbool.h>
#include <string.h>

#define EACH(octet) (0x0101010101010101U * (octet))

struct sip {
    uint64_t v0, v1, v2, v3;
};

uint64_t hash_fold_octets(uint64_t octets)
{
    /* Adding lifts bit 7 of each octet that reaches the bound; no carry crosses octets, because
     * bit 7 was masked away before. */
    uint64_t low = octets & EACH(0x7F);
    uint64_t from_a = low + EACH(0x80 - 'A');
    uint64_t past_z = low + EACH(0x7F - 'Z');
    uint64_t capital = (from_a ^ past_z) & ~octets & EACH(0x80);
    return octets | (capital >> 2);
}

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static inline void sip_round(struct sip *state)
{
    state->v0 += state->v1;
    state->v1 = rotate(state->v1, 13) ^ state->v0;
    state->v0 = rotate(state->v0, 32);
    state->v2 += state->v3;
    state->v3 = rotate(state->v3, 16) ^ state->v2;
    state->v0 += state->v3;
    state->v3 = rotate(state->v3, 21) ^ state->v0;
    state->v2 += state->v1;
    state->v1 = rotate(state->v1, 17) ^ state->v2;
    state->v2 = rotate(state->v2, 32);
}

static inline void sip_word(struct sip *state, uint64_t word)
{
    state->v3 ^= word;
    sip_round(state);
    state->v0 ^= word;
}

static inline uint64_t sip(const uint8_t *data, size_t length, uint64_t seed, bool fold)
{
    /* SipHash wants 128 bits of key; the second half is the seed spread by an odd constant, which
     * is as secret as the first. */
    uint64_t second = (seed + 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
    struct sip state = {
        .v0 = seed ^ 0x736F6D6570736575U,
        .v1 = second ^ 0x646F72616E646F6DU,
        .v2 = seed ^ 0x6C7967656E657261U,
        .v3 = second ^ 0x7465646279746573U,
    };
    size_t rest = length;
    uint64_t word;
    for (; rest >= sizeof word; rest -= sizeof word, data += sizeof word) {
        memcpy(&word, data, sizeof word);
        sip_word(&state, fold ? hash_fold_octets(word) : word);
    }
    word = 0;
    memcpy(&word, data, rest);
    if (fold)
        word = hash_fold_octets(word);
    sip_word(&state, word ^ ((uint64_t)length << 56));
    state.v2 ^= 0xFF;
    sip_round(&state);
    sip_round(&state);
    sip_round(&state);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

uint64_t hash_bytes(const void *data, size_t length, uint64_t seed)
{
    return length == 0 ? sip((const uint8_t *)"", 0, seed, false) : sip(data, length, seed, false);
}

uint64_t hash_folded(const void *data, size_t length, uint64_t seed)
{
    return length == 0 ? sip((const uint8_t *)"", 0, seed, true) : sip(data, length, seed, true);
}
