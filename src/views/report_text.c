/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "judge/compare.h"
#include "model/model.h"
#include "views/learned.h"
#include "views/programs.h"

static const char *const family_words[FAMILY_INDEXES] = {"IPv4", "IPv6"};

static void upper(const char *word, char *out, size_t size)
{
    size_t i = 0;
    for (; word[i] && i + 1 < size; i++)
        out[i] = (char)(word[i] >= 'a' && word[i] <= 'z' ? word[i] - 32 : word[i]);
    out[i] = '\0';
}

static void write_routes(FILE *out, const struct model *model)
{
    fputs("\nroutes\n", out);
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct web_route *route = model_route(model, (enum family)f);
        fprintf(out, "  %s  web  ", family_words[f]);
        if (route->state == ROUTE_PRESENT)
            fprintf(out, "%s (%s)%s\n", model_interface_name(model, route->interface),
                role_word(model_web_role(model, (enum family)f)),
                route->mixed ? ", others take another way" : "");
        else
            fprintf(out, "%s\n",
                route->state == ROUTE_BLOCKED ? "blocked"
                : route->state == ROUTE_NONE  ? "no route"
                                              : "not known");
        for (size_t i = 0; i < model_used_count(model); i++) {
            const struct used_resolver *used = model_used_at(model, i);
            if (used->exposure == EXPOSURE_INTERNAL ||
                (used->address.family == FAMILY_IPV6) != (f == FAMILY_INDEX_6))
                continue;
            char address[ADDRESS_TEXT], answers[40] = "answers not seen";
            if (used->answers > 0 || transport_shows_type(used->transport, 0))
                text_format(answers, sizeof(answers), "%llu answer%s",
                    (unsigned long long)used->answers, used->answers == 1 ? "" : "s");
            fprintf(out, "        DNS  %s > %s %s  %llu look-up%s, %s  %c %s\n",
                model_interface_name(model, used->interface),
                address_format(&used->address, address), transport_word(used->transport),
                (unsigned long long)used->lookups, used->lookups == 1 ? "" : "s", answers,
                exposure_symbol(used->exposure), exposure_word(used->exposure));
        }
    }
}

static void write_checks(FILE *out, const struct verdict *verdict, bool mask)
{
    fputs("\nchecks\n", out);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &verdict->checks[i];
        char plain[512];
        fprintf(out, "  %c %-8s %-12s %s\n", state_symbol(check->state), state_word(check->state),
            check_word(check->id), judge_plain(check->summary, mask, plain, sizeof(plain)));
        if (check->state == STATE_OK || check->state == STATE_OFF)
            continue;
        for (size_t j = 0; j < check->evidence_count && j < 6; j++)
            fprintf(out, "                          %s\n",
                judge_plain(check->evidence[j], mask, plain, sizeof(plain)));
        for (size_t j = 0; j < check->advice_count; j++)
            fprintf(out, "                      %s %s\n", j == 0 ? "do:" : "   ",
                judge_plain(check->advice[j], mask, plain, sizeof(plain)));
    }
}

#define LEAKS_SHOWN 50

static void write_leak(FILE *out, const struct leak *leak, bool mask)
{
    char when[TIME_TEXT], address[ADDRESS_TEXT], type[RRTYPE_TEXT], name[NAME_TEXT_MAX];
    fprintf(out, "  %s X %s %s > %s %s", time_format_millis(leak->first_ns, when),
        exposure_word(leak->exposure), leak->interface, address_format(&leak->resolver, address),
        transport_word(leak->transport));
    if (transport_shows_type(leak->transport, leak->type))
        fprintf(out, " %s", rrtype_format(leak->type, type));
    if (leak->name_length) {
        name_format(leak->name, leak->name_length, name);
        fprintf(out, " %s", mask ? "(hidden)" : name);
    } else if (leak->transport != TRANSPORT_STUN) {
        fputs(" -", out);
    }
    if (leak->certainty != CERTAINTY_PLAIN)
        fprintf(out, " (%s)", certainty_word(leak->certainty));
    if (leak->learned.family)
        fprintf(out, ", learned %s", mask ? "(hidden)" : address_format(&leak->learned, address));
    if (leak->count > 1)
        fprintf(out, " x%u", (unsigned)leak->count);
    if (leak->process.pid)
        fprintf(out, "  %s %d %s", leak->process.name, (int)leak->process.pid, leak->process.user);
    if (leak->forwarded_from.family)
        fprintf(
            out, "  for %s", mask ? "(hidden)" : address_format(&leak->forwarded_from, address));
    fputc('\n', out);
}

