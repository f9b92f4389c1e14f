/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_OPTIONS_H
#define LEAKTOP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/address.h"
#include "base/words.h"
#include "model/model.h"

#define OPTION_NAMES 8
/* How often a key of the configuration that may stand several times does so at most. */
#define OPTION_ROWS 64
#define OPTION_ADDRESSES 8

/* [encrypted-dns] server */
struct option_resolver {
    char host[256]; /* presentation form, "*.x" all below x; "" none */
    size_t address_count;
    struct address addresses[OPTION_ADDRESSES];
};

/* [alarm]: who is told of a leak, and how. */
#define OPTION_WORDS 16 /* of a command */
struct option_alarm {
    bool bell, title;
    enum notice notice;
    char command[512]; /* words with blanks between them, at most OPTION_WORDS; "" none */
};

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
    struct option_alarm alarm;
    char notes[256];           /* [screen] notes: a FIFO whose lines become events; "" none */
    char export_folder[256];   /* [export] folder: where e exports to; "" the state folder */
    char zone[256];            /* [probe] zone: where unique names are asked for; "" the table's */
    char probe_service[32];    /* [probe] service: a leak test service asked beside; "" none */
    enum test_kind probe_test; /* [probe] test: what runs at start; default the standard test */
    double probe_interval;     /* [probe] interval, seconds */
    double public_interval;    /* [public-ip] interval, seconds */
    /* [attribution] exact: programs in the kernel may say who sent a packet; default true */
    bool attribution_exact;
    /* [network] database: files of the MaxMind format; cymru: may be asked, default true */
    char databases[OPTION_NAMES][256];
    size_t database_count;
    bool cymru;
    /* [encrypted-dns] server: resolvers beside those that the tables know */
    struct option_resolver resolvers[OPTION_ROWS];
    size_t resolver_count;
    /* [intended] rule: what the person means to leave outside the tunnel */
    struct intended rules[OPTION_ROWS];
    size_t rule_count;
    /* [vpn] server: names of the person's own VPN servers */
    char servers[OPTION_ROWS][256];
    size_t server_count;
    /* [local] split: split DNS that no file of the system tells */
    struct split_domain splits[OPTION_ROWS];
    size_t split_count;
};

/* Parse. 0, or -1 with one line in error that names the option. */
int options_parse(struct options *options, int argc, char **argv, char *error, size_t error_size);
/* Read a configuration file (ini) into options. 0, or -1 with the reason, file and line in error.
 */
int options_read_file(struct options *options, const char *path, char *error, size_t error_size);
/* The same with the first that there is of: leaktop/leaktop.conf below $XDG_CONFIG_HOME, below
 * .config of home (that of the user who is watched; "" not known), /etc/leaktop.conf. None is no
 * error; one that somebody else may write to is: it could call leaks intended. */
int options_read_default(struct options *options, const char *home, char *error, size_t error_size);
/* The help text, drawn from the table of options. */
void options_help(FILE *out);

#endif
