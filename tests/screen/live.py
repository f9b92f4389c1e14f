#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the live screen; started by live.sh. Each waits for what it wants to see, within a
generous time: none measures."""
import os
import sys
import time

import live_end
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
            live_wire.tests(suite, scene)
            suite.run("0 bytes in 4 s in which nothing changes", calm.idle)
    finally:
        scene.close()
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if suite.close() else 1


if __name__ == "__main__":
    sys.exit(main())
