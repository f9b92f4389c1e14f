/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_OPTIONS_H
#define LEAKTOP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/words.h"

#define OPTION_NAMES 8

/* The command line, and what the configuration file adds to it. Texts belong to argv, or to the
 * options themselves (notes, zone). */
struct options {
    bool once, json, headless, passive, mask, ascii, no_color, help, version;
    bool expect_given;
    double duration;  /* seconds */
    const char *file; /* -r, NULL: live */
    const char *interfaces[OPTION_NAMES];
    size_t interface_count;
    const char *tunnels[OPTION_NAMES];
    size_t tunnel_count;
    const char *uplinks[OPTION_NAMES];
    size_t uplink_count;
    enum expectation expect; /* valid where expect_given */
    const char *user;
    const char *config;
    const char *log; /* "-" standard output */
    /* from the configuration file */
    char notes[256];        /* [screen] notes: a FIFO whose lines become events; "" none */
    char zone[256];         /* [probe] zone: where unique names are asked for; "" the table's */
    double probe_interval;  /* [probe] interval, seconds */
    double public_interval; /* [public-ip] interval, seconds */
};

/* Parse. 0, or -1 with one line in error that names the option. */
int options_parse(struct options *options, int argc, char **argv, char *error, size_t error_size);
/* Read a configuration file (ini) into options. 0, or -1 with the reason in error. */
int options_read_file(struct options *options, const char *path, char *error, size_t error_size);
/* The help text, drawn from the table of options. */
void options_help(FILE *out);

#endif