static void write_leaks(FILE *out, const struct model *model, bool mask)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < model_leak_count(model); i++) {
        const struct leak *leak = model_leak_at(model, i);
        if (leak->intended)
            continue;
        if (shown == LEAKS_SHOWN) {
            more++;
            continue;
        }
        if (shown++ == 0)
            fputs("\nleaks\n", out);
        write_leak(out, leak, mask);
    }
    if (more > 0)
        fprintf(out, "  and %zu more: --json lists all\n", more);
}

/* What left outside the tunnel and is no leak: named, not hidden. */
static void write_excused(FILE *out, const struct model *model)
{
    const struct totals *totals = model_totals(model);
    bool begun = false;
    for (size_t i = EXCUSE_NONE + 1; i < EXCUSE_COUNT; i++) {
        if (totals->excused[i] == 0)
            continue;
        if (!begun)
            fputs("\noutside the tunnel, and no leak\n", out);
        begun = true;
        fprintf(out, "  %llu look-up%s: %s\n", (unsigned long long)totals->excused[i],
            totals->excused[i] == 1 ? "" : "s", excuse_word((enum excuse)i));
    }
}

/* What was seen without the tunnel beside what is seen now. */
static void write_comparison(FILE *out, const struct model *model, bool mask)
{
    struct compare_row rows[COMPARE_ROWS];
    char before[COMPARE_TEXT + 32], now[COMPARE_TEXT + 32], when[TIME_TEXT];
    const struct baseline *baseline = model_baseline(model);
    if (!baseline)
        return;
    size_t count = judge_compare(model, rows);
    time_format_rfc3339(baseline->taken_ns, when);
    bool nothing = true; /* to compare with */
    for (size_t i = 0; i < count; i++)
        nothing &= rows[i].state == STATE_OFF;
    fprintf(out, "\nbefore / after, the baseline of %.10s %.5s UTC%s%s\n", when, when + 11,
        baseline->from_disk ? ", of an earlier run" : "", nothing ? ": no tunnel now" : "");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  %c %-7s %-15s %s", state_symbol(rows[i].state), state_word(rows[i].state),
            rows[i].what, judge_plain(rows[i].before, mask, before, sizeof(before)));
        if (nothing) {
            fputs("\n", out);
            continue;
        }
        fprintf(out, " -> %s\n            %s: %s; by %s\n",
            judge_plain(rows[i].now, mask, now, sizeof(now)), rows[i].word, rows[i].why,
            rows[i].source);
    }
}

#define PROGRAMS_SHOWN 40

static void write_programs(FILE *out, const struct model *model, bool mask)
{
    struct program programs[APPS_MAX];
    char name[PROGRAM_TEXT], counts[PROGRAM_TEXT], by[PROGRAM_TEXT], via[PROGRAM_TEXT],
        to[PROGRAM_TEXT], clock[TIME_TEXT];
    size_t count = 0;
    for (; count < model_app_count(model) && count < APPS_MAX; count++) {
        const struct app *app = model_app_at(model, count);
        programs[count] = (struct program){app, judge_app_harm(model, app)};
    }
    if (count == 0)
        return;
    programs_sort(programs, count, PROGRAMS_BY_HARM);
    fprintf(out, "\napplications, %s\n", programs_sort_word(PROGRAMS_BY_HARM));
    for (size_t i = 0; i < count && i < PROGRAMS_SHOWN; i++) {
        const struct app *app = programs[i].app;
        fprintf(out, "  %c %s%s%s%s: %s; %s\n", programs_symbol(&programs[i]),
            programs_name(app, mask, name), app->user[0] ? " (" : "", app->user,
            app->user[0] ? ")" : "", programs_word(programs[i].harm),
            programs_counts(model, app, counts));
        fprintf(out, "      by %s  over %s  to %s  last %s\n", programs_interfaces(model, app, by),
            programs_transports(app, via), programs_resolvers(app, SIZE_MAX, to),
            time_format_clock(app->last_ns, clock));
    }
    if (count > PROGRAMS_SHOWN)
        fprintf(out, "  and %zu more: --json lists all that asked\n", count - PROGRAMS_SHOWN);
}

#define NAMES_SHOWN 40

