/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "views/screen/cells.h"
#include "views/screen/writer.h"

/* term.h names every capability by a macro; these are also words of ours. */
#undef bell
#undef columns
#undef cursor_visible

#define COLUMNS_MAX 1000
#define ROWS_MAX 500
#define ESCAPE_MS 25
/* At the end a terminal that takes nothing for so long is given up. */
#define PATIENCE_MS 300

/* How a meaning looks: with colours, and with none. -1 is the terminal's own colour: an explicit
 * white or black is unreadable on half of all terminals, except on a background of our own. */
static const struct look {
    short foreground, background;
    attr_t colored, plain;
} looks[] = {
    [PAINT_PLAIN] = {-1, -1, A_NORMAL, A_NORMAL},
    [PAINT_STRONG] = {-1, -1, A_BOLD, A_BOLD},
    [PAINT_DIM] = {-1, -1, A_DIM, A_DIM},
    [PAINT_KEY] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [PAINT_OK] = {COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
    [PAINT_WARN] = {COLOR_YELLOW, -1, A_BOLD, A_BOLD},
    [PAINT_LEAK] = {COLOR_RED, -1, A_BOLD, A_BOLD | A_UNDERLINE},
    [PAINT_UNKNOWN] = {COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
    [PAINT_OFF] = {-1, -1, A_DIM, A_DIM},
    [PAINT_UNPROTECTED] = {COLOR_MAGENTA, -1, A_BOLD, A_BOLD},
    [PAINT_BAR_OK] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
    [PAINT_BAR_WARN] = {COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_REVERSE},
    [PAINT_BAR_LEAK] = {COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
    [PAINT_BAR_UNKNOWN] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE},
    [PAINT_BAR_OFF] = {-1, -1, A_REVERSE, A_REVERSE},
    [PAINT_BAR_UNPROTECTED] = {COLOR_WHITE, COLOR_MAGENTA, A_BOLD, A_REVERSE | A_BOLD},
};
_Static_assert(sizeof(looks) / sizeof(looks[0]) == PAINT_COUNT, "a look per paint");

static struct {
    bool open, suspended;
    bool color, utf8, repaint;
    bool osc, titled; /* a terminal of xterm's kind; its title is kept and another set */
    attr_t attributes[PAINT_COUNT];
    short pairs[PAINT_COUNT];
    SCREEN *screen;
    WINDOW *input;            /* a pad: reading from it never draws */
    int cursor;               /* visibility as last set */
    int saved_stderr, caught; /* descriptors, -1 none */
} terminal = {.cursor = -1, .saved_stderr = -1, .caught = -1};

/* What the crash handler needs, complete before it is armed. */
static struct {
    volatile sig_atomic_t armed;
    struct termios modes;
    bool have_modes;
    char bytes[256];
    size_t length;
    bool titled; /* bytes hold the way back to the old title */
} crash;

/* NULL: the terminal has none, or terminfo says that this is no string (-1). */
static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return (intptr_t)text == -1 ? NULL : text;
}

bool terminal_possible(char *error, size_t error_size)
{
    const char *term = getenv("TERM");
    if (!term || !term[0]) {
        text_format(error, error_size,
            "TERM is not set, so no screen can be drawn here: use --once for one report or "
            "--headless for a service");
        return false;
    }
    char escaped[64];
    text_escape(term, strlen(term), escaped, sizeof(escaped));
    int status = 0;
    bool known = setupterm(term, STDOUT_FILENO, &status) == OK && status == 1;
    bool usable = known && capability("cup") != NULL;
    if (known)
        del_curterm(cur_term);
    if (!usable)
        text_format(error, error_size,
            "TERM is \"%s\", %s: use --once for one report or --headless for a service", escaped,
            known ? "a terminal on which no cursor can be placed"
                  : "which this machine's terminfo does not know");
    return usable;
}

/* A capability that takes no parameters, without its padding marks ($<5>). */
static void crash_add(const char *name)
{
    const char *text = capability(name);
    while (text && *text && crash.length + 1 < sizeof(crash.bytes)) {
        if (text[0] == '$' && text[1] == '<' && strchr(text, '>'))
            text = strchr(text, '>') + 1;
        else
            crash.bytes[crash.length++] = *text++;
    }
}

static void crash_prepare(void)
{
    crash.length = 0;
    crash.titled = false;
    crash_add("sgr0");
    crash_add("op");
    crash_add("cnorm");
    crash_add("rmkx");
    crash_add("rmcup");
    if (crash.length + 2 < sizeof(crash.bytes)) {
        crash.bytes[crash.length++] = '\r';
        crash.bytes[crash.length++] = '\n';
    }
}

static void catch_stderr(void)
{
    if (!isatty(STDERR_FILENO))
        return;
    terminal.caught = memfd_create("stderr", MFD_CLOEXEC);
    if (terminal.caught < 0)
        return;
    terminal.saved_stderr = dup(STDERR_FILENO);
    if (terminal.saved_stderr < 0 || dup2(terminal.caught, STDERR_FILENO) < 0) {
        close(terminal.caught);
        terminal.caught = -1;
    }
}

/* Give descriptor 2 back and say there what gathered, made harmless. Async-signal-safe. */
static void release_stderr(void)
{
    if (terminal.caught < 0)
        return;
    dup2(terminal.saved_stderr, STDERR_FILENO);
    char piece[512];
    off_t at = 0;
    ssize_t got;
    while (at < (off_t)256 * 1024 && (got = pread(terminal.caught, piece, sizeof(piece), at)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] != '\n' && (piece[i] < ' ' || piece[i] > '~'))
                piece[i] = '?';
        if (!writer_push(STDERR_FILENO, piece, (size_t)got, PATIENCE_MS))
            break;
        at += got;
    }
    close(terminal.saved_stderr);
    close(terminal.caught);
    terminal.saved_stderr = terminal.caught = -1;
}

