# SPDX-License-Identifier: GPL-2.0-or-later
"""Alarms: what the terminal is told of a leak, how often, and what a command is given."""
import os
import signal
import subprocess
import time

from harness import need
from live_end import left_well, started
from live_view import HOSTILE
from terminal import Terminal

BEL, TITLE, KEEP, BACK = b"\x07", b"\x1b]2;", b"\x1b[22;2t", b"\x1b[23;2t"


class Told:
    """A configuration, and a program that writes down what it is given, in a folder that the user
    whom leaktop becomes may write to."""

    def __init__(self, scene, *lines):
        self.folder = os.path.join(scene.environment["HOME"], f"alarm{time.monotonic_ns()}")
        self.program = self.folder + "/told"
        os.makedirs(self.folder)
        for each in (scene.environment["HOME"], self.folder):
            os.chmod(each, 0o777)
        with open(self.program, "w", encoding="ascii") as file:
            file.write("""#!/bin/sh
out=$(mktemp "${0%/*}/call.XXXXXX")
for word; do printf '%s\\0' "$word"; done >"$out.words"
tr '\\0' '\\n' </proc/self/environ >"$out.environment"
grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status >"$out.status"
ls /proc/$$/fd >"$out.files"
mv "$out" "$out.done"
[ "$1" = slow ] && sleep 30
exit 7
""")
        os.chmod(self.program, 0o755)
        self.path = self.folder + "/leaktop.conf"
        with open(self.path, "w", encoding="ascii") as file:
            file.write("\n".join(("[alarm]", *lines)).replace("PROGRAM", self.program).replace("FOLDER", self.folder) + "\n")
        os.chmod(self.path, 0o644)

    def calls(self):
        """What each call was given: words, environment, status."""
        found = []
        for name in sorted(os.listdir(self.folder)):
            if not name.endswith(".done"):
                continue
            base = os.path.join(self.folder, name[:-len(".done")])
            parts = []
            for part in ("words", "environment", "status", "files"):
                with open(f"{base}.{part}", encoding="latin-1") as file:
                    parts.append(file.read())
            found.append((parts[0].split("\0")[:-1],
                          dict(line.split("=", 1) for line in parts[1].split("\n") if "=" in line), parts[2],
                          parts[3].split()))
        return found

    def wait(self, count, terminal=None):
        end = time.monotonic() + 8
        while len(self.calls()) < count:
            need(time.monotonic() < end, f"{len(self.calls())} calls, not {count}")
            Terminal.pump(0.02) if terminal else time.sleep(0.05)
        return self.calls()


def tells(scene, terminal, burst):
    """A burst of leaks, until the terminal shows its last."""
    mark = len(terminal.stream)
    for i in range(burst):
        scene.world.leak(f"burst{i}n{time.monotonic_ns()}", "example")
    scene.world.leak(f"last{mark}", "example")
    terminal.expect(f"last{mark}".encode(), 5, mark)
    terminal.settle(1.5, 4)  # whose they are was found out
    return bytes(terminal.stream[mark:])


def bell(scene, on):
    told = Told(scene, f"bell = {'yes' if on else 'no'}")
    with started(scene, "-c", told.path) as terminal:
        terminal.settle()
        need(BEL not in terminal.stream, "it rings where nothing leaks", bytes(terminal.stream))
        stream = tells(scene, terminal, 20)
        need(stream.count(BEL) == (1 if on else 0), f"{stream.count(BEL)} bells for one burst")
        for text in (TITLE, KEEP, b"\x1b]777", b"\x1b]9"):
            need(text not in terminal.stream, f"{text!r} was not asked for")
        terminal.type(b"q")
        terminal.wait_end()
        left_well(terminal)


def by_default(scene):
    with started(scene) as terminal:
        tells(scene, terminal, 3)
        terminal.type(b"q")
        terminal.wait_end()
        for text in (BEL, b"\x1b]", KEEP, BACK):
            need(text not in terminal.stream, f"{text!r} without being asked", bytes(terminal.stream[-400:]))


def again(scene):
    """Cleared by the person, the same leak is news."""
    told = Told(scene, "bell = yes")
    with started(scene, "-c", told.path) as terminal:
        scene.world.leak("twice", "example")
        terminal.wait(lambda: terminal.stream.count(BEL) == 1, 5, "no bell")
        time.sleep(10.2)  # the burst is over
        scene.world.leak("twice", "example")
        terminal.settle(2, 4)
        need(terminal.stream.count(BEL) == 1, "a repeat rings")
        terminal.type(b"cy")
        terminal.settle(0.3, 1)
        scene.world.leak("twice", "example")
        terminal.wait(lambda: terminal.stream.count(BEL) == 2, 5, "no bell after the leaks were cleared")


