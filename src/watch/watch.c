/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "guard/ring.h"
#include "model/model.h"
#include "options.h"
#include "sources/killswitch.h"
#include "sources/xfrm.h"
#include "tables/encrypted.h"
#include "views/log.h"
#include "watch/alarm.h"
#include "watch/attribution.h"
#include "watch/encrypted.h"
#include "watch/filelinks.h"
#include "watch/before.h"
#include "watch/browsers.h"
#include "watch/networks.h"
#include "watch/private.h"

uint64_t watch_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void watch_stop(struct watch *watch, int status)
{
    if (watch->stopping)
        return;
    watch->stopping = true;
    watch->status = status;
    uv_stop(&watch->loop);
}

void watch_timer(struct watch *watch, enum timer timer, uv_timer_cb callback, uint64_t after_ms,
    uint64_t repeat_ms)
{
    uv_timer_start(&watch->timers[timer], callback, after_ms, repeat_ms);
}

bool watch_timer_active(const struct watch *watch, enum timer timer)
{
    return uv_is_active((const uv_handle_t *)&watch->timers[timer]);
}

/* The table, and what the configuration adds to it; NULL without memory. */
static struct encrypted_table *known_resolvers(const struct options *options)
{
    struct encrypted_table *table = encrypted_new();
    for (size_t i = 0; table && i < options->resolver_count; i++) {
        const struct option_resolver *resolver = &options->resolvers[i];
        const char *host = resolver->host[0] ? resolver->host : NULL;
        if (host)
            (void)encrypted_add(table, host, NULL);
        for (size_t j = 0; j < resolver->address_count; j++)
            (void)encrypted_add(table, host, &resolver->addresses[j]);
    }
    return table;
}

static int model_open(struct watch *watch)
{
    const struct options *options = watch->options;
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return -errno;
    uint64_t now = watch_clock();
    watch->model = model_new(seed, watch->file ? 0 : now);
    if (!watch->model)
        return -ENOMEM;
    for (size_t i = 0; i < options->tunnel_count && !watch->file; i++)
        model_force_role(watch->model, options->tunnels[i], ROLE_TUNNEL);
    for (size_t i = 0; i < options->uplink_count && !watch->file; i++)
        model_force_role(watch->model, options->uplinks[i], ROLE_UPLINK);
    if (options->expect_given)
        model_expect(watch->model, options->expect, false, now);
    else if (watch->file && options->tunnel_count > 0)
        model_expect(watch->model, EXPECT_VPN, false, 0); /* -t says that there was one */
    watch->ingest.model = watch->model;
    watch->ingest.options = options;
    watch->ingest.frames = watch->guard->frames;
    watch->ingest.encrypted = encrypted_watch_new(known_resolvers(options));
    if (!watch->ingest.encrypted)
        return -ENOMEM;
    /* None fails: the configuration was checked as it was read, and is bounded as the model is. */
    for (size_t i = 0; i < options->server_count; i++)
        (void)model_vpn_server(watch->model, options->servers[i]);
    for (size_t i = 0; i < options->rule_count; i++)
        (void)model_intend(watch->model, &options->rules[i]);
    char host[64];
    if (!watch->file && gethostname(host, sizeof(host)) == 0) {
        host[sizeof(host) - 1] = '\0';
        model_host_name(watch->model, host);
    }
    if (watch->file) {
        struct ring_status status;
        ring_status(watch->guard->ring, &status);
        watch->ingest.link_type = status.link_type;
        watch->ingest.filelinks = filelinks_new(watch->model, options);
        return watch->ingest.filelinks ? 0 : -ENOMEM;
    }
    watch->ingest.attribution =
        attribution_new(watch->model, watch->guard, options->attribution_exact, seed);
    return watch->ingest.attribution ? 0 : -ENOMEM;
}

static void on_duration(uv_timer_t *timer)
{
    watch_stop(timer->data, 0);
}

/* On a terminal the wait is shown; it stands on standard error, so a pipe gets the report alone. */
static void on_countdown(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (watch->seconds_left > 0)
        fprintf(stderr, "\robserving, %u s left ", watch->seconds_left--);
    else
        uv_timer_stop(timer);
}

