/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/pace.h"

#define RETRY_MS 30000ULL
#define HOUR_MS 3600000ULL
#define LONGEST 8 /* intervals */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t pace_next_ms(uint64_t interval_ms, unsigned failures, uint32_t random)
{
    uint64_t next = interval_ms;
    if (failures > 0) {
        uint64_t most = least(interval_ms * LONGEST, HOUR_MS);
        if (most < interval_ms)
            most = interval_ms;
        next = least(RETRY_MS, interval_ms);
        for (unsigned i = 1; i < failures && next < most; i++)
            next *= 2;
        next = least(next, most);
    }
    return next * (900 + random % 201) / 1000;
}

uint64_t pace_settle_ms(uint64_t first_ms, uint64_t now_ms)
{
    uint64_t end = first_ms + PACE_LATEST_MS;
    if (now_ms >= end)
        return 0;
    return least(PACE_QUIET_MS, end - now_ms);
}