static void prepare_looks(bool no_color)
{
    terminal.color = !no_color && has_colors() && start_color() == OK && COLORS >= 8;
    bool defaults = terminal.color && use_default_colors() == OK;
    for (int i = 0; i < PAINT_COUNT; i++) {
        const struct look *look = &looks[i];
        terminal.pairs[i] = 0;
        terminal.attributes[i] = look->plain;
        if (!terminal.color)
            continue;
        short foreground = look->foreground, background = look->background;
        terminal.attributes[i] = look->colored;
        if (COLORS >= 256 && look->colored == A_DIM) {
            /* A grey between the two: what terminals make of "dim" ranges from nothing to gone. */
            foreground = 245;
            terminal.attributes[i] = A_NORMAL;
        } else if (COLORS >= 16 && foreground == COLOR_WHITE) {
            foreground = 15;
        }
        if (foreground == -1 && background == -1)
            continue;
        if (!defaults) {
            if (foreground == -1)
                foreground = COLOR_WHITE;
            if (background == -1)
                background = COLOR_BLACK;
        }
        short pair = (short)(i + 1);
        if (pair < COLOR_PAIRS && init_pair(pair, foreground, background) == OK)
            terminal.pairs[i] = pair;
        else
            terminal.attributes[i] = look->plain;
    }
}

