/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_LEAKTEST_H
#define LEAKTOP_TABLES_LEAKTEST_H

#include <stddef.h>

/* Leak test services with an interface for programs: names whose look-up their authority notes, and
 * JSON over HTTPS that says who came. */

enum leaktest_form {
    LEAKTEST_LIST, /* [{"ip": ..., "asn": ..., "org" or "organization": ..., "country": ...}, ...];
                      where entries have a "type", those of type "dns" */
    LEAKTEST_HITS, /* {"ip": {ADDRESS: hits, ...}} */
    LEAKTEST_EDNS, /* {"dns": {"ip": ..., "geo": "Country - Org"}, "edns": {"ip": ...}} */
    LEAKTEST_MAP,  /* {"ip": ..., "qname_minimization": ..., "isp": {"asn": ..., "name": ...}} */
};

enum leaktest_wire {
    LEAKTEST_EACH,    /* each name is fetched itself, and says who came for it */
    LEAKTEST_SESSION, /* the same, and all names of a test share a session */
    LEAKTEST_RESULT,  /* an ID is fetched, names below it are looked up, a result is fetched */
};

struct leaktest {
    const char *key;     /* as it is chosen in the configuration */
    const char *zone;    /* its names stand below it */
    const char *path;    /* of each name; LEAKTEST_RESULT: before and behind the ID, '*' for it */
    const char *id_path; /* LEAKTEST_RESULT: at the zone itself, where the ID is */
    enum leaktest_wire wire;
    enum leaktest_form form;
    unsigned label; /* so many random letters and digits; 0: a UUID */
    const char *run_by;
    unsigned seconds_between; /* in the long run, see sources/budget */
};

/* By key; NULL: no such service. */
const struct leaktest *leaktest_by_key(const char *key);
/* The one that tells of a resolver's habits: asked in each extended test. */
const struct leaktest *leaktest_map(void);
const struct leaktest *leaktest_rows(size_t *count);

#endif
