/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/browsers.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "sources/browsers.h"
#include "watch/private.h"

void browsers_update(struct watch *watch)
{
    static struct browser_profile list[BROWSERS_MAX];
    if (watch->file || !watch->guard->home[0])
        return;
    int home = open(watch->guard->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home < 0)
        return;
    size_t count = browsers_read(home, getuid(), "", list, BROWSERS_MAX);
    close(home);
    for (size_t i = 0; i < count; i++)
        text_format(list[i].user, sizeof(list[i].user), "%s", watch->guard->user);
    model_browsers(watch->model, list, count, watch_clock());
}