int terminal_open(bool ascii, bool no_color, char *error, size_t error_size)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction before[sizeof(signals) / sizeof(signals[0])];
    if (terminal.open) {
        text_format(error, error_size, "the terminal is taken already");
        return -1;
    }
    setlocale(LC_CTYPE, "");
    terminal.utf8 = !ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    crash.have_modes = tcgetattr(STDIN_FILENO, &crash.modes) == 0;
    /* newterm puts handlers of its own wherever it finds the default: signals are the loop's. */
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], NULL, &before[i]);
    set_escdelay(ESCAPE_MS);
    FILE *stream = writer_open(STDOUT_FILENO);
    terminal.screen = stream ? newterm(NULL, stream, stdin) : NULL;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &before[i], NULL);
    if (!terminal.screen) {
        writer_close();
        text_format(error, error_size, "curses cannot use this terminal");
        return -1;
    }
    /* raw: Ctrl-Z, Ctrl-C and Ctrl-S are keys; nobody stops the screen half drawn. */
    raw();
    noecho();
    nonl();
    typeahead(-1);
    terminal.input = newpad(1, 1);
    if (!terminal.input) {
        endwin();
        delscreen(terminal.screen);
        terminal.screen = NULL;
        writer_close();
        text_format(error, error_size, "no memory for the screen");
        return -1;
    }
    keypad(terminal.input, TRUE);
    nodelay(terminal.input, TRUE);
    prepare_looks(no_color);
    terminal.osc = tigetflag("XT") > 0;
    terminal.titled = false;
    crash_prepare();
    catch_stderr();
    terminal.open = true;
    terminal.suspended = false;
    terminal.cursor = -1;
    terminal_resized();
    crash.armed = 1;
    return 0;
}

/* xterm's stack of titles: kept, and taken back. */
static const char title_keep[] = "\033[22;2t", title_back[] = "\033[23;2t";

/* To what it was: false where it did not take the bytes for that. */
static bool give_back(void)
{
    crash.armed = 0;
    writer_begin();
    if (terminal.titled)
        writer_add(title_back, sizeof(title_back) - 1);
    terminal.titled = false;
    endwin();
    writer_end();
    bool took = writer_drain(PATIENCE_MS);
    if (crash.have_modes)
        tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
    release_stderr();
    return took;
}

bool terminal_close(void)
{
    if (!terminal.open)
        return true;
    bool took = terminal.suspended || give_back();
    delwin(terminal.input);
    terminal.input = NULL;
    delscreen(terminal.screen);
    terminal.screen = NULL;
    writer_close();
    terminal.open = false;
    return took;
}

void terminal_suspend(void)
{
    if (!terminal.open || terminal.suspended)
        return;
    give_back();
    terminal.suspended = true;
}

void terminal_resume(void)
{
    if (!terminal.open || !terminal.suspended)
        return;
    catch_stderr();
    reset_prog_mode();
    terminal.suspended = false;
    terminal.cursor = -1;
    terminal_resized();
    crash.armed = 1;
}

void terminal_crash_restore(void)
{
    if (!crash.armed)
        return;
    crash.armed = 0;
    writer_push(STDOUT_FILENO, crash.bytes, crash.length, PATIENCE_MS);
    if (crash.have_modes)
        tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
    release_stderr();
}

void terminal_resized(void)
{
    struct winsize size;
    if (!terminal.open || terminal.suspended)
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        int rows = size.ws_row < ROWS_MAX ? size.ws_row : ROWS_MAX;
        int columns = size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
        /* The last cell of all is written by inserting before it, where terminfo has no "smam";
         * curses does so in a single cell too, and pushes out what it wrote. */
        if (rows == 1 && columns == 1)
            columns = 2;
        if (rows != LINES || columns != COLS)
            resizeterm(rows, columns);
    }
    terminal.repaint = true;
}

void terminal_redraw(void)
{
    terminal.repaint = true;
}

struct area terminal_area(void)
{
    if (!terminal.open)
        return (struct area){0, 0, 0, 0};
    return (struct area){0, 0, LINES, COLS};
}

bool terminal_pending(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

/* getch said there is nothing: is there nobody, either? */
static bool input_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 0) <= 0)
        return false;
    if (input.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    /* Readable with nothing to read is the end of file. */
    int waiting = 0;
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0;
}