static void once_open(struct watch *watch)
{
    if (watch->mode != WATCH_ONCE || watch->file)
        return;
    watch_timer(watch, TIMER_DURATION, on_duration, (uint64_t)(watch->options->duration * 1000), 0);
    if (isatty(STDERR_FILENO)) {
        watch->seconds_left = (unsigned)(watch->options->duration + 0.5);
        watch_timer(watch, TIMER_COUNTDOWN, on_countdown, 0, 1000);
    }
}

static uint64_t leaks_of(const struct watch *watch)
{
    const struct latched *latched = model_latched(watch->model);
    return latched->leaks + latched->stun;
}

/* Events are kept and reported: they name no names. */
static void intend(struct watch *watch, const struct intended *rule, uint64_t now)
{
    uint64_t before = leaks_of(watch), after;
    if (!model_intend(watch->model, rule)) {
        text_format(watch->progress.note, sizeof(watch->progress.note),
            "not marked: there is no room for more rules; the configuration holds them too");
        return;
    }
    after = leaks_of(watch);
    model_event(watch->model, now, "intended", rule->interface,
        "marked as intended: %llu leak%s taken back, %llu left",
        (unsigned long long)(before - after), before - after == 1 ? "" : "s",
        (unsigned long long)after);
    text_format(watch->progress.note, sizeof(watch->progress.note),
        "marked until leaktop ends; ? shows the line that keeps it");
}

static void request(struct watch *watch, enum screen_request request, int argument)
{
    uint64_t now = watch_clock();
    switch (request) {
    case REQUEST_NONE:
        break;
    case REQUEST_QUIT:
    case REQUEST_LOST:
        watch_stop(watch, 0);
        break;
    case REQUEST_RECHECK:
        schedule_recheck(watch, argument);
        break;
    case REQUEST_RECHECK_ALL:
        schedule_recheck(watch, CHECK_COUNT);
        break;
    case REQUEST_CLEAR_LATCH:
        model_clear_latch(watch->model, now);
        break;
    case REQUEST_EXPECT:
        model_expect(watch->model,
            argument == EXPECT_COUNT ? EXPECT_NONE : (enum expectation)argument,
            argument == EXPECT_COUNT, now);
        if (!watch->file) {
            model_settle(watch->model, now);
            schedule_network_changed(watch); /* what was held may be sent, or the other way round */
        }
        break;
    case REQUEST_INTEND:
        intend(watch, screen_intended(watch->screen), now);
        break;
    case REQUEST_EXPORT:
        export_all(watch);
        break;
    case REQUEST_BASELINE:
        before_take(watch);
        break;
    case REQUEST_EXTENDED:
        schedule_extended(watch);
        break;
    case REQUEST_ALL_PEOPLE:
        browsers_all_people(watch);
        break;
    case REQUEST_PUBLIC_RESOLVERS:
        schedule_public_resolvers(watch);
        break;
    case REQUEST_SUSPEND:
        screen_suspend(watch->screen);
        raise(SIGSTOP);
        screen_resume(watch->screen);
        model_event(watch->model, watch_clock(), "capture", "",
            "leaktop was stopped meanwhile: what came late was judged late");
        break;
    }
}

static void on_terminal(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct watch *watch = poll->data;
    if (status < 0) {
        watch_stop(watch, 0);
        return;
    }
    watch->progress.note[0] = '\0'; /* it was the answer to the key before */
    for (;;) {
        int argument = 0;
        enum screen_request wanted =
            screen_input(watch->screen, watch->model, &watch->verdict, &argument);
        if (wanted == REQUEST_NONE)
            break;
        request(watch, wanted, argument);
        if (watch->stopping)
            return;
    }
    /* A key answers at once, whatever was drawn just before. */
    watch->drawn_ns = 0;
    uv_timer_stop(&watch->timers[TIMER_DRAW]);
    show_changed(watch);
}

