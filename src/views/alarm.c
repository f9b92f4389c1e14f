/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/alarm.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"

_Static_assert(ALARM_FIELD > NAME_TEXT_MAX + 32, "a name fits");

/* What these find stands in the ledger, a line each, and is told by it. */
static bool by_ledger(enum check_id id)
{
    return id == CHECK_DNS || id == CHECK_WEBRTC || id == CHECK_APPS || id == CHECK_BROWSER_DNS;
}

/* The newest line that is news and still a leak; *count of such. */
static const struct leak *new_lines(const struct model *model, uint64_t since, uint64_t *count)
{
    const struct leak *newest = NULL;
    for (size_t i = 0; i < model_leak_count(model); i++) {
        const struct leak *leak = model_leak_at(model, i);
        if (leak->news <= since || leak->intended)
            continue;
        ++*count;
        if (!newest || leak->news > newest->news)
            newest = leak;
    }
    return newest;
}

bool alarm_look(struct alarm_state *state, const struct model *model, const struct verdict *verdict,
    uint64_t now, struct alarm *alarm)
{
    uint64_t news = model_leak_news(model), found = 0;
    unsigned checks = 0;
    *alarm = (struct alarm){.check = CHECK_DNS};
    if (news != state->news)
        alarm->leak = new_lines(model, state->news, &found);
    if (alarm->leak && alarm->leak->transport == TRANSPORT_STUN)
        alarm->check = CHECK_WEBRTC;
    /* The list was full: there is no line, and a leak all the same. */
    if (news != state->news && found == 0 && verdict->checks[CHECK_DNS].state == STATE_LEAK)
        found = 1;
    state->news = news;
    for (int id = 0; id < CHECK_COUNT; id++) {
        if (verdict->checks[id].state != STATE_LEAK || by_ledger((enum check_id)id))
            continue;
        checks |= 1U << id;
        if (state->checks & (1U << id))
            continue;
        if (found++ == 0)
            alarm->check = (enum check_id)id;
    }
    state->checks = checks;
    if (found == 0)
        return false;
    /* The clock may have been set back: then a burst is none. */
    bool burst = state->rang_ns != 0 && now >= state->newest_ns &&
                 now - state->newest_ns < ALARM_QUIET_NS && now >= state->rang_ns &&
                 now - state->rang_ns < ALARM_BURST_NS;
    state->pending += found;
    state->newest_ns = now;
    if (burst)
        return false;
    alarm->leaks = state->pending;
    state->pending = 0;
    state->rang_ns = now;
    return true;
}

const char *alarm_sentence(
    const struct alarm *alarm, const struct verdict *verdict, char out[static ALARM_TEXT])
{
    const struct leak *leak = alarm->leak;
    char summary[SUMMARY_TEXT];
    if (leak) {
        bool stun = leak->transport == TRANSPORT_STUN;
        bool hidden = leak->exposure == EXPOSURE_BYPASS;
        text_format(out, ALARM_TEXT, "leak: %s%s%s left by %s%s%s, outside the tunnel",
            stun     ? "a STUN request"
            : hidden ? "an encrypted look-up"
                     : "a look-up",
            leak->process.pid ? " of " : "", leak->process.pid ? leak->process.name : "",
            leak->interface, stun ? "" : " over ", stun ? "" : transport_word(leak->transport));
    } else {
        text_format(out, ALARM_TEXT, "leak: %s: %s", check_word(alarm->check),
            judge_plain(verdict->checks[alarm->check].summary, true, summary, sizeof(summary)));
    }
    size_t used = strlen(out);
    if (alarm->leaks > 1)
        text_format(
            out + used, ALARM_TEXT - used, "; %llu new in all", (unsigned long long)alarm->leaks);
    return out;
}

const char *alarm_title(
    const struct model *model, const struct verdict *verdict, char out[static ALARM_TEXT])
{
    size_t leaks = 0;
    for (size_t i = 0; verdict->state == STATE_LEAK && i < model_leak_count(model); i++) {
        const struct leak *leak = model_leak_at(model, i);
        leaks += !leak->intended && leak->last_ns > model_cleared_ns(model);
    }
    text_format(out, ALARM_TEXT, "%c %s - leaktop", state_symbol(verdict->state),
        state_word(verdict->state));
    if (leaks > 0)
        text_format(out, ALARM_TEXT, "%c %s (%zu) - leaktop", state_symbol(verdict->state),
            state_word(verdict->state), leaks);
    return out;
}

static void add(char fields[static ALARM_FIELDS][ALARM_FIELD], size_t *count, const char *name,
    const char *value)
{
    text_format(fields[(*count)++], ALARM_FIELD, "LEAKTOP_%s=%s", name, value);
}

size_t alarm_fields(const struct alarm *alarm, const struct verdict *verdict, uint64_t now,
    bool mask, char fields[static ALARM_FIELDS][ALARM_FIELD])
{
    static const char hidden[] = "(hidden)";
    const struct leak *leak = alarm->leak;
    char text[ALARM_TEXT], summary[SUMMARY_TEXT], name[NAME_TEXT_MAX] = "", type[RRTYPE_TEXT],
                                                  address[ADDRESS_TEXT];
    size_t count = 0;
    add(fields, &count, "ALARM", alarm_sentence(alarm, verdict, text));
    add(fields, &count, "CHECK", check_word(alarm->check));
    add(fields, &count, "SUMMARY",
        judge_plain(verdict->checks[alarm->check].summary, mask, summary, sizeof(summary)));
    text_format(text, sizeof(text), "%llu", (unsigned long long)alarm->leaks);
    add(fields, &count, "LEAKS", text);
    add(fields, &count, "TIME", time_format_rfc3339(leak ? leak->last_ns : now, text));
    if (leak && leak->name_length)
        name_format(leak->name, leak->name_length, name);
    add(fields, &count, "NAME", name[0] && mask ? hidden : name);
    bool shows = leak && transport_shows_type(leak->transport, leak->type);
    add(fields, &count, "TYPE", shows ? rrtype_format(leak->type, type) : "");
    add(fields, &count, "INTERFACE", leak ? leak->interface : "");
    add(fields, &count, "TRANSPORT", leak ? transport_word(leak->transport) : "");
    add(fields, &count, "RESOLVER", leak ? address_format(&leak->resolver, address) : "");
    bool known = leak && leak->process.pid;
    add(fields, &count, "PROGRAM", known ? leak->process.name : "");
    add(fields, &count, "USER", leak && leak->process.uid_known ? leak->process.user : "");
    return count;
}