/* A function key that terminfo does not list must not arrive as a row of letters. */
static void swallow_sequence(void)
{
    int next = wgetch(terminal.input);
    if (next == 'O') {
        wgetch(terminal.input);
        return;
    }
    if (next != '[') {
        if (next != ERR)
            ungetch(next);
        return;
    }
    for (int i = 0; i < 32; i++) {
        next = wgetch(terminal.input);
        if (next == ERR || (next >= 0x40 && next <= 0x7e))
            return;
    }
}

int terminal_key(void)
{
    static const struct {
        int curses, key;
    } keys[] = {
        {KEY_UP, TERMINAL_UP},
        {KEY_DOWN, TERMINAL_DOWN},
        {KEY_LEFT, TERMINAL_LEFT},
        {KEY_RIGHT, TERMINAL_RIGHT},
        {KEY_PPAGE, TERMINAL_PAGE_UP},
        {KEY_NPAGE, TERMINAL_PAGE_DOWN},
        {KEY_HOME, TERMINAL_HOME},
        {KEY_FIND, TERMINAL_HOME}, /* what the console and PuTTY send */
        {KEY_END, TERMINAL_END},
        {KEY_SELECT, TERMINAL_END},
        {KEY_BTAB, TERMINAL_BACK_TAB},
        {KEY_ENTER, TERMINAL_ENTER},
        {'\n', TERMINAL_ENTER},
        {KEY_BACKSPACE, TERMINAL_BACKSPACE},
        {127, TERMINAL_BACKSPACE},
        {KEY_F(1), TERMINAL_F1},
    };
    if (!terminal.open || terminal.suspended)
        return TERMINAL_NONE;
    int key = wgetch(terminal.input);
    if (key == ERR)
        return input_ended() ? TERMINAL_LOST : TERMINAL_NONE;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].curses == key)
            return keys[i].key;
    if (key == TERMINAL_ESCAPE)
        swallow_sequence();
    return key >= 0 && key < 127 ? key : TERMINAL_OTHER;
}

void terminal_clear(void)
{
    if (terminal.open)
        erase();
}

void terminal_flush(const struct area *area, int row, int column, bool cursor_visible)
{
    if (!terminal.open || terminal.suspended)
        return;
    if (terminal.repaint)
        clearok(curscr, TRUE);
    terminal.repaint = false;
    int y = area->row + row, x = area->column + column;
    y = y < 0 ? 0 : y >= LINES ? LINES - 1 : y;
    x = x < 0 ? 0 : x >= COLS ? COLS - 1 : x;
    move(y, x);
    writer_begin();
    if (terminal.cursor != (int)cursor_visible) {
        terminal.cursor = (int)cursor_visible;
        curs_set(cursor_visible ? 1 : 0);
    }
    refresh();
    writer_end();
}

bool terminal_waiting(void)
{
    return terminal.open && writer_waiting();
}

void terminal_send(void)
{
    if (terminal.open)
        writer_send();
}

/* Anything but printable ASCII would end the sequence, or begin another. */
static void add_plain(const char *text)
{
    for (; *text; text++)
        writer_add(*text >= ' ' && *text <= '~' ? text : "?", 1);
}

bool terminal_alarm(bool bell, enum notice notice, const char *text)
{
    if (!terminal.open || terminal.suspended)
        return false;
    writer_begin();
    if (bell)
        writer_add("\a", 1);
    if (terminal.osc && notice != NOTICE_NONE) {
        const char *begin = notice == NOTICE_9 ? "\033]9;" : "\033]777;notify;leaktop;";
        writer_add(begin, strlen(begin));
        add_plain(text);
        writer_add("\033\\", 2);
    }
    writer_end();
    return true;
}

bool terminal_title(const char *title)
{
    if (!terminal.open || terminal.suspended)
        return false;
    if (!terminal.osc)
        return true;
    if (!crash.titled && crash.length + sizeof(title_back) < sizeof(crash.bytes)) {
        memcpy(crash.bytes + crash.length, title_back, sizeof(title_back) - 1);
        crash.length += sizeof(title_back) - 1;
        crash.titled = true;
    }
    writer_begin();
    if (!terminal.titled)
        writer_add(title_keep, sizeof(title_keep) - 1);
    terminal.titled = true;
    writer_add("\033]2;", 4);
    add_plain(title);
    writer_add("\033\\", 2);
    writer_end();
    return true;
}

