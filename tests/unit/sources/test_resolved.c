/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/resolved_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Which servers systemd-resolved asks for any name. A line is what is set: "g" a global server, "f"
 * a fallback, "2" one of link 2; then "2:~." a link's domains, "2-" no default route. */
static const struct {
    const char *situation, *set;
    const char *expected; /* a letter for each server: Asked, Some, Fallback, Ignored */
} cases[] = {
    {"a link", "2", "A"},
    {"a link, and the global one", "g 2", "AA"},
    {"two links, both a default route", "2 3", "AA"},
    {"one is none", "2 3 3-", "AI"},
    {"one is none, and has a domain", "2 3 3- 3:corp.example", "AS"},
    {"one takes all", "2 3 3:~.", "IA"},
    {"one takes all, the other has a domain", "2 3 3:~. 2:corp.example", "SA"},
    {"two take all", "2 3 2:~. 3:~.", "AA"},
    {"a link takes all, and the global one is left", "g 3 3:~.", "IA"},
    {"the global one takes all", "g 3 0:~.", "AI"},
    {"a fallback beside others", "f 2", "FA"},
    {"a fallback alone", "f", "A"},
};

static void read_set(const char *set, struct resolved_state *state)
{
    for (const char *at = set; *at; at += *at == ' ' ? 1 : 0) {
        char word[64];
        size_t length = strcspn(at, " ");
        snprintf(word, sizeof(word), "%.*s", (int)length, at);
        at += length;
        uint32_t link = word[0] >= '0' && word[0] <= '9' ? (uint32_t)(word[0] - '0') : 0;
        if (word[1] == ':') {
            struct resolved_link *row = resolved_link(state, link);
            snprintf(row->domains, sizeof(row->domains), "%s", word + 2);
            row->takes_all = strcmp(word + 2, "~.") == 0;
        } else if (word[1] == '-') {
            resolved_link(state, link)->default_route = false;
        } else {
            state->servers[state->server_count++] =
                (struct resolved_server){.link = link, .fallback = word[0] == 'f'};
            (void)resolved_link(state, link);
        }
    }
}

static void who_is_asked(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct resolved_state state = {0};
        char got[16] = "";
        read_set(cases[i].set, &state);
        for (size_t j = 0; j < state.server_count; j++)
            got[j] = "ASFI"[resolved_use(&state, &state.servers[j])];
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].situation, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
