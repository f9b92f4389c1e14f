/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/alarm.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "views/alarm.h"
#include "watch/private.h"

/* A command that has not ended by then is ended when the next is due. */
#define PATIENCE_NS (60 * SECOND)
#define ENVIRONMENT_MAX 512

struct alarms {
    struct alarm_state state;
    uv_process_t process;
    bool running, again; /* again: one more is due when this one has ended */
    uint64_t started_ns;
    char fields[ALARM_FIELDS][ALARM_FIELD];
    size_t field_count;
    char home[sizeof("HOME=") + sizeof(((struct guard *)0)->home)];
    char user[sizeof("USER=") + sizeof(((struct guard *)0)->user)];
    char *environment[ENVIRONMENT_MAX];
    char sentence[ALARM_TEXT];
};

static void run(struct watch *watch);

static void on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    watch->alarms->running = false;
    if (!watch->stopping && watch->alarms->again)
        run(watch);
}

static void on_ended(uv_process_t *process, int64_t status, int number)
{
    struct watch *watch = process->data;
    if (number != 0)
        model_event(
            watch->model, watch_clock(), "alarm", "", "the command was ended by signal %d", number);
    else if (status != 0)
        model_event(watch->model, watch_clock(), "alarm", "", "the command ended with status %d",
            (int)status);
    if (number != 0 || status != 0)
        show_changed(watch);
    if (!uv_is_closing((uv_handle_t *)process))
        uv_close((uv_handle_t *)process, on_closed);
}

static bool replaced(const struct alarms *alarms, const char *entry)
{
    return strncmp(entry, "LEAKTOP_", strlen("LEAKTOP_")) == 0 ||
           (alarms->home[0] && strncmp(entry, "HOME=", strlen("HOME=")) == 0) ||
           (alarms->user[0] && (strncmp(entry, "USER=", strlen("USER=")) == 0 ||
                                   strncmp(entry, "LOGNAME=", strlen("LOGNAME=")) == 0));
}

/* That of leaktop itself, with the home of whom it became, and what is told. */
static void fill_environment(struct alarms *alarms)
{
    size_t count = 0, rest = alarms->field_count + 3;
    for (char **entry = environ; entry && *entry && count + rest < ENVIRONMENT_MAX; entry++)
        if (!replaced(alarms, *entry))
            alarms->environment[count++] = *entry;
    if (alarms->home[0])
        alarms->environment[count++] = alarms->home;
    if (alarms->user[0])
        alarms->environment[count++] = alarms->user;
    for (size_t i = 0; i < alarms->field_count; i++)
        alarms->environment[count++] = alarms->fields[i];
    alarms->environment[count] = NULL;
}

/* Libraries, and whoever started leaktop, may have left some open that would be handed on. */
static void keep_descriptors(void)
{
    if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    /* Before Linux 5.11. */
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    for (rlim_t fd = STDERR_FILENO + 1; fd < limit.rlim_cur && fd < 65536; fd++)
        (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

/* No shell reads any of this: words of the configuration are arguments as they stand, and what
 * came from the network is in the environment alone, or in the sentence, which begins with words of
 * our own and so is never taken for an option. */
static void run(struct watch *watch)
{
    struct alarms *alarms = watch->alarms;
    const struct option_alarm *options = &watch->options->alarm;
    char words[sizeof(options->command)];
    char *argv[OPTION_WORDS + 1];
    size_t count = 0;
    alarms->again = false;
    memcpy(words, options->command, sizeof(words));
    char *save = NULL;
    for (char *word = strtok_r(words, " \t", &save); word && count < OPTION_WORDS;
         word = strtok_r(NULL, " \t", &save))
        argv[count++] = strcmp(word, "%alarm") == 0 ? alarms->sentence : word;
    argv[count] = NULL;
    fill_environment(alarms);
    keep_descriptors();
    uv_stdio_container_t none[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    uv_process_options_t how = {.file = argv[0],
        .args = argv,
        .env = alarms->environment,
        .cwd = "/",
        .exit_cb = on_ended,
        .flags = UV_PROCESS_DETACHED, /* the terminal's signals are not for it */
        .stdio_count = 3,
        .stdio = none};
    alarms->process.data = watch;
    int error = uv_spawn(&watch->loop, &alarms->process, &how);
    alarms->running = true; /* the handle is to be closed even where it failed */
    alarms->started_ns = uv_hrtime();
    if (error == 0)
        return;
    model_event(watch->model, watch_clock(), "alarm", "", "the command cannot be started: %s",
        uv_strerror(error));
    uv_close((uv_handle_t *)&alarms->process, on_closed);
}

static void command(struct watch *watch, const struct alarm *alarm, uint64_t now)
{
    struct alarms *alarms = watch->alarms;
    bool mask = watch->screen ? screen_masked(watch->screen) : watch->options->mask;
    alarms->field_count = alarm_fields(alarm, &watch->verdict, now, mask, alarms->fields);
    if (!alarms->running) {
        run(watch);
        return;
    }
    /* Never two at once; of several that are due the newest is told. */
    alarms->again = true;
    if (uv_hrtime() - alarms->started_ns > PATIENCE_NS)
        (void)uv_process_kill(&alarms->process, SIGKILL);
}

void alarm_open(struct watch *watch)
{
    const struct option_alarm *options = &watch->options->alarm;
    if (watch->file || watch->mode == WATCH_ONCE)
        return;
    if (!options->bell && !options->title && options->notice == NOTICE_NONE && !options->command[0])
        return;
    watch->alarms = calloc(1, sizeof(*watch->alarms));
    if (!watch->alarms)
        return;
    if (watch->guard->home[0])
        text_format(
            watch->alarms->home, sizeof(watch->alarms->home), "HOME=%s", watch->guard->home);
    if (watch->guard->user[0])
        text_format(
            watch->alarms->user, sizeof(watch->alarms->user), "USER=%s", watch->guard->user);
}

void alarm_check(struct watch *watch)
{
    struct alarms *alarms = watch->alarms;
    if (!alarms || watch->stopping)
        return;
    const struct option_alarm *options = &watch->options->alarm;
    uint64_t now = watch_clock();
    struct alarm alarm;
    char title[ALARM_TEXT];
    if (options->title && watch->screen)
        screen_title(watch->screen, alarm_title(watch->model, &watch->verdict, title));
    if (!alarm_look(&alarms->state, watch->model, &watch->verdict, now, &alarm))
        return;
    alarm_sentence(&alarm, &watch->verdict, alarms->sentence);
    if (watch->screen)
        screen_alarm(watch->screen, options->bell, options->notice, alarms->sentence);
    if (options->command[0])
        command(watch, &alarm, now);
}

void alarm_close(struct watch *watch)
{
    free(watch->alarms);
    watch->alarms = NULL;
}
