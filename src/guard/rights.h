/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_RIGHTS_H
#define LEAKTOP_GUARD_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/types.h>

/* Who a process is and what it may: users, groups, capabilities(7). */

#define RIGHTS_GROUPS 256

struct rights_user {
    uid_t uid;
    gid_t gid;
    gid_t groups[RIGHTS_GROUPS]; /* supplementary */
    int group_count;
    bool person;    /* somebody's account, not one that exists to have no rights */
    char name[64];  /* raw; "" not known */
    char home[256]; /* "" not known */
};

/* Whom main shall become: --user (wanted, may be NULL), SUDO_UID, "leaktop", "nobody"; who is no
 * root stays who he is. 0, or -errno with a sentence in error. */
int rights_find_main(const char *wanted, struct rights_user *user, char *error, size_t error_size);
/* Whom the two others become: "leaktop", "nobody", or whoever we are where that cannot change. */
void rights_find_servant(struct rights_user *user);

/* True where whoever may look into a process of that user has root's rights anyway: root started
 * us, and it is root, whoever called sudo, or nobody's account. Before rights_become. */
bool rights_are_roots(const struct rights_user *user);

/* True where the capability is permitted to this process. */
bool rights_have(cap_value_t capability);

/* Rights stay at hand (permitted) and are not used (effective) until rights_become. */
void rights_lower(void);

/* Give up groups, gid and uid, in that order, then every capability but those of keep that are
 * permitted now (they become effective; none is inheritable, ambient or left in the bounding set
 * where that may be changed), and set no_new_privs. Checks that it came out so and that there is no
 * way back. 0, or -errno: the process must not go on then. */
int rights_become(const struct rights_user *user, const cap_value_t *keep, int keep_count);

#endif
