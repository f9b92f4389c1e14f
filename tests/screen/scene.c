/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the live screen on a model of scenes.c, for tests/screen/run.sh: no packet, no route,
 * no clock but the scene's own. `scene NAME [--ascii] [--no-color] [--mask] [--passive]`. SIGUSR1
 * adds a look-up by the tunnel (in the scene bootstrap: the tunnel comes up), SIGUSR2 one that
 * leaks, both a second later than what was last. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "scenes.h"

static void draw(struct scene *scene, struct screen *screen)
{
    judge_all(scene->model, scene->now, &scene->verdict);
    screen_draw(screen, scene->model, &scene->verdict, &scene->progress);
}

static void obey(
    struct scene *scene, const struct screen *screen, enum screen_request request, int argument)
{
    scene->progress.probing = request == REQUEST_RECHECK || request == REQUEST_RECHECK_ALL;
    if (request == REQUEST_CLEAR_LATCH)
        model_clear_latch(scene->model, scene->now);
    else if (request == REQUEST_EXPECT)
        model_expect(scene->model,
            argument == EXPECT_COUNT ? EXPECT_NONE : (enum expectation)argument,
            argument == EXPECT_COUNT, scene->now);
    else if (request == REQUEST_INTEND && model_intend(scene->model, screen_intended(screen)))
        model_event(scene->model, scene->now, "intended", "", "marked as intended");
}

static void on_crash(int number)
{
    screen_crash_restore();
    signal(number, SIG_DFL);
    raise(number);
}

/* False: the scene is over. */
static bool keys(struct scene *scene, struct screen *screen)
{
    for (;;) {
        int argument = 0;
        enum screen_request request =
            screen_input(screen, scene->model, &scene->verdict, &argument);
        if (request == REQUEST_NONE)
            return true;
        if (request == REQUEST_QUIT || request == REQUEST_LOST)
            return false;
        if (request == REQUEST_SUSPEND) {
            screen_suspend(screen);
            raise(SIGSTOP);
            screen_resume(screen);
        }
        obey(scene, screen, request, argument);
    }
}

int main(int argc, char **argv)
{
    struct screen_options options = {.host = "gw1"};
    const char *no_color = getenv("NO_COLOR");
    options.no_color = no_color && no_color[0];
    for (int i = 2; i < argc; i++) {
        options.ascii |= strcmp(argv[i], "--ascii") == 0;
        options.no_color |= strcmp(argv[i], "--no-color") == 0;
        options.mask |= strcmp(argv[i], "--mask") == 0;
        options.passive |= strcmp(argv[i], "--passive") == 0;
    }
    char error[256];
    if (argc < 2 || !screen_possible(error, sizeof(error))) {
        fprintf(stderr, "scene: %s\n", argc < 2 ? "which?" : error);
        return 2;
    }
    struct scene scene = {.now = START};
    scene.model = model_new(1, scene.now);
    if (!scene.model ||
        (model_expect(scene.model, EXPECT_NONE, true, scene.now), !scenes_build(&scene, argv[1]))) {
        fprintf(stderr, "scene: there is no scene %s\n", argv[1]);
        return 2;
    }
    sigset_t set;
    sigemptyset(&set);
    static const int wanted[] = {SIGWINCH, SIGUSR1, SIGUSR2, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        sigaddset(&set, wanted[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    signal(SIGSEGV, on_crash);
    struct screen *screen = screen_open(&options, error, sizeof(error));
    if (!screen || signals < 0) {
        fprintf(stderr, "scene: %s\n", error);
        return 2;
    }
    if (strcmp(argv[1], "complain") == 0)
        fprintf(stderr, "a library \x1b[31mcomplains\n");
    draw(&scene, screen);
    if (strcmp(argv[1], "crash") == 0)
        raise(SIGSEGV);
    for (bool on = true; on;) {
        struct pollfd polled[2] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
        struct signalfd_siginfo info;
        if (poll(polled, 2, screen_waiting(screen) ? 20 : -1) < 0 && errno != EINTR)
            break;
        if (polled[1].revents && read(signals, &info, sizeof(info)) == sizeof(info)) {
            scene.now += SECOND;
            if (info.ssi_signo == SIGWINCH)
                screen_resize(screen);
            else if (info.ssi_signo == SIGUSR1 && strcmp(argv[1], "bootstrap") == 0)
                server_reached(&scene);
            else if (info.ssi_signo == SIGUSR1)
                ask_tunnelled(&scene, "more.example.net");
            else if (info.ssi_signo == SIGUSR2)
                ask_leaking(&scene, "late.example.com");
            else
                on = false;
        }
        if (on && polled[0].revents)
            on = keys(&scene, screen);
        if (on)
            draw(&scene, screen);
    }
    screen_close(screen);
    puts("scene: over");
    model_free(scene.model);
    return 0;
}
