/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/report.h"

#include <jansson.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "views/values.h"

/* The report as doc/report.schema.json has it. A value that is not known is null, never absent and
 * never invented. Jansson's setters take NULL as failure and keep it to themselves: what matters is
 * checked once, when the object is written. */

static json_t *role_value(enum role role)
{
    return role == ROLE_UNKNOWN ? json_null() : json_string(role_word(role));
}

static json_t *exposure_value(enum exposure exposure)
{
    return exposure == EXPOSURE_UNKNOWN ? json_null() : json_string(exposure_word(exposure));
}

static json_t *interface_value(const struct model *model, uint32_t index)
{
    return index ? json_string(model_interface_name(model, index)) : json_null();
}

static json_t *marked_value(const char *text, bool mask)
{
    char plain[512];
    return json_string(judge_plain(text, mask, plain, sizeof(plain)));
}

static json_t *interfaces(const struct model *model, bool mask)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (!interface->present)
            continue;
        bool file = model_capture(model)->file;
        json_t *addresses = json_array();
        for (size_t j = 0; j < interface->address_count; j++) {
            char address[ADDRESS_TEXT], full[ADDRESS_TEXT + 8];
            text_format(full, sizeof(full), "%s/%u",
                address_format(&interface->addresses[j].address, address),
                (unsigned)interface->addresses[j].prefix);
            json_array_append_new(addresses, json_string(mask ? VALUE_HIDDEN : full));
        }
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "name", interface->name, "index",
                      json_integer(interface->index), "kind", value_text(interface->kind), "role",
                      role_value(interface->role), "up",
                      file ? json_null() : json_boolean(interface->up), "addresses", addresses));
    }
    return list;
}

static json_t *route(const struct model *model, enum family family, bool mask)
{
    const struct web_route *route = model_route(model, family);
    if (route->state != ROUTE_PRESENT)
        return json_null();
    return json_pack("{s:s,s:o,s:o,s:o}", "interface",
        model_interface_name(model, route->interface), "role",
        role_value(model_web_role(model, family)), "gateway", value_address(&route->gateway, false),
        "source", value_address(&route->source, mask));
}

static json_t *public_ip(const struct model *model, enum family family, bool mask)
{
    const struct public_address *seen = model_public(model, family);
    const struct network *network = model_public_network(model, family);
    if (!seen->asked_ever)
        return json_null();
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:o}", "address",
        value_address(&seen->address, mask), "interface", interface_value(model, seen->interface),
        "asn", network->asn >= 0 ? json_integer(network->asn) : json_null(), "org",
        value_text(network->org), "country", value_text(network->country), "agree",
        (json_int_t)seen->agree, "asked", (json_int_t)seen->asked, "error",
        value_text(seen->error));
}

static json_t *resolvers(const struct model *model, bool mask)
{
    json_t *configured = json_array(), *used = json_array(), *egress = json_array();
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        json_array_append_new(configured,
            json_pack("{s:o,s:o,s:o,s:o}", "address", value_address(&resolver->address, false),
                "interface", interface_value(model, resolver->interface), "source",
                value_text(resolver->source), "manager", value_text(resolver->manager)));
    }
    for (size_t i = 0; i < model_used_count(model); i++) {
        const struct used_resolver *resolver = model_used_at(model, i);
        /* Inside an encrypted connection answers cannot be seen: that is not none. */
        bool counted = resolver->answers > 0 || transport_shows_type(resolver->transport, 0);
        json_array_append_new(used,
            json_pack("{s:o,s:i,s:s,s:o,s:o,s:I,s:o,s:o,s:o}", "address",
                value_address(&resolver->address, false), "port", (int)resolver->port, "transport",
                transport_word(resolver->transport), "interface",
                interface_value(model, resolver->interface), "role", role_value(resolver->role),
                "lookups", (json_int_t)resolver->lookups, "answers",
                counted ? json_integer((json_int_t)resolver->answers) : json_null(), "rtt_ms",
                resolver->answers ? json_real((double)resolver->rtt_median_ns / 1e6) : json_null(),
                "exposure", exposure_value(resolver->exposure)));
    }
    for (size_t i = 0; i < model_egress_count(model); i++) {
        const struct egress_resolver *resolver = model_egress_at(model, i);
        const struct network *network = model_network_of(model, &resolver->address);
        json_array_append_new(egress,
            json_pack("{s:o,s:o,s:o,s:o,s:s}", "address", value_address(&resolver->address, false),
                "asn", network->asn >= 0 ? json_integer(network->asn) : json_null(), "org",
                value_text(network->org), "country", value_text(network->country), "probe",
                mask ? VALUE_HIDDEN : resolver->probe));
    }
    return json_pack("{s:o,s:o,s:o}", "configured", configured, "used", used, "egress", egress);
}

static json_t *checks(const struct verdict *verdict, bool mask)
{
    json_t *list = json_array();
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &verdict->checks[i];
        json_t *evidence = json_array();
        for (size_t j = 0; j < check->evidence_count; j++)
            json_array_append_new(evidence, marked_value(check->evidence[j], mask));
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:o,s:o,s:o}", "id", check_word(check->id), "state",
                      state_word(check->state), "summary", marked_value(check->summary, mask),
                      "evidence", evidence, "checked", value_time(check->checked_ns)));
    }
    return list;
}

static json_t *process(const struct process *process)
{
    if (process->pid == 0)
        return json_null();
    return json_pack("{s:I,s:s,s:o}", "pid", (json_int_t)process->pid, "name", process->name,
        "user", value_text(process->user));
}

