#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What only the holder of a terminal's other end can see: bytes written, modes left behind.

other_end.py first COMMAND...      milliseconds until the first whole frame
other_end.py idle COMMAND...       bytes written during two seconds without a change, and after a key
other_end.py restore HOW COMMAND.. end by a key "q" or a signal's name; the terminal must be as before
other_end.py lost COMMAND...       close the terminal; the command must end, with SIGHUP ignored
other_end.py eof COMMAND...        standard input at its end, the terminal still there
other_end.py paste COMMAND...      a megabyte of keys, then q
Prints "ok ..." and exits 0, or says what was seen and exits 1.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


def start(command, ignore_hangup=False, stdin=None):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        if ignore_hangup:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.dup2(slave if stdin is None else stdin, 0)
        os.dup2(slave, 1)
        os.dup2(slave, 2)
        os.closerange(3, 64)
        os.execvp(command[0], command)
    return pid, master, slave, before


def read_for(master, seconds):
    data, end = b"", time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([master], [], [], left)[0]:
            return data
        try:
            data += os.read(master, 65536)
        except OSError:
            return data


def read_until(master, what, seconds=10):
    data, end = b"", time.monotonic() + seconds
    while what not in data and time.monotonic() < end:
        data += read_for(master, 0.02)
    return data


def wait(pid, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def fail(text):
    print(text)
    sys.exit(1)


def first(command):
    began = time.monotonic()
    pid, master, _, _ = start(command)
    data = read_until(master, b"Quit")
    took = (time.monotonic() - began) * 1000
    os.write(master, b"q")
    wait(pid, 5)
    if b"Quit" not in data:
        fail("no frame: %r" % data[-200:])
    print("ok %.0f ms" % took)


def idle(command):
    pid, master, _, _ = start(command)
    read_until(master, b"Quit")
    os.write(master, os.environ.get("KEYS", "").encode())
    read_for(master, float(os.environ.get("SETTLE", "0.5")))
    quiet = read_for(master, 2)
    os.write(master, b"j")
    key = read_for(master, 0.5)
    os.write(master, b"q")
    wait(pid, 5)
    if quiet:
        fail("%d bytes while nothing changed: %r" % (len(quiet), quiet[:200]))
    if not key:
        fail("a key drew nothing")
    print("ok 0 bytes idle, %d for a key" % len(key))


def restore(how, command):
    pid, master, slave, before = start(command)
    data = read_until(master, b"Quit" if how != "CRASH" else b"\x1b[?1049l")
    if how == "q":
        os.write(master, b"q")
    elif how != "CRASH":
        os.kill(pid, getattr(signal, "SIG" + how))
    status = wait(pid, 10)
    data += read_for(master, 0.3)
    after = termios.tcgetattr(slave)
    if status is None:
        fail("did not end")
    if after != before:
        fail("terminal modes differ")
    if data.count(b"\x1b[?1049h") != 1 or data.rfind(b"\x1b[?1049l") < data.rfind(b"\x1b[?1049h"):
        fail("the alternate screen is still on")
    if data.rfind(b"\x1b[?25l") > max(data.rfind(b"\x1b[?25h"), data.rfind(b"\x1b[?12l\x1b[?25h")):
        fail("the cursor is still hidden")
    print("ok status %d" % status)


def lost(command):
    pid, master, slave, _ = start(command, ignore_hangup=True)
    read_until(master, b"Quit")
    os.close(slave)
    os.close(master)
    if wait(pid, 5) is None:
        fail("lives on without a terminal")
    print("ok ended")


def eof(command):
    reader, writer = os.pipe()
    pid, master, _, _ = start(command, stdin=reader)
    os.close(reader)
    read_until(master, b"Quit")
    os.close(writer)
    if wait(pid, 5) is None:
        fail("lives on after the end of its input")
    print("ok ended")


def paste(command):
    pid, master, _, _ = start(command)
    read_until(master, b"Quit")
    text = b"jk2?1/abc\x1b[99~\xff\xfe" * (1 << 16)
    began = time.monotonic()
    sent = 0
    os.set_blocking(master, False)
    while sent < len(text) and time.monotonic() < began + 60:
        readable, writable, _ = select.select([master], [master], [], 1)
        if readable:
            os.read(master, 65536)
        if writable:
            try:
                sent += os.write(master, text[sent : sent + 4096])
            except BlockingIOError:
                pass
    took = time.monotonic() - began
    os.set_blocking(master, True)
    read_for(master, 0.5)
    os.write(master, b"\x03")
    status = wait(pid, 10)
    if sent < len(text):
        fail("took %d of %d bytes" % (sent, len(text)))
    if status != 0:
        fail("status %r after it" % status)
    print("ok %d bytes in %.1f s" % (sent, took))


if __name__ == "__main__":
    name, rest = sys.argv[1], sys.argv[2:]
    if name == "restore":
        restore(rest[0], rest[1:])
    else:
        {"first": first, "idle": idle, "lost": lost, "eof": eof, "paste": paste}[name](rest)
