# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes over the terminal's wire: bytes, colours, floods of keys and signals, a terminal that
stops reading, and silence while nothing changes."""
import os
import re
import signal
import time

from harness import need
from live_end import left_well, started
from live_view import HOSTILE
from terminal import Terminal, colours, descendants, shown


class Calm:
    """leaktop in the world where nothing happens after the beginning: "quiet since" comes ten
    seconds after a leak, and from then on there is nothing to say."""

    def __init__(self, scene):
        self.terminal = Terminal(scene.command(world=scene.calm), scene.environment)
        self.terminal.expect(b"live", 5)
        self.begun = time.monotonic()
        scene.calm.good("calm", "example")
        scene.calm.leak("once", "example")
        self.terminal.expect(b"LEAK")

    def idle(self):
        terminal = self.terminal
        terminal.expect(b"quiet since", 15)
        terminal.settle(0.5)
        mark = len(terminal.stream)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            terminal.pump(end - time.monotonic())
        need(len(terminal.stream) == mark, f"{len(terminal.stream) - mark} bytes", bytes(terminal.stream[mark:]))
        terminal.type(b"j")
        terminal.wait(lambda: len(terminal.stream) > mark, 1, "and then a key draws nothing")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.close()


def prompt(scene):
    """Loose bounds: figures are the benchmarks' (tests/bench)."""
    frames, leaks = [], []
    # The best of three each: what else the machine does is not the question.
    for name in ("quince", "medlar", "damson"):
        with Terminal(scene.command(), scene.environment) as terminal:
            frames.append(terminal.expect(b"q Quit", 5))
            terminal.expect(b"live")
            mark = len(terminal.stream)
            sent = scene.world.leak(name, "example")
            terminal.expect(name.encode() + b".example", 5, mark)
            leaks.append(time.time() - sent)
            terminal.redrawn(b"X LEAK")
    need(min(frames) < 1, f"the first frame took {min(frames):.2f} s")
    need(min(leaks) < 1, f"a leak took {min(leaks):.2f} s to the screen")


def look_around(terminal):
    """Every picture there is at this size."""
    for keys in (b"\r", b"\x1b", b"j", b"\t", b"\r", b"\x1b", b"2", b"\r", b"\x1b", b"/", b"exposure=ex\r", b"\x1b", b"?",
                 b"\x1b", b" ", b" ", b"c", b"n", b"v", b"\x1b", b"m", b"m", b"r", b"1", b"\x0c"):
        mark = len(terminal.stream)
        terminal.type(keys)
        terminal.wait(lambda: len(terminal.stream) > mark, 3, f"{keys!r} draws nothing")
        terminal.settle(0.04, 0.5)


def plain(scene, options, environment, wanted):
    """Neither colour nor anything but ASCII; or, where it is wanted, both: the test can fail."""
    with started(scene, *options, environment=environment, rows=40, columns=120) as terminal:
        scene.world.good("plain", "example", count=2)
        scene.world.leak("\xe2\x80\xaegpj\xff", "example")
        terminal.expect(b"X LEAK")
        look_around(terminal)
        stream = bytes(terminal.stream)
        found = colours(stream)
        need(bool(found) == wanted, f"{len(found)} colour sequences {found[:1]}")
        others = sorted({byte for byte in stream if byte >= 0x80})
        need(bool(others) == wanted, f"bytes from 0x80 on: {bytes(others)!r}")
        need(re.search(rb"\x1b\[[0-9;]*7[;m]", stream), "no reverse video: nothing marks the selected row")


def no_control(scene):
    """Whatever names hold, only terminfo's sequences go to the terminal."""
    with started(scene, rows=40, columns=120) as terminal:
        for label, _ in HOSTILE:
            scene.world.leak(label, "test")
            scene.world.good(label, "test")
        terminal.expect(rb"nul\000l.test")
        look_around(terminal)
        stream = bytes(terminal.stream)
        for label, _ in HOSTILE[:-2]:
            need(label.encode("latin-1") not in stream, f"{label!r} went through raw")
        rest = re.sub(rb"[\r\n\x08\x09]", b"", shown(stream)).decode()
        strange = {c for c in rest if not (" " <= c <= "~" or c in "\u2588\u2591")}
        need(not strange, f"these went through: {strange!r}")
        terminal.type(b"q")
        terminal.wait_end()
        left_well(terminal)


