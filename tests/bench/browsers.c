/* SPDX-License-Identifier: GPL-2.0-or-later */
/* browsers FOLDER TIMES: reads the browsers' profiles below the folder so often. Prints how many
 * profiles, the median and the worst processor time in milliseconds, and by how much memory grew
 * (KiB). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sources/browsers.h"

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The most that was resident at any time, in KiB. */
static long resident(void)
{
    char line[128];
    long most = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "VmHWM: %ld", &most) == 1)
            break;
    if (status)
        fclose(status);
    return most;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **words)
{
    static struct browser_profile list[BROWSERS_MAX];
    size_t found = 0, times = count > 2 ? strtoul(words[2], NULL, 10) : 1;
    struct browsers_home own = {
        .folder = count > 1 ? open(words[1], O_PATH | O_DIRECTORY) : -1, .user = getuid()};
    struct browsers_files files = browsers_home_files(&own);
    struct browsers_query query = {.root = words[1], .home = words[1]};
    static double took[1000];
    if (own.folder < 0 || times == 0 || times > 1000)
        return 2;
    long before = resident();
    for (size_t i = 0; i < times; i++) {
        double began = now_ms();
        found = browsers_read(&files, &query, list, BROWSERS_MAX);
        took[i] = now_ms() - began;
    }
    qsort(took, times, sizeof(*took), by_size);
    printf("%zu %.1f %.1f %ld\n", found, took[times / 2], took[times - 1], resident() - before);
    return 0;
}
