/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "sources/exportfolder.h"
#include "views/lines.h"
#include "views/pcapng.h"
#include "views/report.h"
#include "watch/private.h"

struct export
{
    struct watch *watch;
    struct report_options report;
    size_t packets;
};

static int put_json(FILE *out, struct export *export)
{
    return report_json(out, export->watch->model, &export->watch->verdict, &export->report);
}

static int put_text(FILE *out, struct export *export)
{
    return report_text(out, export->watch->model, &export->watch->verdict, &export->report);
}

static int put_lines(FILE *out, struct export *export)
{
    return lines_all(out, export->watch->model, export->report.mask);
}

static int put_packets(FILE *out, struct export *export)
{
    return pcapng_write(out, export->watch->model, &export->packets);
}

static const struct part {
    const char *file;
    int (*write)(FILE *out, struct export *export);
    bool named; /* cannot be written without names and addresses */
} parts[] = {
    {"report.json", put_json, false},
    {"report.txt", put_text, false},
    {"events.jsonl", put_lines, false},
    {"leaks.pcapng", put_packets, true},
};

static int write_parts(struct export *export, struct exportfolder *folder)
{
    int error = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && error == 0; i++) {
        if (parts[i].named && export->report.mask)
            continue;
        FILE *file = exportfolder_file(folder, parts[i].file);
        if (!file)
            return -errno;
        errno = 0;
        error = exportfolder_close(file, parts[i].write(file, export));
    }
    return error;
}

void export_all(struct watch *watch)
{
    struct exportfolder folder;
    char *note = watch->progress.note;
    size_t size = sizeof(watch->progress.note);
    struct export export = {.watch = watch};
    show_judge(watch);
    export.report = show_report_options(watch, screen_masked(watch->screen));
    int error = exportfolder_begin(&folder, watch->options->export_folder, watch->guard->state,
        watch->guard->home, watch_clock());
    if (error == 0)
        error = exportfolder_end(&folder, write_parts(&export, &folder));
    if (error) {
        text_format(
            note, size, "not exported: %s; nothing is left at %s", strerror(-error), folder.path);
        return;
    }
    if (export.report.mask)
        text_format(note, size, "exported to %s; masked: no packets", folder.path);
    else
        text_format(note, size, "exported to %s; %zu packet%s", folder.path, export.packets,
            export.packets == 1 ? "" : "s");
}