static json_t *leaks(const struct model *model, bool mask)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model_leak_count(model); i++) {
        const struct leak *leak = model_leak_at(model, i);
        char name[NAME_TEXT_MAX], type[RRTYPE_TEXT], resolver[ADDRESS_TEXT];
        if (leak->intended)
            continue;
        json_t *name_value = json_null();
        if (leak->name_length) {
            name_format(leak->name, leak->name_length, name);
            name_value = json_string(mask ? VALUE_HIDDEN : name);
        }
        json_array_append_new(list,
            json_pack("{s:o,s:o,s:o,s:s,s:s,s:s,s:s,s:o,s:o,s:I}", "time",
                value_time(leak->first_ns), "name", name_value, "type",
                transport_shows_type(leak->transport, leak->type)
                    ? json_string(rrtype_format(leak->type, type))
                    : json_null(),
                "transport", transport_word(leak->transport), "interface", leak->interface,
                "resolver", address_format(&leak->resolver, resolver), "exposure",
                exposure_word(leak->exposure), "process", process(&leak->process), "forwarded_from",
                value_address(&leak->forwarded_from, mask), "count", (json_int_t)leak->count));
    }
    return list;
}

static json_t *apps(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model_app_count(model); i++) {
        const struct app *app = model_app_at(model, i);
        if (app->lookups + app->connects + app->stun + app->tor_names + app->tor_addresses == 0)
            continue;
        json_t *pids = json_array(), *addresses = json_array();
        for (size_t j = 0; j < sizeof(app->pids) / sizeof(app->pids[0]) && app->pids[j]; j++)
            json_array_append_new(pids, json_integer(app->pids[j]));
        for (size_t j = 0; j < 4 && app->resolvers[j].family != FAMILY_NONE; j++)
            json_array_append_new(addresses, value_address(&app->resolvers[j], false));
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:I,s:I,s:I,s:I,s:o}", "name", app->name, "user",
                      value_text(app->user), "pids", pids, "lookups", (json_int_t)app->lookups,
                      "exposed", (json_int_t)app->exposed, "bypass", (json_int_t)app->bypass,
                      "tunnelled", (json_int_t)app->tunnelled, "resolvers", addresses));
    }
    return list;
}

static const char *source_of(const struct browser_settings *set)
{
    return set->trouble[0] ? set->trouble : set->warning[0] ? set->warning : set->source;
}

/* What a profile is set to; whether that is as it should be is the check's to say. */
static json_t *browsers(const struct model *model, const struct verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model_browser_count(model); i++) {
        const struct browser_profile *row = model_browser_at(model, i);
        const struct browser_settings *set = &row->settings;
        enum state state = set->mode == BROWSER_UNKNOWN ? STATE_UNKNOWN
                           : set->warning[0]            ? STATE_WARN
                           : set->mode == BROWSER_OFF   ? STATE_OFF
                                                        : verdict->checks[CHECK_BROWSER_DNS].state;
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:s,s:o,s:o,s:s}", "name", row->name, "user",
                      value_text(row->user), "profile", value_text(row->profile), "mode",
                      browser_mode_word(set->mode), "provider", value_text(set->provider), "source",
                      value_text(source_of(set)), "state", state_word(state)));
    }
    return list;
}

static json_t *events(const struct model *model)
{
    json_t *list = json_array();
    uint64_t newest = model_event_newest(model);
    for (uint64_t serial = newest > 512 ? newest - 511 : 1; serial <= newest; serial++) {
        const struct event *event = model_event_get(model, serial);
        if (event)
            json_array_append_new(list,
                json_pack("{s:o,s:s,s:o,s:s}", "time", value_time(event->time_ns), "kind",
                    event->kind, "interface", value_text(event->interface), "text", event->text));
    }
    return list;
}

static json_t *capture(const struct model *model)
{
    const struct capture_info *info = model_capture(model);
    if (!info->possible)
        return json_pack("{s:n,s:n,s:n,s:n}", "packets", "lookups", "dropped", "malformed");
    return json_pack("{s:I,s:I,s:I,s:I}", "packets", (json_int_t)info->packets, "lookups",
        (json_int_t)model_totals(model)->lookups, "dropped", (json_int_t)info->dropped, "malformed",
        (json_int_t)info->malformed);
}

int report_json(FILE *out, const struct model *model, const struct verdict *verdict,
    const struct report_options *options)
{
    bool mask = options->mask;
    uint64_t span = options->end_ns > options->start_ns ? options->end_ns - options->start_ns : 0;
    json_t *report =
        json_pack("{s:s,s:s,s:s,s:{s:o,s:o,s:f},s:s,s:o,s:s,s:o,s:{s:o,s:o},s:{s:o,s:o},"
                  "s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
            "schema", "leaktop-report/1", "version", LEAKTOP_VERSION, "source",
            model_capture(model)->file ? "file" : "live", "time", "start",
            value_time(options->start_ns ? options->start_ns : 1), "end",
            value_time(options->end_ns ? options->end_ns : 1), "seconds", (double)span / 1e9,
            "verdict", state_word(verdict->state), "summary", marked_value(verdict->summary, mask),
            "expectation", expectation_word(model_expectation(model)->expectation), "interfaces",
            interfaces(model, mask), "routes", "ipv4", route(model, FAMILY_INDEX_4, mask), "ipv6",
            route(model, FAMILY_INDEX_6, mask), "public_ip", "ipv4",
            public_ip(model, FAMILY_INDEX_4, mask), "ipv6", public_ip(model, FAMILY_INDEX_6, mask),
            "resolvers", resolvers(model, mask), "checks", checks(verdict, mask), "leaks",
            leaks(model, mask), "apps", apps(model), "browsers", browsers(model, verdict), "events",
            events(model), "capture", capture(model));
    if (!report)
        return -1;
    int result =
        json_dumpf(report, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
    json_decref(report);
    if (result == 0 && fputc('\n', out) == EOF)
        result = -1;
    return fflush(out) == EOF ? -1 : result;
}
