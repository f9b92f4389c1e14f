/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/frame.h"

/* The packets behind the ledger: the first and the newest of each line, as long as there is room.
 * A packet waits in held[] until its look-up is settled, for only then it has a line. */

static void release(struct packet *packet)
{
    free(packet->octets);
    *packet = (struct packet){0};
}

uint32_t model_hold_packet(struct model *model, const struct frame *frame)
{
    uint32_t number = ++model->packet_number ? model->packet_number : ++model->packet_number;
    struct packet *packet = &model->held[number % PACKETS_HELD];
    size_t length = frame->length < FRAME_MAX ? frame->length : FRAME_MAX;
    release(packet);
    uint8_t *octets = malloc(length + 1);
    if (!octets)
        return 0;
    memcpy(octets, frame->octets, length);
    *packet = (struct packet){.number = number,
        .time_ns = frame->time_ns,
        .original = frame->original,
        .link_type = frame->link_type,
        .length = (uint16_t)length,
        .octets = octets};
    return number;
}

/* ---- room ---- */

static void let_go(struct model *model, uint16_t *place)
{
    if (*place == 0)
        return;
    struct packet *packet = &model->packets[*place - 1];
    model->packet_shares[packet->share]--;
    release(packet);
    *place = 0;
}

static bool grow(struct model *model)
{
    size_t room = model->packet_room ? 2 * model->packet_room : 32;
    if (room > PACKETS_MAX)
        return false;
    struct packet *packets = realloc(model->packets, room * sizeof(*packets));
    if (!packets)
        return false;
    memset(packets + model->packet_room, 0, (room - model->packet_room) * sizeof(*packets));
    model->packets = packets;
    model->packet_room = room;
    return true;
}

/* Position + 1 of a free place, 0: there is none. What is no leak any more goes first; for a line
 * that has no packet yet, the newest one of another line goes too. */
static uint16_t find_room(struct model *model, bool first)
{
    if (model->packet_count < model->packet_room || grow(model))
        return (uint16_t)++model->packet_count;
    size_t newest = PACKETS_MAX;
    for (size_t i = 0; i < model->packet_count; i++) {
        const struct packet *packet = &model->packets[i];
        struct ledger_line *line = &model->ledger[packet->line];
        if (packet->number == 0)
            return (uint16_t)(i + 1);
        if (line->leak.intended) {
            let_go(model, line->first_packet == i + 1 ? &line->first_packet : &line->newest_packet);
            return (uint16_t)(i + 1);
        }
        if (line->newest_packet == i + 1)
            newest = i;
    }
    if (!first || newest == PACKETS_MAX)
        return 0;
    let_go(model, &model->ledger[model->packets[newest].line].newest_packet);
    return (uint16_t)(newest + 1);
}

/* ---- lines ---- */

void evidence_add(struct model *model, size_t line, size_t share, const struct lookup *lookup)
{
    struct packet *held = &model->held[lookup->packet % PACKETS_HELD];
    if (lookup->packet == 0 || held->number != lookup->packet)
        return;
    struct ledger_line *to = &model->ledger[line];
    uint16_t *place = to->first_packet ? &to->newest_packet : &to->first_packet;
    uint16_t at = *place;
    let_go(model, place);
    /* Nobody's flood pushes out what proves the leaks of others. */
    if (at == 0 && model->packet_shares[share] < PACKETS_MAX / 2)
        at = find_room(model, place == &to->first_packet);
    if (at == 0) {
        model->packets_lost++;
        release(held);
        return;
    }
    *place = at;
    model->packets[at - 1] = *held;
    model->packets[at - 1].line = (uint32_t)line;
    model->packets[at - 1].share = (uint8_t)share;
    model->packet_shares[share]++;
    *held = (struct packet){0};
}

void evidence_drop(struct model *model, size_t line, const struct lookup *lookup)
{
    struct ledger_line *of = &model->ledger[line];
    uint16_t *const places[] = {&of->newest_packet, &of->first_packet};
    for (size_t i = 0; i < 2; i++)
        if (*places[i] && (!lookup || model->packets[*places[i] - 1].number == lookup->packet))
            let_go(model, places[i]);
    if (of->first_packet == 0) {
        of->first_packet = of->newest_packet;
        of->newest_packet = 0;
    }
}

void evidence_free(struct model *model)
{
    for (size_t i = 0; i < PACKETS_HELD; i++)
        release(&model->held[i]);
    for (size_t i = 0; i < model->packet_count; i++)
        release(&model->packets[i]);
    free(model->packets);
}

/* ---- reading ---- */

bool model_evidence_at(const struct model *model, size_t position, struct evidence *out)
{
    for (size_t i = 0; i < model->packet_count; i++) {
        const struct packet *packet = &model->packets[i];
        const struct ledger_line *line = &model->ledger[packet->line];
        if (packet->number == 0 || line->leak.intended || position-- > 0)
            continue;
        *out = (struct evidence){.leak = &line->leak,
            .newest = line->newest_packet == i + 1,
            .time_ns = packet->time_ns,
            .original = packet->original,
            .link_type = packet->link_type,
            .length = packet->length,
            .octets = packet->octets};
        return true;
    }
    return false;
}

uint64_t model_evidence_lost(const struct model *model)
{
    return model->packets_lost;
}
