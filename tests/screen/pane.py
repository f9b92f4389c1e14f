# SPDX-License-Identifier: GPL-2.0-or-later
"""A pane of a private tmux server: what a person would see, as text."""
import re
import subprocess
import time

from harness import Failure, need

VERDICT = re.compile(r"[+!X?o] (OK|WARN|LEAK|UNKNOWN|UNPROTECTED)\b")


class Pane:
    def __init__(self, server, environment):
        self.tmux = ["tmux", "-L", server, "-f", "/dev/null"]
        self.environment = environment
        self.columns, self.rows = 80, 24
        self._run("new-session", "-d", "-x", "80", "-y", "24", "env", "PS1=shell> ", "TERM=tmux-256color", "bash",
                  "--norc", "--noprofile", "-i")
        self._run("set", "-g", "status", "off")
        self.size(80, 24)
        self.sees("shell>")

    def _run(self, *words):
        return subprocess.run([*self.tmux, *words], env=self.environment, check=True, capture_output=True,
                              text=True).stdout

    def size(self, columns, rows):
        self.columns, self.rows = columns, rows
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def keys(self, *keys):
        self._run("send-keys", *keys)

    def text(self, words):
        self._run("send-keys", "-l", words)

    def look(self, joined=False):
        return self._run("capture-pane", "-p", *(["-J"] if joined else []))

    def title(self):
        return self._run("display", "-p", "#{pane_title}").strip()

    def until(self, condition, why, seconds=5):
        """Until what is seen meets the condition: the picture."""
        end = time.monotonic() + seconds
        while True:
            picture = self.look()
            if condition(picture):
                return picture
            if time.monotonic() > end:
                raise Failure(why, picture)
            time.sleep(0.03)

    def sees(self, *texts, seconds=5):
        picture = ""
        for text in texts:
            picture = self.until(lambda seen: text in seen, f"'{text}' is not on the screen", seconds)
        return picture

    def misses(self, *texts, seconds=5):
        return self.until(lambda seen: not any(text in seen for text in texts),
                          f"one of {texts} is on the screen", seconds)

    def steady(self):
        """The picture once it stands still."""
        before, since = self.look(), time.monotonic()
        while time.monotonic() - since < 0.3:
            time.sleep(0.05)
            now = self.look()
            if now != before:
                before, since = now, time.monotonic()
        return before

    def whole(self, picture=None):
        """The verdict is on the first two rows, the keys are on the last, and nothing wrapped."""
        picture = picture or self.steady()
        lines = picture.split("\n")[:self.rows]
        need(any(VERDICT.search(line) for line in lines[:2]), "no verdict on the first two rows", picture)
        need(re.search(r"\bq Quit$|\bEsc Back", lines[self.rows - 1].rstrip()), "no keys on the last row", picture)
        need(all(len(line) <= self.columns for line in self.look(joined=True).split("\n")), "a line wrapped", picture)
        return lines

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False, capture_output=True)
