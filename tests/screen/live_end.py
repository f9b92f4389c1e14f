# SPDX-License-Identifier: GPL-2.0-or-later
"""How it ends and what it leaves: signals, crashes, a lost terminal, terminals that cannot do it."""
import os
import signal
import time

from harness import need
from terminal import Terminal, alive, descendants, shown, stat_of


def started(scene, *options, environment=None, **more):
    terminal = Terminal(scene.command(*options), {**scene.environment, **(environment or {})}, **more)
    terminal.expect(b"Quit", 5)
    terminal.expect(b"live", 5)  # what is sent before is not seen
    terminal.wait(lambda: len(descendants(terminal.pid)) == 2, 5, "there are not three processes")
    terminal.family = [terminal.pid, *descendants(terminal.pid)]
    return terminal


def gone(terminal, seconds=1):
    """All three processes have ended."""
    terminal.wait(lambda: not any(alive(pid) for pid in terminal.family), seconds, "a process stays behind")


def left_well(terminal):
    need(terminal.restored(), "the terminal's modes or flags are not what they were", terminal.difference())
    stream = bytes(terminal.stream)
    need(stream.rfind(b"\x1b[?1049l") > stream.rfind(b"\x1b[?1049h") >= 0, "the alternate screen is still on")
    need(stream.rfind(b"\x1b[?25h") > stream.rfind(b"\x1b[?25l"), "the cursor is still hidden")


def ends(scene, how, wanted):
    with started(scene) as terminal:
        if how == "q":
            terminal.type(b"q")
        else:
            os.kill(terminal.pid, how)
        end = terminal.wait_end()
        need(end == wanted, f"it {end[0]} {end[1]}", shown(bytes(terminal.stream[-500:])))
        left_well(terminal)
        gone(terminal)


def capture_killed(scene):
    with started(scene) as terminal:
        capture = terminal.family[2]
        mark = len(terminal.stream)
        os.kill(capture, signal.SIGKILL)
        terminal.expect(b"DOWN", 5, mark)
        terminal.wait(lambda: len(descendants(terminal.pid)) == 2, 5, "no new capture")
        need(capture not in descendants(terminal.pid), "the old capture is still there")
        terminal.expect(b"live", 5, mark)
        scene.world.good("after", "restart")
        terminal.expect(b"after.restart", 5, mark)
        terminal.redrawn(b"Quit", b"live")
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        left_well(terminal)


def keeper_killed(scene):
    """Its end takes nothing away that is not said, and the terminal stays well."""
    with started(scene) as terminal:
        os.kill(terminal.family[1], signal.SIGKILL)
        terminal.wait(lambda: not alive(terminal.family[2]), 5, "the capture outlives its keeper")
        terminal.wait(lambda: b"DOWN" in shown(bytes(terminal.stream)) or b"NO CAPTURE" in shown(bytes(terminal.stream))
                      or terminal.ended(), 5, "the screen does not say so")
        if not terminal.ended():
            terminal.type(b"q")
            terminal.wait_end()
        left_well(terminal)


def main_killed(scene):
    with started(scene) as terminal:
        os.kill(terminal.pid, signal.SIGKILL)
        gone(terminal)


def stopped(scene, how):
    with started(scene) as terminal:
        terminal.settle()
        if how == "key":
            terminal.type(b"\x1a")
        else:
            os.kill(terminal.pid, signal.SIGTSTP)
        terminal.wait(lambda: "stopped" in terminal.reports, 5, "it does not stop")
        need(stat_of(terminal.pid)[0] == "T", "its state is not T")
        terminal.settle(0.1)
        left_well(terminal)
        mark = len(terminal.stream)
        scene.world.good("meanwhile", "example")
        terminal.foreground()
        terminal.expect(b"Quit", 5, mark)
        terminal.expect(b"meanwhile.example", 5, mark)
        need(b"\x1b[?1049h" in terminal.stream[mark:], "it did not take the alternate screen again")
        need(not terminal.restored(), "it did not take the terminal again")
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        left_well(terminal)


def lost(scene, ignore):
    terminal = started(scene, ignore=ignore)
    try:
        terminal.hang_up()
        gone(terminal)
    finally:
        terminal.close()


def works(scene, name):
    with started(scene, environment={"TERM": name}) as terminal:
        terminal.expect(b"UNKNOWN")
        terminal.redrawn(b"q Quit", b"public-ip", b"expect vpn")
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        need(terminal.restored(), "the terminal's modes or flags are not what they were", terminal.difference())


def refused(scene, environment, said):
    """One sentence, and nothing that a terminal would obey."""
    with Terminal(scene.command(), environment) as terminal:
        end = terminal.wait_end()
        terminal.settle(0.1)
        text = bytes(terminal.stream)
        need(end == ("exited", 2), f"it {end[0]} {end[1]}", text)
        need(b"\x1b" not in text, "an escape byte was written", text)
        need(text.count(b"\n") == 1, "not one line", text)
        for word in (b"TERM", said, b"--once", b"--headless"):
            need(word in text, f"{word!r} is not said", text)
        need(terminal.restored(), "the terminal's modes or flags are not what they were", terminal.difference())


def tests(suite, scene):
    for name, how, wanted in (("q", "q", ("exited", 0)),
                              ("SIGTERM", signal.SIGTERM, ("exited", 0)),
                              ("SIGINT", signal.SIGINT, ("exited", 0)),
                              ("SIGHUP", signal.SIGHUP, ("exited", 0)),
                              ("SIGSEGV", signal.SIGSEGV, ("killed", signal.SIGSEGV)),
                              ("SIGABRT", signal.SIGABRT, ("killed", signal.SIGABRT))):
        suite.run(f"restored after {name}, nothing stays behind", ends, scene, how, wanted)
    suite.run("capture killed: the screen says so, and it comes back", capture_killed, scene)
    suite.run("keeper killed: the screen says so", keeper_killed, scene)
    suite.run("main killed: nothing stays behind", main_killed, scene)
    suite.run("Ctrl-Z stops it, SIGCONT draws anew", stopped, scene, "key")
    suite.run("SIGTSTP likewise", stopped, scene, "signal")
    suite.run("a lost terminal ends all three within a second", lost, scene, ())
    suite.run("a lost terminal with SIGHUP ignored likewise", lost, scene, (signal.SIGHUP,))
    for name in ("linux", "vt100", "screen", "tmux-256color", "xterm"):
        suite.run(f"TERM={name}", works, scene, name)
    unset = {key: value for key, value in scene.environment.items() if key != "TERM"}
    for name, environment, said in (("TERM=dumb", {**unset, "TERM": "dumb"}, b'"dumb"'),
                                    ("TERM unset", unset, b"not set"),
                                    ("TERM unknown", {**unset, "TERM": "no-such\x1b[1m"}, rb'"no-such\027[1m"')):
        suite.run(f"{name}: one sentence and exit 2", refused, scene, environment, said)
