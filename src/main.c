/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "options.h"
#include "sources/killswitch.h"
#include "sources/xfrm.h"
#include "views/log.h"
#include "views/screen/screen.h"
#include "watch/watch.h"

static int refuse(const char *error)
{
    fprintf(stderr, "leaktop: %s\n", error);
    return 2;
}

/* A descriptor that is missing would be given to the next file opened, and then written to. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
}

int main(int argc, char **argv)
{
    static struct options options;
    struct guard guard = {.keeper = -1};
    char error[256];
    int log = -1;

    guard_prepare();
    keep_standard_descriptors();
    if (options_parse(&options, argc, argv, error, sizeof(error)) != 0)
        return refuse(error);
    if (options.help) {
        options_help(stdout);
        return fflush(stdout) == 0 ? 0 : 2;
    }
    if (options.version) {
        puts("leaktop " LEAKTOP_VERSION);
        return fflush(stdout) == 0 ? 0 : 2;
    }
    setlocale(LC_ALL, "");

    enum watch_mode mode = options.headless                         ? WATCH_HEADLESS
                           : options.once || !isatty(STDOUT_FILENO) ? WATCH_ONCE
                                                                    : WATCH_SCREEN;
    if (mode == WATCH_SCREEN) {
        if (!isatty(STDIN_FILENO))
            return refuse("standard input is no terminal, so no key can be read: "
                          "use --once or --headless");
        if (!screen_possible(error, sizeof(error)))
            return refuse(error);
    }
    struct guard_plan plan = {
        .user = options.user, .capture_file = -1, .frames = mode == WATCH_SCREEN};
    if (options.file) {
        plan.capture_file = strcmp(options.file, "-") == 0
                                ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(options.file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat stat;
        if (plan.capture_file < 0 || fstat(plan.capture_file, &stat) != 0 ||
            (errno = EISDIR, S_ISDIR(stat.st_mode))) {
            char shown[160];
            text_escape(options.file, strlen(options.file), shown, sizeof(shown));
            text_format(error, sizeof(error), "-r %s: %s", shown, strerror(errno));
            return refuse(error);
        }
        (void)fcntl(plan.capture_file, F_SETFL, fcntl(plan.capture_file, F_GETFL) & ~O_NONBLOCK);
    }
    /* Opened before rights are given up. */
    bool standard = options.log && strcmp(options.log, "-") == 0;
    if (options.log && (log = standard ? STDOUT_FILENO : log_open(options.log)) < 0) {
        text_format(error, sizeof(error), "--log: cannot open: %s", strerror(errno));
        return refuse(error);
    }
    /* Subscribed to while that is permitted; the two other processes close it. */
    struct xfrm *xfrm = options.file ? NULL : xfrm_open();
    struct killswitch *killswitch = options.file ? NULL : killswitch_open();
    if (guard_start(&plan, &guard, error, sizeof(error)) != 0)
        return refuse(error);
    int status;
    if ((options.config ? options_read_file(&options, options.config, error, sizeof(error))
                        : options_read_default(&options, guard.home, error, sizeof(error))) != 0) {
        status = refuse(error);
        xfrm_close(xfrm);
        killswitch_close(killswitch);
    } else {
        status = watch_run(&guard, xfrm, killswitch, &options, mode, log);
    }
    guard_stop(&guard);
    return status;
}
