/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/exportfolder.h"

#define NOW 1700000000000000000ULL
#define NAME "leaktop-20231114-221320"

static char place[64];

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    text_format(place, sizeof(place), "/tmp/leaktop-export-XXXXXX");
    return mkdtemp(place) ? 0 : -1;
}

static const char *at(const char *name)
{
    static char path[256];
    text_format(path, sizeof(path), "%s/%s", place, name);
    return path;
}

static unsigned mode_of(const char *name)
{
    struct stat status;
    return lstat(at(name), &status) == 0 ? status.st_mode & 0777 : 0;
}

static unsigned entries(void)
{
    unsigned count = 0;
    DIR *folder = opendir(place);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int put(struct exportfolder *folder, const char *name, int failed)
{
    FILE *file = exportfolder_file(folder, name);
    assert_non_null(file);
    fputs("text\n", file);
    return exportfolder_close(file, failed);
}

static void is_there_as_a_whole(void **state)
{
    (void)state;
    struct exportfolder folder;
    mode_t before = umask(0);
    assert_int_equal(exportfolder_begin(&folder, place, 0, "", NOW), 0);
    assert_int_equal(put(&folder, "one", 0), 0);
    assert_int_equal(put(&folder, "two", 0), 0);
    assert_int_equal(mode_of(NAME), 0);
    assert_int_equal(mode_of(NAME ".partial"), 0700);
    assert_int_equal(exportfolder_end(&folder, 0), 0);
    assert_string_equal(folder.path, at(NAME));
    assert_int_equal(mode_of(NAME ".partial"), 0);
    assert_int_equal(mode_of(NAME), 0700);
    assert_int_equal(mode_of(NAME "/one"), 0600);
    /* In the same second another one; a link of that name is not followed. */
    assert_int_equal(symlink("/tmp", at(NAME "-2")), 0);
    assert_int_equal(exportfolder_begin(&folder, place, 0, "", NOW), 0);
    assert_int_equal(exportfolder_end(&folder, 0), 0);
    assert_int_equal(mode_of(NAME "-3"), 0700);
    umask(before);
    unlink(at(NAME "/one"));
    unlink(at(NAME "/two"));
    unlink(at(NAME "-2"));
    rmdir(at(NAME));
    rmdir(at(NAME "-3"));
    assert_int_equal(rmdir(place), 0);
}

static void or_not_at_all(void **state)
{
    (void)state;
    struct exportfolder folder;
    assert_int_equal(exportfolder_begin(&folder, place, 0, "", NOW), 0);
    assert_int_equal(put(&folder, "one", 0), 0);
    errno = ENOSPC;
    assert_int_equal(put(&folder, "two", -1), -ENOSPC);
    assert_int_equal(exportfolder_end(&folder, -ENOSPC), -ENOSPC);
    assert_int_equal(entries(), 0);
    /* The name is taken meanwhile: that one stays as it is. */
    assert_int_equal(exportfolder_begin(&folder, place, 0, "", NOW), 0);
    assert_int_equal(put(&folder, "one", 0), 0);
    assert_int_equal(mkdir(at(NAME), 0755), 0);
    assert_int_equal(exportfolder_end(&folder, 0), -EEXIST);
    assert_int_equal(mode_of(NAME), 0755);
    assert_int_equal(entries(), 1);
    rmdir(at(NAME));
    assert_int_equal(rmdir(place), 0);
    /* There is no such folder, and none that is known. */
    assert_int_equal(exportfolder_begin(&folder, place, 0, "", NOW), -ENOENT);
    assert_string_equal(folder.path, place);
    unsetenv("XDG_STATE_HOME");
    assert_int_equal(exportfolder_begin(&folder, "", 0, "", NOW), -ENOENT);
}

static void goes_to_the_state_folder(void **state)
{
    (void)state;
    struct exportfolder folder;
    setenv("XDG_STATE_HOME", place, 1);
    assert_int_equal(exportfolder_begin(&folder, "", 0, "", NOW), 0);
    assert_int_equal(exportfolder_end(&folder, 0), 0);
    assert_string_equal(folder.path, at("leaktop/" NAME));
    assert_int_equal(mode_of("leaktop/" NAME), 0700);
    rmdir(at("leaktop/" NAME));
    rmdir(at("leaktop"));
    assert_int_equal(rmdir(place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(is_there_as_a_whole, set_up),
        cmocka_unit_test_setup(or_not_at_all, set_up),
        cmocka_unit_test_setup(goes_to_the_state_folder, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
