/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum {
    LONG_ONCE = 256,
    LONG_DURATION,
    LONG_JSON,
    LONG_HEADLESS,
    LONG_LOG,
    LONG_MASK,
    LONG_ASCII,
    LONG_NO_COLOR,
};

static const struct row {
    int key; /* the short letter, or one of the above */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
} rows[] = {
    {LONG_ONCE, "once", NULL, "observe, print one report, exit"},
    {LONG_DURATION, "duration", "S", "seconds that --once observes (10)"},
    {LONG_JSON, "json", NULL, "the report as JSON; means --once"},
    {LONG_HEADLESS, "headless", NULL, "no screen: for a service"},
    {LONG_LOG, "log", "FILE", "with --headless: write changes line by line, '-' standard output"},
    {'r', "read", "FILE", "judge a capture file (pcap, pcapng), '-' standard input"},
    {'i', "interface", "NAME", "watch this interface only; repeatable"},
    {'t', "tunnel", "NAME", "this interface is the tunnel"},
    {'u', "uplink", "NAME", "this interface is an uplink"},
    {'e', "expect", "WHAT", "auto, none, vpn or tor (auto)"},
    {'p', "passive", NULL, "send nothing"},
    {'U', "user", "NAME", "whose rights to take"},
    {'c', "config", "FILE", "configuration file"},
    {LONG_MASK, "mask", NULL, "hide names and addresses"},
    {LONG_ASCII, "ascii", NULL, "ASCII characters only"},
    {LONG_NO_COLOR, "no-color", NULL, "no colours"},
    {'h', "help", NULL, "this text"},
    {'V', "version", NULL, "the version"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool add_name(const char **list, size_t *count, const char *name)
{
    if (*count == OPTION_NAMES)
        return false;
    list[(*count)++] = name;
    return true;
}

static bool seconds(const char *text, double *out)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value > 0) || value > 1e9)
        return false;
    *out = value;
    return true;
}

static bool expect_word(struct options *options, const char *word)
{
    options->expect_given = strcmp(word, "auto") != 0;
    if (!options->expect_given)
        return true;
    for (size_t i = 0; i < EXPECT_COUNT; i++)
        if (strcmp(word, expectation_word((enum expectation)i)) == 0) {
            options->expect = (enum expectation)i;
            return true;
        }
    return false;
}

/* True where the option's argument is good. */
static bool apply(struct options *options, int key, const char *argument)
{
    switch (key) {
    case LONG_ONCE:
        options->once = true;
        return true;
    case LONG_DURATION:
        return seconds(argument, &options->duration);
    case LONG_JSON:
        options->json = options->once = true;
        return true;
    case LONG_HEADLESS:
        options->headless = true;
        return true;
    case LONG_LOG:
        options->log = argument;
        return argument[0] != '\0';
    case 'r':
        options->file = argument;
        return argument[0] != '\0';
    case 'i':
        return add_name(options->interfaces, &options->interface_count, argument);
    case 't':
        return add_name(options->tunnels, &options->tunnel_count, argument);
    case 'u':
        return add_name(options->uplinks, &options->uplink_count, argument);
    case 'e':
        return expect_word(options, argument);
    case 'p':
        options->passive = true;
        return true;
    case 'U':
        options->user = argument;
        return argument[0] != '\0';
    case 'c':
        options->config = argument;
        return true;
    case LONG_MASK:
        options->mask = true;
        return true;
    case LONG_ASCII:
        options->ascii = true;
        return true;
    case LONG_NO_COLOR:
        options->no_color = true;
        return true;
    case 'h':
        options->help = true;
        return true;
    case 'V':
        options->version = true;
        return true;
    default:
        return false;
    }
}

int options_parse(struct options *options, int argc, char **argv, char *error, size_t error_size)
{
    struct option longs[ROWS + 1] = {0};
    char shorts[2 * ROWS + 3] = ":";
    size_t at = 1;
    for (size_t i = 0; i < ROWS; i++) {
        longs[i] = (struct option){.name = rows[i].name,
            .has_arg = rows[i].argument ? required_argument : no_argument,
            .val = rows[i].key};
        if (rows[i].key < 256) {
            shorts[at++] = (char)rows[i].key;
            if (rows[i].argument)
                shorts[at++] = ':';
        }
    }
    *options = (struct options){.duration = 10,
        .probe_interval = 60,
        .public_interval = 600,
        .attribution_exact = true,
        .cymru = true};
    opterr = 0;
    for (;;) {
        int before = optind > 0 ? optind : 1;
        int key = getopt_long(argc, argv, shorts, longs, NULL);
        char given[80];
        if (key == -1)
            break;
        const char *word = before < argc ? argv[before] : "";
        text_escape(word, strcspn(word, "="), given, sizeof(given));
        if (key == '?' || key == ':') {
            if (optopt != 0 && optopt < 256 && word[0] == '-' && word[1] != '-')
                text_format(given, sizeof(given), "-%c", optopt);
            text_format(error, error_size,
                key == '?' ? "%s: no such option, or it takes no argument; see --help"
                           : "%s: needs an argument; see --help",
                given);
            return -1;
        }
        if (!apply(options, key, optarg ? optarg : "")) {
            char argument[80];
            text_escape(
                optarg ? optarg : "", optarg ? strlen(optarg) : 0, argument, sizeof(argument));
            text_format(error, error_size, "%s: cannot take '%s'; see --help", given, argument);
            return -1;
        }
    }
    if (optind < argc) {
        char word[80];
        text_escape(argv[optind], strlen(argv[optind]), word, sizeof(word));
        text_format(error, error_size, "%s: leaktop takes options only; see --help", word);
        return -1;
    }
    if (options->log && !options->headless) {
        text_format(error, error_size, "--log: goes with --headless");
        return -1;
    }
    if (options->headless && (options->once || options->file)) {
        text_format(error, error_size, "--headless: does not go with --once or -r");
        return -1;
    }
    return 0;
}

void options_help(FILE *out)
{
    fputs("leaktop [options]                 live screen\n"
          "leaktop --once [--duration S] [--json]\n"
          "                                  observe, print one report, exit\n"
          "leaktop --headless [--log FILE]   no screen: for a service\n"
          "leaktop -r FILE [--once --json]   judge a capture file\n\n",
        out);
    for (size_t i = 0; i < ROWS; i++) {
        char left[40];
        text_format(left, sizeof(left), "%c%c%c --%s%s%s", rows[i].key < 256 ? '-' : ' ',
            rows[i].key < 256 ? rows[i].key : ' ', rows[i].key < 256 ? ',' : ' ', rows[i].name,
            rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        fprintf(out, "  %-24s %s\n", left, rows[i].help);
    }
    fputs("\nExit status of --once: 0 no leak seen, 1 leak, 2 wrong use or could not start,\n"
          "3 could not tell (unknown), 4 unprotected (nothing expected, no tunnel).\n",
        out);
}