/* True where it had a terminal and that is gone: then SIGHUP says so, and asks for no new log. */
static bool terminal_lost(const struct watch *watch)
{
    return watch->had_terminal && !isatty(STDIN_FILENO) && !isatty(STDERR_FILENO);
}

/* False where there is no log that could be begun anew. */
static bool rotate(struct watch *watch)
{
    if (!watch->log || strcmp(watch->options->log, "-") == 0 || terminal_lost(watch))
        return false;
    int error = log_view_reopen(watch->log);
    if (error < 0) {
        fprintf(stderr, "leaktop: --log: cannot open it anew: %s\n", strerror(-error));
        model_event(watch->model, watch_clock(), "log", "",
            "the log cannot be opened anew, it goes on in the old file: %s", strerror(-error));
        show_changed(watch);
    }
    return true;
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct watch *watch = signal->data;
    if (number == SIGHUP && rotate(watch))
        return;
    switch (number) {
    case SIGWINCH:
        if (watch->screen)
            screen_resize(watch->screen);
        watch->drawn_ns = 0;
        show_changed(watch);
        break;
    case SIGTSTP:
        if (watch->screen)
            request(watch, REQUEST_SUSPEND, 0);
        else
            raise(SIGSTOP);
        break;
    default:
        watch_stop(watch, watch->mode == WATCH_SCREEN ? 0 : 128 + number);
        break;
    }
}

static void signals_open(struct watch *watch)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uv_signal_t *signal = &watch->signals[watch->signal_count++];
        uv_signal_init(&watch->loop, signal);
        signal->data = watch;
        uv_signal_start(signal, on_signal, numbers[i]);
    }
    signal(SIGPIPE, SIG_IGN);
}

