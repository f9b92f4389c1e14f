# SPDX-License-Identifier: GPL-2.0-or-later
"""A pseudo-terminal with a program in its foreground, as a shell starts it: a leader that owns the
session, and below it the program in a process group of its own. The leader ignores SIGHUP, so the
program learns of a lost terminal from the terminal alone."""
import ctypes
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time

from harness import Failure

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

CONTROL = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78DEHM]")
COLOUR = re.compile(rb"(?:^|;)(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:;|$)")


def shown(stream):
    """What is left of a stream without the sequences that move and paint."""
    return CONTROL.sub(b"", stream).translate(None, b"\x0e\x0f")


def colours(stream):
    """The SGR sequences of a stream that set a colour."""
    return [code for code in re.findall(rb"\x1b\[([0-9;]*)m", stream) if COLOUR.search(code)]


def stat_of(pid):
    """(state, parent), or None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return words[0], int(words[1])


def alive(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def descendants(pid):
    """Children, their children and so on, in the order of generations."""
    parents = {}
    for entry in os.listdir("/proc"):
        stat = stat_of(entry) if entry.isdigit() else None
        if stat:
            parents.setdefault(stat[1], []).append(int(entry))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found[1:]


def lead(slave, report, command, environment, ignore):
    """The session's leader: never returns."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The other end must be the test's alone, or it could not be closed.
    for descriptor in range(3, 64):
        if descriptor not in (slave, report):
            try:
                os.close(descriptor)
            except OSError:
                pass
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpgrp())
        for number in (signal.SIGTTOU, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN if number in ignore else signal.SIG_DFL)
        for fd in range(3):
            os.dup2(slave, fd)
        os.closerange(3, 64)
        os.execvpe(command[0], command, environment)
    try:
        os.setpgid(child, child)
    except OSError:
        pass  # it did so itself

    def foreground(*_):
        os.tcsetpgrp(slave, child)
        os.killpg(child, signal.SIGCONT)

    signal.signal(signal.SIGUSR1, foreground)
    os.write(report, b"started %d\n" % child)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        try:
            os.tcsetpgrp(slave, os.getpgrp())
        except OSError:
            pass  # the terminal is gone
        if os.WIFSTOPPED(status):
            os.write(report, b"stopped %d\n" % os.WSTOPSIG(status))
        else:
            ended = (b"exited", os.WEXITSTATUS(status)) if os.WIFEXITED(status) else \
                (b"killed", os.WTERMSIG(status))
            os.write(report, b"%s %d\n" % ended)
            break
    while True:
        signal.pause()


class Terminal:
    everyone = []  # those that are open: all are read whenever one is waited for

    def __init__(self, command, environment, rows=24, columns=80, ignore=()):
        self.master, self.slave = os.openpty()
        self.resize(rows, columns)
        self.before = self._state()
        self.stream = bytearray()
        self.reports = ""
        self.reading = True
        self.report, report = os.pipe()
        self.started = time.monotonic()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                lead(self.slave, report, command, environment, ignore)
            finally:
                os._exit(127)
        os.close(report)
        os.set_blocking(self.report, False)
        os.set_blocking(self.master, False)
        Terminal.everyone.append(self)
        self.wait(lambda: "started" in self.reports, 5, "the program was not started")
        self.pid = int(self.reports.split()[1])

    # ---- reading ----

    def _take(self, descriptor):
        try:
            got = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        if descriptor == self.report:
            self.reports += got.decode()
        else:
            self.stream += got
        if not got:
            self.reading = self.reading and descriptor != self.master

    @staticmethod
    def pump(seconds):
        """Read what comes, from all terminals, for at most so long; returns after the first bytes."""
        owners = {}
        for each in Terminal.everyone:
            owners[each.report] = each
            if each.reading and each.master is not None:
                owners[each.master] = each
        ready, _, _ = select.select(list(owners), [], [], max(0, seconds))
        for descriptor in ready:
            owners[descriptor]._take(descriptor)

    def wait(self, condition, seconds, why):
        """Until the condition holds: the seconds it took. Or the failure says why."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                raise Failure(f"{why} within {seconds} s", shown(bytes(self.stream[-3000:])))
            self.pump(0.01)
        return time.monotonic() - start

    def expect(self, text, seconds=5, since=0):
        """Until the text was written since that place of the stream."""
        return self.wait(lambda: text in shown(bytes(self.stream[since:])), seconds,
                         f"no {text!r} on the terminal")

    def settle(self, quiet=0.25, seconds=3):
        """Until nothing was written for a moment."""
        start, last, length = time.monotonic(), time.monotonic(), len(self.stream)
        while time.monotonic() - last < quiet and time.monotonic() - start < seconds:
            self.pump(0.02)
            if len(self.stream) != length:
                last, length = time.monotonic(), len(self.stream)

    def redrawn(self, *texts, seconds=5):
        """The whole picture, drawn anew for Ctrl-L; waits for the texts in it."""
        mark = len(self.stream)
        self.type(b"\x0c")
        for text in texts:
            self.expect(text, seconds, mark)
        self.settle(0.15, 1)
        return shown(bytes(self.stream[mark:]))

    # ---- acting ----

    def type(self, keys):
        """As a person or a paste does: what does not fit waits, and output is read meanwhile."""
        while keys:
            try:
                keys = keys[os.write(self.master, keys[:1024]):]
            except BlockingIOError:
                self.pump(0.005)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def foreground(self):
        """What a shell's fg does."""
        os.kill(self.leader, signal.SIGUSR1)

    def ended(self):
        return "exited" in self.reports or "killed" in self.reports

    def wait_end(self, seconds=5):
        """How it ended: ("exited", status) or ("killed", signal)."""
        self.wait(self.ended, seconds, "it does not end")
        while select.select([self.master], [], [], 0)[0] and self.reading:
            self._take(self.master)
        word, number = self.reports.split("\n")[-2].split()
        return word, int(number)

    def _state(self):
        """Modes, and the flags of the open file that a shell shares with what it starts."""
        return termios.tcgetattr(self.slave), fcntl.fcntl(self.slave, fcntl.F_GETFL)

    def restored(self):
        return self._state() == self.before

    def difference(self):
        return f"{self.before}\n{self._state()}"

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = None

    def close(self):
        if self in Terminal.everyone:
            Terminal.everyone.remove(self)
        for pid in (self.pid, self.leader):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        os.waitpid(self.leader, 0)
        for descriptor in (self.master, self.slave, self.report):
            if descriptor is not None:
                os.close(descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