/* As an observer saw it: who learned which name. */
static void write_learned(FILE *out, const struct model *model, bool mask)
{
    char text[LEARNED_TEXT], clock[TIME_TEXT];
    size_t count = model_observed_count(model);
    if (count == 0)
        return;
    const struct observed **rows = calloc(count, sizeof(const struct observed *));
    uint16_t *order = calloc(count, sizeof(*order));
    for (size_t i = 0; rows && i < count; i++)
        rows[i] = model_observed_at(model, i);
    fputs("\nas an observer saw it\n", out);
    for (enum observer observer = 0; rows && observer < OBSERVER_COUNT; observer++) {
        struct learned_total total = {0};
        for (size_t i = 0; i < count; i++)
            learned_add(&total, rows[i], observer);
        fprintf(out, "  %s: %s, %llu time%s\n", learned_observer(model, observer),
            learned_total_text(&total, text), (unsigned long long)total.times,
            total.times == 1 ? "" : "s");
    }
    if (rows && order)
        learned_order(rows, count, OBSERVER_COUNT, LEARNED_BY_HARM, order);
    for (size_t i = 0; rows && order && i < count && i < NAMES_SHOWN; i++) {
        const struct observed *row = rows[order[i]];
        fprintf(out, "  %c %s ", learned_symbol(learned_worst(row)), learned_name(row, mask, text));
        for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++)
            if (row->by[observer].count)
                fprintf(out, " %c %s x%u,",
                    learned_symbol(learned_grasp(&row->by[observer], observer)),
                    learned_observer(model, observer), (unsigned)row->by[observer].count);
        fprintf(out, " last %s\n", time_format_clock(row->last_ns, clock));
    }
    if (count > NAMES_SHOWN)
        fprintf(out, "  and %zu more names\n", count - NAMES_SHOWN);
    fprintf(out, "  %s\n  %s\n", learned_legend, learned_limits);
    free(rows);
    free(order);
}

static void write_events(FILE *out, const struct model *model)
{
    uint64_t newest = model_event_newest(model);
    uint64_t first = newest > 12 ? newest - 11 : 1;
    if (newest == 0)
        return;
    fputs("\nevents\n", out);
    for (uint64_t serial = first; serial <= newest; serial++) {
        const struct event *event = model_event_get(model, serial);
        char when[TIME_TEXT];
        if (event)
            fprintf(out, "  %s %c %-9s %s\n", time_format_millis(event->time_ns, when),
                event->mark == STATE_COUNT ? ' ' : state_symbol(event->mark), event->kind,
                event->text);
    }
}

int report_text(FILE *out, const struct model *model, const struct verdict *verdict,
    const struct report_options *options)
{
    char word[24], plain[512], span[TIME_TEXT], start[TIME_TEXT], end[TIME_TEXT];
    const struct capture_info *capture = model_capture(model);
    upper(state_word(verdict->state), word, sizeof(word));
    fprintf(out, "%c %s  %s\n", state_symbol(verdict->state), word,
        judge_plain(verdict->summary, options->mask, plain, sizeof(plain)));
    uint64_t length = options->end_ns > options->start_ns ? options->end_ns - options->start_ns : 0;
    fprintf(out, "  expect %s%s   %s for %s, %s to %s\n",
        expectation_word(model_expectation(model)->expectation),
        model_expectation(model)->automatic ? " (auto)" : "",
        capture->file ? "capture file" : "observed", time_format_span(length, span),
        time_format_clock(options->start_ns, start), time_format_clock(options->end_ns, end));
    if (capture->possible)
        fprintf(out, "  capture: %llu packets, %llu look-ups, %llu dropped, %llu malformed%s%s\n",
            (unsigned long long)capture->packets, (unsigned long long)model_totals(model)->lookups,
            (unsigned long long)capture->dropped, (unsigned long long)capture->malformed,
            capture->reason[0] ? "; " : "", capture->reason);
    else
        fprintf(out, "  capture: none; %s\n", capture->reason);
    write_routes(out, model);
    write_checks(out, verdict, options->mask);
    write_leaks(out, model, options->mask);
    write_excused(out, model);
    write_programs(out, model, options->mask);
    write_learned(out, model, options->mask);
    write_comparison(out, model, options->mask);
    write_events(out, model);
    fputs("\nnot seen: cookies, logins, fingerprints, what was written, file metadata\n", out);
    return fflush(out) == EOF || ferror(out) ? -1 : 0;
}
