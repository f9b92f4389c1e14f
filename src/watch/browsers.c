/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/browsers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "sources/browsers.h"
#include "watch/encrypted.h"
#include "watch/private.h"

/* A row that stands for all of a user's: they cannot be known. */
static void add_unknown(struct browser_profile *row, const char *why)
{
    memset(row, 0, sizeof(*row));
    row->name = "any";
    row->package = "any";
    text_format(row->settings.trouble, sizeof(row->settings.trouble), "%s", why);
}

void browsers_update(struct watch *watch)
{
    static struct browser_profile list[BROWSERS_MAX];
    const struct guard *guard = watch->guard;
    char why[BROWSER_TEXT];
    size_t count = 1;
    if (watch->file)
        return;
    int home = guard->home[0] ? open(guard->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (!guard->home[0]) {
        add_unknown(&list[0], "whose browsers to read is not known (-U)");
    } else if (home < 0) {
        text_format(why, sizeof(why), "the home folder of %.40s: %s",
            guard->user[0] ? guard->user : "its user", strerror(errno));
        add_unknown(&list[0], why);
    } else {
        count = browsers_read(home, getuid(), "", list, BROWSERS_MAX);
        close(home);
    }
    for (size_t i = 0; i < count; i++) {
        text_format(list[i].user, sizeof(list[i].user), "%s", guard->user);
        /* Only the settings may tell that this server is a resolver. */
        if (list[i].settings.provider[0])
            encrypted_watch_add(watch->ingest.encrypted, list[i].settings.provider);
    }
    model_browsers(watch->model, list, count, watch_clock());
}