def title(scene, how):
    told = Told(scene, "title = yes")
    with started(scene, "-c", told.path) as terminal:
        scene.world.leak("titled", "example")
        terminal.wait(lambda: b"\x1b]2;X leak (1) - leaktop\x1b\\" in terminal.stream, 5, "no title")
        need(terminal.stream.count(KEEP) == 1, "the old title was not kept once")
        need(terminal.stream.find(KEEP) < terminal.stream.find(TITLE), "set before it was kept")
        if how == "key":
            terminal.type(b"q")
        else:
            os.kill(terminal.pid, how)
        terminal.wait_end()
        need(terminal.stream.count(BACK) == 1, "the old title does not come back", bytes(terminal.stream[-300:]))
        need(terminal.stream.rfind(TITLE) < terminal.stream.find(BACK), "set after it was given back")
        need(terminal.restored(), "the terminal's modes or flags are not what they were", terminal.difference())


def title_stopped(scene):
    told = Told(scene, "title = yes")
    with started(scene, "-c", told.path) as terminal:
        terminal.wait(lambda: TITLE in terminal.stream, 5, "no title")
        terminal.type(b"\x1a")
        terminal.wait(lambda: "stopped" in terminal.reports, 5, "it does not stop")
        terminal.wait(lambda: terminal.stream.count(BACK) == 1, 2, "the old title does not come back")
        mark = len(terminal.stream)
        terminal.foreground()
        terminal.wait(lambda: KEEP in terminal.stream[mark:] and TITLE in terminal.stream[mark:], 5, "no title again")
        terminal.type(b"q")
        terminal.wait_end()
        need(terminal.stream.count(BACK) == 2, "the old title does not come back in the end")


def no_xterm(scene):
    told = Told(scene, "title = yes", "notice = 777", "bell = yes")
    with started(scene, "-c", told.path, environment={"TERM": "linux"}) as terminal:
        scene.world.leak("console", "example")
        terminal.wait(lambda: BEL in terminal.stream, 5, "no bell")
        terminal.settle()
        for text in (TITLE, KEEP, b"\x1b]777"):
            need(text not in terminal.stream, f"{text!r} on a terminal that does not know it")


def notice(scene, kind):
    told = Told(scene, f"notice = {kind}")
    begin = {"777": b"\x1b]777;notify;leaktop;leak: ", "9": b"\x1b]9;leak: "}[kind]
    with started(scene, "-c", told.path) as terminal:
        scene.world.leak("\x1b]0;pwned\x07", "noticed", "example")
        terminal.wait(lambda: begin in terminal.stream, 5, "no notice")
        terminal.settle(1.5, 4)
        need(terminal.stream.count(begin) == 1, "not one notice")
        text = bytes(terminal.stream).split(begin)[1].split(b"\x1b\\")[0]
        need(b"left by eth0 over udp, outside the tunnel" in text, "it does not say what leaked", text)
        need(all(32 <= octet < 127 for octet in text) and b"noticed" not in text, "it says a name", text)
        need(BEL not in terminal.stream, "it rings without being asked")


def to_leak(scene):
    """l: to the newest leak, from anywhere, past a filter that hides it; then to the one before."""
    with started(scene) as terminal:
        for name in ("older", "newer"):
            scene.world.leak(name, "leak", "example")
            terminal.expect(f"{name}.leak.example".encode())
        for i in range(30):
            scene.world.good(f"fine{i}", "example")
        terminal.expect(b"fine29")
        terminal.type(b"2/fine\r4")
        terminal.settle()
        for wanted in (b"newer.leak.example", b"older.leak.example", b"newer.leak.example"):
            terminal.type(b"l")
            terminal.settle(0.2, 1)
            need(wanted in terminal.redrawn(b"Detail"), f"{wanted!r} is not shown")
            mark = len(terminal.stream)
            terminal.type(b"\r")
            terminal.expect(wanted, 5, mark)
            terminal.type(b"\x1b")
            terminal.settle(0.2, 1)