/* Only what is safe in a handler: pre-built bytes to the terminal, then the signal's own way. */
static void on_crash(int number)
{
    screen_crash_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static void poll_terminal(struct watch *watch, uv_poll_t *poll, int descriptor)
{
    /* libuv makes it non-blocking, and with it the shell's: they share the open file. */
    int flags = fcntl(descriptor, F_GETFL);
    uv_poll_init(&watch->loop, poll, descriptor);
    if (flags >= 0)
        (void)fcntl(descriptor, F_SETFL, flags);
    poll->data = watch;
}

static int show_open(struct watch *watch, int log)
{
    const char *path = watch->options->log;
    if (path && strcmp(path, "-") == 0)
        path = NULL;
    if (log >= 0 && !(watch->log = log_view_new(log, path, watch->options->mask)))
        return -1;
    if (watch->mode != WATCH_SCREEN)
        return 0;
    char host[65] = "", shown[256], error[160];
    const char *no_color = getenv("NO_COLOR");
    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    text_escape(host, strlen(host), shown, sizeof(shown));
    struct screen_options options = {.ascii = watch->options->ascii,
        .no_color = watch->options->no_color || (no_color && no_color[0]),
        .mask = watch->options->mask,
        .passive = watch->options->passive || watch->file,
        .host = shown};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        signal(crashes[i], on_crash);
    watch->screen = screen_open(&options, error, sizeof(error));
    if (!watch->screen) {
        fprintf(stderr, "leaktop: %s\n", error);
        return -1;
    }
    poll_terminal(watch, &watch->terminal_poll, STDIN_FILENO);
    poll_terminal(watch, &watch->output_poll, STDOUT_FILENO);
    uv_poll_start(&watch->terminal_poll, UV_READABLE | UV_DISCONNECT, on_terminal);
    return 0;
}

/* What stays in the scrollback: no names. */
static void quit_line(const struct watch *watch, bool masked)
{
    char plain[512], span[TIME_TEXT];
    unsigned long long lookups = model_totals(watch->model)->lookups;
    size_t leaks = 0;
    for (size_t i = 0; i < model_leak_count(watch->model); i++)
        leaks += !model_leak_at(watch->model, i)->intended;
    printf("leaktop: %c %s: %s (%llu look-up%s, %zu kind%s of leak, watched %s)\n",
        state_symbol(watch->verdict.state), state_word(watch->verdict.state),
        judge_plain(watch->verdict.summary, masked, plain, sizeof(plain)), lookups,
        lookups == 1 ? "" : "s", leaks, leaks == 1 ? "" : "s",
        time_format_span(watch->file ? 0 : watch_clock() - model_start_ns(watch->model), span));
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* A file that is no capture ends here with its reason; one that was cut is judged as far as it
 * goes. */
static bool file_failed(const struct watch *watch)
{
    struct ring_status status;
    ring_status(watch->guard->ring, &status);
    if (!watch->file || status.state != CAPTURE_FAILED)
        return false;
    char text[sizeof(status.text) * 4];
    text_escape(status.text, strnlen(status.text, sizeof(status.text)), text, sizeof(text));
    char name[160];
    text_escape(watch->options->file, strlen(watch->options->file), name, sizeof(name));
    fprintf(stderr, "leaktop: -r %s: %s\n", name, text);
    return true;
}

int watch_run(struct guard *guard, struct xfrm *xfrm, struct killswitch *killswitch,
    const struct options *options, enum watch_mode mode, int log)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    if (!watch) {
        xfrm_close(xfrm);
        killswitch_close(killswitch);
        return 2;
    }
    *watch = (struct watch){.guard = guard,
        .xfrm = xfrm,
        .killswitch = killswitch,
        .options = options,
        .mode = mode,
        .file = options->file != NULL};
    watch->had_terminal = isatty(STDIN_FILENO) || isatty(STDERR_FILENO);
    watch->notes_fd = -1;
    watch->state.folder = -1;
    watch->clock_fd = -1;
    uv_loop_init(&watch->loop);
    for (size_t i = 0; i < TIMER_COUNT; i++) {
        uv_timer_init(&watch->loop, &watch->timers[i]);
        watch->timers[i].data = watch;
    }
    int error = model_open(watch);
    if (error == 0)
        error = network_open(watch);
    if (error != 0) {
        fprintf(stderr, "leaktop: cannot start: %s\n", strerror(-error));
        watch->status = 2;
        goto cleanup;
    }
    if (show_open(watch, log) != 0) {
        watch->status = 2;
        goto cleanup;
    }
    if (!watch->file)
        statefolder_open(&watch->state, guard->state, guard->home);
    before_open(watch);
    networks_open(watch);
    alarm_open(watch);
    watch->showing = true;
    show_changed(watch);
    signals_open(watch);
    once_open(watch);
    notes_open(watch);
    clock_open(watch);
    captured_open(watch);
    show_changed(watch);
    browsers_open(watch);
    schedule_start(watch);
    if (!watch->stopping)
        uv_run(&watch->loop, UV_RUN_DEFAULT);
    bool masked = watch->screen ? screen_masked(watch->screen) : options->mask;
    show_judge(watch);
    bool had_screen = watch->screen != NULL;
    bool heard = screen_close(watch->screen);
    watch->screen = NULL;
    if (watch->seconds_left > 0 || watch_timer_active(watch, TIMER_COUNTDOWN))
        fputs("\r                         \r", stderr);
    if (file_failed(watch))
        watch->status = 2;
    else if (mode == WATCH_ONCE && watch->status == 0)
        show_report(watch);
    else if (had_screen && heard)
        quit_line(watch, masked);

cleanup:
    schedule_close(watch);
    before_close(watch);
    networks_close(watch);
    statefolder_close(&watch->state);
    network_close(watch);
    if (watch->ring_poll.data)
        captured_close(watch);
    notes_close(watch);
    clock_close(watch);
    uv_walk(&watch->loop, close_handle, NULL);
    uv_run(&watch->loop, UV_RUN_DEFAULT);
    uv_loop_close(&watch->loop);
    browsers_close(watch);
    alarm_close(watch);
    int status = watch->status;
    attribution_free(watch->ingest.attribution);
    filelinks_free(watch->ingest.filelinks);
    encrypted_watch_free(watch->ingest.encrypted);
    log_view_free(watch->log);
    model_free(watch->model);
    free(watch);
    return status;
}
