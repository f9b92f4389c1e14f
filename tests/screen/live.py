#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the live screen; started by live.sh. Each waits for what it wants to see, within a
generous time: none measures."""
import os
import sys
import time

import live_alarm
import live_end
import live_export
import live_view
import live_wire
from harness import Suite
from world import World

PREFIX = os.environ["LIVE_PREFIX"]
HOME = os.environ["LIVE_HOME"]


class Scene:
    """What the tests share: a world with look-ups in it, another in which nothing happens, and how
    leaktop is started in them."""

    def __init__(self):
        self.program = os.environ["LEAKTOP"]
        self.server = PREFIX
        self.environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "HOME": HOME, "TMUX_TMPDIR": HOME}
        self.world = World(PREFIX + "a")
        self.calm = World(PREFIX + "b")

        self.people()

    def people(self):
        """Somebody else than who watches, whose home nobody else may enter."""
        home, user = HOME + "/ben", 4712
        files = {
            ".mozilla/firefox/profiles.ini": "[Profile0]\nName=everyday\nIsRelative=1\nPath=p\n",
            ".mozilla/firefox/p/prefs.js": 'user_pref("network.trr.mode", 3);\n',
            "tor-browser/Browser/TorBrowser/Data/Browser/profile.default/prefs.js": "",
        }
        for path, text in files.items():
            os.makedirs(os.path.dirname(f"{home}/{path}"), exist_ok=True)
            with open(f"{home}/{path}", "w", encoding="ascii") as file:
                file.write(text)
        for folder, _, names in os.walk(home):
            os.chmod(folder, 0o700)
            for name in (".", *names):
                os.chown(f"{folder}/{name}", user, user)
        # What `ip netns exec` puts in place of /etc/passwd.
        with open("/etc/passwd", encoding="ascii", errors="replace") as real:
            accounts = [line for line in real if int(line.split(":")[2]) < 1000 or "65534" in line]
        with open(self.world.settings + "/passwd", "w", encoding="ascii") as passwd:
            passwd.writelines([*accounts, f"ben:x:{user}:{user}::{home}:/bin/sh\n"])

    def command(self, *options, world=None):
        return (world or self.world).command(self.program, "--passive", *options)

    def close(self):
        self.world.close()
        self.calm.close()


def main():
    suite = Suite(sys.argv[1] if len(sys.argv) > 1 else "")
    began = time.monotonic()
    scene = Scene()
    try:
        # The one that must be left alone for ten seconds is left alone while the others run.
        with live_wire.Calm(scene) as calm:
            live_view.tests(suite, scene)
            live_end.tests(suite, scene)
            live_export.tests(suite, scene)
            live_wire.tests(suite, scene)
            live_alarm.tests(suite, scene)
            suite.run("0 bytes in 4 s in which nothing changes", calm.idle)
    finally:
        scene.close()
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if suite.close() else 1


if __name__ == "__main__":
    sys.exit(main())
