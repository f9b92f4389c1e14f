/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/text.h"

/* Kernels know more capabilities from time to time; the first that is unknown ends each walk. */
#define CAPABILITIES_MAX 63

/* ---- who ---- */

static void set_account(struct rights_user *user, const struct passwd *account)
{
    user->uid = account->pw_uid;
    user->gid = account->pw_gid;
    text_format(user->name, sizeof(user->name), "%s", account->pw_name);
    text_format(user->home, sizeof(user->home), "%s", account->pw_dir ? account->pw_dir : "");
}

static bool by_name(struct rights_user *user, const char *name)
{
    const struct passwd *account = getpwnam(name);
    if (!account)
        return false;
    set_account(user, account);
    return true;
}

static void add_groups(struct rights_user *user)
{
    int count = RIGHTS_GROUPS;
    if (user->name[0] == '\0' || getgrouplist(user->name, user->gid, user->groups, &count) < 0) {
        user->groups[0] = user->gid;
        count = 1;
    }
    user->group_count = count;
}

/* A number that an environment variable holds as decimal digits and nothing else. */
static bool number_from(const char *variable, unsigned *number)
{
    const char *text = getenv(variable);
    if (!text || *text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || value >= (uid_t)-1)
        return false;
    *number = (unsigned)value;
    return true;
}

bool rights_are_roots(const struct rights_user *user)
{
    unsigned caller;
    if (getuid() != 0)
        return false;
    return user->uid == 0 || !user->person ||
           (number_from("SUDO_UID", &caller) && caller == user->uid);
}

static bool may_change_user(void)
{
    return rights_have(CAP_SETUID) && rights_have(CAP_SETGID);
}

static void stay(struct rights_user *user)
{
    const struct passwd *account = getpwuid(getuid());
    if (account)
        set_account(user, account);
    user->uid = getuid();
    user->gid = getgid();
    int count = getgroups(RIGHTS_GROUPS, user->groups);
    user->group_count = count < 0 ? 0 : count;
    user->person = true;
}

static void set_servant(struct rights_user *user)
{
    if (!by_name(user, "leaktop") && !by_name(user, "nobody"))
        user->uid = user->gid = 65534; /* no account database: the kernel's overflow user */
    user->groups[0] = user->gid;
    user->group_count = 1;
}

int rights_find_main(const char *wanted, struct rights_user *user, char *error, size_t error_size)
{
    *user = (struct rights_user){0};
    if (wanted) {
        if (!by_name(user, wanted)) {
            text_escape(wanted, strlen(wanted), user->name, sizeof(user->name));
            text_format(error, error_size, "--user: there is no user \"%s\"", user->name);
            return -ENOENT;
        }
        if (user->uid == getuid() && (user->uid != 0 || !may_change_user())) {
            stay(user);
            return 0;
        }
        if (getuid() != 0 || !may_change_user()) {
            text_format(error, error_size, "--user: only root may become another user");
            return -EPERM;
        }
        user->person = true;
        add_groups(user);
        return 0;
    }
    /* Set-user-ID root, or no way to change: the environment has no say. */
    if (getuid() != 0 || !may_change_user()) {
        stay(user);
        return 0;
    }
    unsigned uid, gid;
    if (number_from("SUDO_UID", &uid) && uid != 0) {
        const struct passwd *account = getpwuid(uid);
        if (account)
            set_account(user, account);
        user->uid = uid;
        if (number_from("SUDO_GID", &gid))
            user->gid = gid;
        else if (!account)
            user->gid = uid;
        user->person = true;
        add_groups(user);
        return 0;
    }
    set_servant(user);
    return 0;
}

void rights_find_servant(struct rights_user *user)
{
    *user = (struct rights_user){0};
    if (may_change_user())
        set_servant(user);
    else
        stay(user);
}

/* ---- what ---- */

static bool flag_is_set(cap_t set, cap_value_t capability, cap_flag_t flag)
{
    cap_flag_value_t value = CAP_CLEAR;
    return set && cap_get_flag(set, capability, flag, &value) == 0 && value == CAP_SET;
}