def judged(call, told, name):
    """What a call was given is unharmed, and it has no rights."""
    words, environment, status, files = call
    need(words[:3] == ["quick", f"--x=$(touch${{IFS}}{told.folder}/no)", "%alarmed"], f"the words are {words}")
    need(words[3].startswith("leak: ") and "outside the tunnel" in words[3], f"the sentence is {words[3]!r}")
    need(len(words) == 4, f"{len(words)} words")
    need(environment["LEAKTOP_NAME"] == name, f"the name is {environment['LEAKTOP_NAME']!r}")
    need(environment["LEAKTOP_INTERFACE"] == "eth0" and environment["LEAKTOP_CHECK"] == "dns", str(environment))
    need(environment["LEAKTOP_ALARM"] == words[3], "another sentence")
    need(environment.get("LD_TEST") == "kept" and "LEAKTOP_OLD" not in environment, str(environment))
    need("Uid:\t0" not in status, "it is root", status)
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
        need(line in status, f"not {line!r}", status)
    # The shell itself takes 10 and 11.
    need(all(int(each) < 12 for each in files), f"descriptors {files}")


def command(scene, how):
    told = Told(scene, "command = PROGRAM quick --x=$(touch${IFS}FOLDER/no) %alarmed %alarm")
    label, shown = HOSTILE[0] if how == "escapes" else ("$(id);`id`;|& -rf", r"$(id);`id`;|&\032-rf")
    environment = {**scene.environment, "LD_TEST": "kept", "LEAKTOP_OLD": "gone"}
    if how == "headless":
        process = subprocess.Popen(scene.command("--headless", "-c", told.path), env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1.5)  # what is sent before the capture runs is not seen
            scene.world.leak(label, "example")
            call, = told.wait(1)
            time.sleep(1)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    else:
        with started(scene, "-c", told.path, environment=environment) as terminal:
            for _ in range(20):
                scene.world.leak(label, "example")
            call, = told.wait(1, terminal)
            terminal.settle(1, 3)
    need(len(told.calls()) == 1, f"{len(told.calls())} calls for one burst")
    judged(call, told, shown + ".example")
    need(not os.path.exists(told.folder + "/no"), "a shell read it")


def masked(scene):
    told = Told(scene, "command = PROGRAM %alarm")
    with started(scene, "--mask", "-c", told.path) as terminal:
        scene.world.leak("secretname", "example")
        call, = told.wait(1, terminal)
    need(call[1]["LEAKTOP_NAME"] == "(hidden)", call[1]["LEAKTOP_NAME"])
    need("secretname" not in str(call), "the name is told")


def broken(scene, line, said):
    """A command that fails changes nothing but a line among the events; leaktop ends at once while
    one runs."""
    told = Told(scene, f"command = {line}")
    log = told.folder + "/log"
    process = subprocess.Popen(scene.command("--headless", "--log", log, "-c", told.path), env=scene.environment)
    try:
        time.sleep(1.5)
        scene.world.leak("broken", "example")
        end = time.monotonic() + 8
        while said not in open(log, encoding="ascii").read():
            need(time.monotonic() < end, f"the log does not say {said!r}")
            time.sleep(0.05)
        need(process.poll() is None, "leaktop has ended")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(3)


def slow(scene):
    """Ends while the command runs: at once, and the command is left to run."""
    told = Told(scene, "command = PROGRAM slow")
    with started(scene, "-c", told.path) as terminal:
        scene.world.leak("slow", "example")
        told.wait(1, terminal)
        terminal.type(b"q")
        need(terminal.wait_end(1) == ("exited", 0), "it does not end well")
        left_well(terminal)


def tests(suite, scene):
    suite.run("alarm: nothing by default", by_default, scene)
    suite.run("alarm: one bell for a burst", bell, scene, True)
    suite.run("alarm: bell off", bell, scene, False)
    suite.run("alarm: a repeat rings only after the leaks were cleared", again, scene)
    for name, how in (("q", "key"), ("SIGTERM", signal.SIGTERM), ("SIGSEGV", signal.SIGSEGV)):
        suite.run(f"alarm: the title tells, and comes back after {name}", title, scene, how)
    suite.run("alarm: the title comes back for the shell", title_stopped, scene)
    suite.run("alarm: no title nor notice on the console", no_xterm, scene)
    for kind in ("777", "9"):
        suite.run(f"alarm: notice by OSC {kind}", notice, scene, kind)
    suite.run("alarm: l goes to the leaks", to_leak, scene)
    for how in ("escapes", "shell", "headless"):
        suite.run(f"alarm: a command is given hostile names unharmed ({how})", command, scene, how)
    suite.run("alarm: a command is given no name where they are hidden", masked, scene)
    suite.run("alarm: no such command", broken, scene, "/no/such/program", "the command cannot be started: no such file")
    suite.run("alarm: a command that fails", broken, scene, "PROGRAM", "the command ended with status 7")
    suite.run("alarm: leaktop ends while a command runs", slow, scene)
