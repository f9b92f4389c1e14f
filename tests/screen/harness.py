# SPDX-License-Identifier: GPL-2.0-or-later
"""Names, runs and counts tests."""
import re
import sys
import time
import traceback


class Failure(Exception):
    """What was wrong, and what was there instead."""

    def __init__(self, why, picture=b""):
        super().__init__(why)
        self.picture = picture.decode("latin-1") if isinstance(picture, bytes) else picture


def need(condition, why, picture=""):
    if not condition:
        raise Failure(why, picture)


class Suite:
    def __init__(self, only):
        self.only = re.compile(only) if only else None
        self.passed = self.failed = 0

    def run(self, name, test, *arguments):
        if self.only and not self.only.search(name):
            return
        start = time.monotonic()
        try:
            test(*arguments)
        except Failure as failure:
            self._failed(name, str(failure), failure.picture)
        except Exception as error:  # a broken test is a failed one
            self._failed(name, repr(error), traceback.format_exc())
        else:
            self.passed += 1
            print("ok", name, flush=True)
        if self.only:
            print(f"    {time.monotonic() - start:.1f} s", file=sys.stderr)

    def _failed(self, name, why, picture):
        self.failed += 1
        print(f"FAIL {name}: {why}")
        for line in picture.splitlines()[-60:]:
            print("    |" + "".join(c if c.isprintable() else "?" for c in line))
        sys.stdout.flush()

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed == 0