bool rights_have(cap_value_t capability)
{
    cap_t now = cap_get_proc();
    bool have = flag_is_set(now, capability, CAP_PERMITTED);
    cap_free(now);
    return have;
}

/* What is permitted becomes effective: with file capabilities it need not be. */
static int raise_permitted(void)
{
    int error = 0;
    cap_t now = cap_get_proc();
    if (!now)
        return -errno;
    for (cap_value_t each = 0; each <= CAPABILITIES_MAX && CAP_IS_SUPPORTED(each); each++) {
        if (flag_is_set(now, each, CAP_PERMITTED) &&
            cap_set_flag(now, CAP_EFFECTIVE, 1, &each, CAP_SET) < 0)
            error = -errno;
    }
    if (error == 0 && cap_set_proc(now) < 0)
        error = -errno;
    cap_free(now);
    return error;
}

void rights_lower(void)
{
    if (geteuid() != getuid() && seteuid(getuid()) < 0)
        return;
    cap_t now = cap_get_proc();
    if (now && cap_clear_flag(now, CAP_EFFECTIVE) == 0)
        (void)cap_set_proc(now);
    cap_free(now);
}

/* What an exec could give back. Without CAP_SETPCAP it stays; no_new_privs makes it worthless. */
static int drop_bounding(void)
{
    if (!rights_have(CAP_SETPCAP))
        return 0;
    for (cap_value_t each = 0; each <= CAPABILITIES_MAX; each++) {
        int bound = prctl(PR_CAPBSET_READ, each, 0, 0, 0);
        if (bound < 0)
            break;
        if (bound == 1 && prctl(PR_CAPBSET_DROP, each, 0, 0, 0) < 0)
            return -errno;
    }
    return 0;
}

static int change_user(const struct rights_user *user)
{
    /* Without the right to change, this still ends what a set-user-ID or set-group-ID bit gave. */
    bool change = may_change_user();
    if (change && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return -errno;
    if (change && setgroups((size_t)user->group_count, user->groups) < 0)
        return -errno;
    if (setresgid(user->gid, user->gid, user->gid) < 0 ||
        setresuid(user->uid, user->uid, user->uid) < 0)
        return -errno;
    if (change && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

static int keep_only(const cap_value_t *keep, int keep_count)
{
    int error = 0;
    cap_t now = cap_get_proc();
    cap_t then = cap_init();
    if (!now || !then) {
        error = -errno;
        goto out;
    }
    for (int i = 0; i < keep_count; i++) {
        if (!flag_is_set(now, keep[i], CAP_PERMITTED))
            continue;
        if (cap_set_flag(then, CAP_PERMITTED, 1, &keep[i], CAP_SET) < 0 ||
            cap_set_flag(then, CAP_EFFECTIVE, 1, &keep[i], CAP_SET) < 0) {
            error = -errno;
            goto out;
        }
    }
    if (cap_set_proc(then) < 0) {
        error = -errno;
        goto out;
    }
    cap_free(now);
    now = cap_get_proc();
    if (!now || cap_compare(now, then) != 0)
        error = -EPERM;
out:
    cap_free(then);
    cap_free(now);
    return error;
}

static int check_user(const struct rights_user *user)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    if (getresuid(&real, &effective, &saved) < 0 ||
        getresgid(&real_group, &effective_group, &saved_group) < 0)
        return -errno;
    if (real != user->uid || effective != user->uid || saved != user->uid)
        return -EPERM;
    if (real_group != user->gid || effective_group != user->gid || saved_group != user->gid)
        return -EPERM;
    /* Capabilities are gone by now, so that this works for nobody but root itself. */
    if (user->uid != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
        return -EPERM;
    return 0;
}

int rights_become(const struct rights_user *user, const cap_value_t *keep, int keep_count)
{
    int error = raise_permitted();
    if (error == 0)
        error = drop_bounding();
    if (error == 0)
        error = change_user(user);
    if (error == 0)
        error = keep_only(keep, keep_count);
    if (error == 0)
        error = check_user(user);
    if (error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        error = -errno;
    /* Old kernels have no ambient set to clear. */
    if (error == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
        errno != EINVAL)
        error = -errno;
    return error;
}