static void set_paint(unsigned paint)
{
    unsigned index = paint & ~PAINT_SELECTED;
    if (index >= PAINT_COUNT)
        index = PAINT_PLAIN;
    attr_t attributes = terminal.attributes[index];
    short pair = terminal.pairs[index];
    if (paint & PAINT_SELECTED) {
        /* One colour along the whole row: the word keeps its weight, the row stays readable. */
        attributes = (attributes & (A_BOLD | A_UNDERLINE)) | A_REVERSE;
        pair = 0;
    }
    attr_set(attributes, pair, NULL);
}

/* How many cells of width are inside the area from (row, column) on. */
static int room(const struct area *area, int row, int column, int width)
{
    if (!terminal.open || row < 0 || row >= area->rows || column < 0 || column >= area->columns)
        return 0;
    int left = area->columns - column;
    return width < 0 || width > left ? left : width;
}

static int put(const struct area *area, int row, int column, int width, unsigned paint,
    const char *text, bool keep_end)
{
    char cells[COLUMNS_MAX + 1];
    width = room(area, row, column, width);
    if (width <= 0)
        return column;
    size_t used = cells_fit(text ? text : "", (size_t)width, keep_end, cells, sizeof(cells));
    set_paint(paint);
    mvaddnstr(area->row + row, area->column + column, cells, (int)used);
    return column + (int)used;
}

int terminal_text(
    const struct area *area, int row, int column, int width, unsigned paint, const char *text)
{
    return put(area, row, column, width, paint, text, false);
}

int terminal_name(
    const struct area *area, int row, int column, int width, unsigned paint, const char *text)
{
    return put(area, row, column, width, paint, text, true);
}

int terminal_right(const struct area *area, int row, int end, unsigned paint, const char *text)
{
    int column = end - (int)strlen(text);
    if (column < 0)
        column = 0;
    put(area, row, column, end - column, paint, text, false);
    return column;
}

int terminal_format(const struct area *area, int row, int column, int width, unsigned paint,
    const char *format, ...)
{
    char text[COLUMNS_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return put(area, row, column, width, paint, text, false);
}

void terminal_repeat(
    const struct area *area, int row, int column, int width, unsigned paint, char glyph)
{
    width = room(area, row, column, width);
    if (width <= 0)
        return;
    set_paint(paint);
    mvhline(area->row + row, area->column + column, (chtype)(unsigned char)glyph, width);
}

void terminal_level(const struct area *area, int row, int column, unsigned paint, int level)
{
    static const char *const shades[] = {"\u2591", "\u2592", "\u2588"};
    static const char *const marks[] = {":", "|", "#"};
    if (room(area, row, column, 1) <= 0)
        return;
    set_paint(paint);
    level = level < 1 ? 1 : level > 3 ? 3 : level;
    mvaddstr(area->row + row, area->column + column,
        terminal.utf8 ? shades[level - 1] : marks[level - 1]);
}

void terminal_bar(const struct area *area, int row, int column, int width, unsigned paint,
    unsigned long long part, unsigned long long whole)
{
    width = room(area, row, column, width);
    if (width <= 0)
        return;
    int filled = cells_share(width, part, whole);
    set_paint(paint);
    for (int i = 0; i < width; i++) {
        if (i == filled)
            set_paint((unsigned)PAINT_DIM | (paint & PAINT_SELECTED));
        /* FULL BLOCK and LIGHT SHADE: one cell each, on the Linux console too. */
        const char *glyph =
            terminal.utf8 ? (i < filled ? "\u2588" : "\u2591") : (i < filled ? "#" : ".");
        mvaddstr(area->row + row, area->column + column + i, glyph);
    }
}
