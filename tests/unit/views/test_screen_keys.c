/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The table of keys against the manual page and the README, which name each of them. */

static char manual[65536], readme[65536];

static void load(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* ".It Ic 1 , 2": a word of such a line. */
static bool in_manual(const char *key)
{
    const char *end = strstr(manual, ".Ss Keys");
    const char *stop = end ? strstr(end, ".El") : NULL;
    char line[256];
    for (const char *at = end; at && at < stop; at = strchr(at + 1, '\n')) {
        if (sscanf(at, "\n.It Ic %255[^\n]", line) != 1)
            continue;
        for (char *word = strtok(line, " ,"); word; word = strtok(NULL, " ,"))
            if (strcmp(word, key) == 0)
                return true;
    }
    return false;
}

static void each_key_is_told(void **state)
{
    (void)state;
    load("doc/leaktop.1", manual, sizeof(manual));
    load("README.md", readme, sizeof(readme));
    for (size_t i = 0; i < keys_count(); i++) {
        const struct key *key = keys_at(i);
        for (size_t c = 0; c < KEY_CODES && key->codes[c]; c++) {
            char word[16], quoted[20];
            if (key->codes[c] <= ' ' || key->codes[c] > '~')
                continue;
            snprintf(word, sizeof(word), "%c", key->codes[c]);
            snprintf(quoted, sizeof(quoted), "`%c`", key->codes[c]);
            if (!in_manual(word))
                fail_msg("key %s is not in the manual page", word);
            if (!strstr(readme, quoted))
                fail_msg("key %s is not in the README", word);
        }
        if (!key->help[0] || !key->show[0])
            fail_msg("key %zu has no help", i);
    }
}

/* No two keys of one place do different things. */
static void each_code_is_one_action(void **state)
{
    (void)state;
    for (size_t i = 0; i < keys_count(); i++)
        for (size_t j = 0; j < i; j++)
            for (size_t a = 0; a < KEY_CODES && keys_at(i)->codes[a]; a++)
                for (size_t b = 0; b < KEY_CODES && keys_at(j)->codes[b]; b++)
                    if (keys_at(i)->codes[a] == keys_at(j)->codes[b] &&
                        (keys_at(i)->places & keys_at(j)->places))
                        fail_msg("code %d twice", keys_at(i)->codes[a]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_told),
        cmocka_unit_test(each_code_is_one_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