def resize_storm(scene):
    with started(scene) as terminal:
        sizes = [(24, 80), (40, 120), (12, 40), (5, 20), (1, 1), (50, 200)]
        for i in range(100):
            terminal.resize(*sizes[i % len(sizes)])
            end = time.monotonic() + 0.01
            while time.monotonic() < end:
                terminal.pump(end - time.monotonic())
        terminal.resize(24, 80)
        terminal.settle()
        terminal.redrawn(b"q Quit", b"public-ip")
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        left_well(terminal)


def pasted(scene):
    with started(scene) as terminal:
        scene.world.good("paste", "example", count=50)
        terminal.expect(b"paste49.example")
        # As text of a filter, where every letter counts as one; then as keys, sequences that no
        # terminal sends among them.
        terminal.type(b"/" + b"quit leaktop now, please? " * 4000)
        terminal.type(b"\x1b")
        terminal.settle(0.2)
        terminal.type(b"jk2\t \r1?/\xff\xfe\x1b[99~\x1b[A\x00" * 5000 + b"\x1b" * 4)
        terminal.settle(0.3, 10)
        terminal.type(b"\x1b")
        terminal.settle(0.1)
        terminal.type(b"\x1b1")
        scene.world.good("behind", "example")
        terminal.redrawn(b"q Quit", b"public-ip", seconds=10)
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        left_well(terminal)


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def not_reading(scene):
    """A terminal that stops reading while a burst comes: nothing is lost, nothing spins."""
    with started(scene, rows=40, columns=120) as terminal:
        terminal.settle()
        before = cpu_seconds(terminal.family)
        end = time.monotonic() + 3
        scene.world.good("burst", "example", count=5000, gap=0.0002)
        # Redraws until nothing fits any more.
        while time.monotonic() < end:
            try:
                os.write(terminal.master, b"\x0c")
            except BlockingIOError:
                pass
            time.sleep(0.05)
        used = cpu_seconds(terminal.family) - before
        terminal.settle(0.5, 5)
        terminal.redrawn(b"5000 seen, 0 dropped")
        need(used < 1.5, f"{used:.1f} s of CPU meanwhile")
        terminal.type(b"q")
        need(terminal.wait_end() == ("exited", 0), "it does not end well")
        left_well(terminal)


def killed_while_not_reading(scene):
    """And it can be ended then."""
    with started(scene, rows=40, columns=120) as terminal:
        for _ in range(100):
            try:
                os.write(terminal.master, b"\x0c")
            except BlockingIOError:
                break
            time.sleep(0.01)
        family = [terminal.pid, *descendants(terminal.pid)]
        os.kill(terminal.pid, signal.SIGTERM)
        end = time.monotonic() + 2
        while time.monotonic() < end and any(os.path.exists(f"/proc/{pid}") for pid in family[1:]):
            time.sleep(0.02)
        need(not any(os.path.exists(f"/proc/{pid}") for pid in family[1:]), "SIGTERM does not end it")


def tests(suite, scene):
    suite.run("first frame and a leak within a second", prompt, scene)
    suite.run("colours and blocks, also where NO_COLOR is empty", plain, scene, (), {"NO_COLOR": ""}, True)
    suite.run("NO_COLOR and LC_ALL=C: no colour, only ASCII on the wire", plain, scene, (),
              {"NO_COLOR": "1", "LC_ALL": "C"}, False)
    suite.run("--no-color and --ascii: likewise", plain, scene, ("--no-color", "--ascii"), {}, False)
    suite.run("hostile names: no control byte on the wire", no_control, scene)
    suite.run("resized 100 times in a second", resize_storm, scene)
    suite.run("200 kB of keys pasted", pasted, scene)
    suite.run("a terminal that does not read for 3 s: nothing lost, no spin", not_reading, scene)
    suite.run("a terminal that does not read: SIGTERM ends it", killed_while_not_reading, scene)
