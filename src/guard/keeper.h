/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_KEEPER_H
#define LEAKTOP_GUARD_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "guard/rights.h"

struct frames;
struct ring;

/* The process between main and capture: starts captures and says who owns a socket. It parses
 * nothing but main's questions and /proc. */

struct keeper {
    struct ring *ring;
    struct frames *frames;          /* NULL: no packet is handed on */
    int main;                       /* socket to main */
    pid_t main_pid;                 /* whose end is the keeper's end */
    int capture_file;               /* descriptor of a capture file, or -1: live */
    bool others;                    /* main may have the browsers' files of all people */
    const struct rights_user *user; /* whom keeper and capture become */
};

/* Runs in a process just forked by main, and ends it. Reports to the ring where it cannot start. */
_Noreturn void keeper_run(struct keeper *keeper);

#endif
