# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask by short-lived programs, or hold what leaktop said of it against the truth.

askers.py ask COUNT AT_ONCE RESOLVER PREFIX DIRECTORY   run programs, each with a name of its own
askers.py judge LOG PREFIX COUNT                        LOG: of leaktop --headless --log

A name says who asks: PREFIX-NUMBER-uUSER-PROGRAM.lab.
"""
import collections
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

USERS = [1001, 1002, 1003]
# What runs, by the name that leaktop has to find. {n} the name, {r} the resolver's address.
PROGRAMS = [
    ("getent", ["getent", "ahostsv4", "{n}"]),
    ("dig", ["dig", "+tries=1", "+time=2", "@{r}", "{n}"]),
    ("curl", ["curl", "-s", "-m", "3", "-o", "/dev/null", "http://{n}/"]),
    ("ask-once", ["{d}/ask-once", "{r}", "{n}"]),
    ("ask-open", ["{d}/ask-open", "{r}", "{n}"]),
    ("ask-thread", ["{d}/ask-thread", "{r}", "{n}"]),
    ("getent", ["getent", "ahosts", "{n}"]),
    ("dig", ["dig", "+tcp", "+tries=1", "+time=2", "@{r}", "{n}"]),
]


def ask(count, at_once, resolver, prefix, directory):
    def one(number):
        program, words = PROGRAMS[number % len(PROGRAMS)]
        user = USERS[number // len(PROGRAMS) % len(USERS)]
        name = f"{prefix}-{number:04d}-u{user}-{program}.lab"
        words = [word.format(n=name, r=resolver, d=directory) for word in words]
        subprocess.run(words, user=user, group=user, extra_groups=[], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, range(count)))


def judge(log, prefix, count):
    """Prints right, wrong, unknown and missing in percent of the names asked; 0 where none is wrong."""
    stub = next((name for name in ("dnsmasq", "unbound") if prefix.endswith(name)), None)
    seen = collections.defaultdict(list)
    with open(log, encoding="ascii") as lines:
        for line in lines:
            entry = json.loads(line)
            name = (entry.get("name") or "").lower()  # resolvers play with the case
            if entry.get("kind") == "leak" and name.startswith(prefix + "-"):
                seen[int(name.split("-")[1])].append(entry)
    tally = collections.Counter()
    by_program = collections.Counter()
    for number in range(count):
        program = PROGRAMS[number % len(PROGRAMS)][0]
        user = str(USERS[number // len(PROGRAMS) % len(USERS)])
        verdicts = set()
        for entry in seen[number]:
            if (entry["process"], entry["user"], entry["via"]) == (program, user, stub):
                verdicts.add("right")
            elif (entry["process"], entry["user"]) in ((None, None), (None, user)) or stub and \
                    entry["process"] in (None, stub) and entry["user"] == "root":
                verdicts.add("unknown")  # or the stub, which did send it
            else:
                verdicts.add("wrong")
                print(f"  wrong: {entry['name']} {entry['type']}: {entry['process']} of {entry['user']}")
        worst = next((word for word in ("wrong", "unknown", "right") if word in verdicts), "missing")
        tally[worst] += 1
        if worst != "right":
            by_program[f"{program} {worst}"] += 1
    share = 100 * tally["right"] / count
    print(f"{prefix}: {count} look-ups: {share:.2f} % right, {tally['wrong']} wrong, "
          f"{tally['unknown']} unknown, {tally['missing']} not seen"
          + (f" ({', '.join(f'{key} {value}' for key, value in by_program.most_common())})"
             if by_program else ""))
    return tally


def main():
    if sys.argv[1] == "ask":
        ask(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], os.path.abspath(sys.argv[6]))
        return 0
    tally = judge(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    least = float(sys.argv[5]) if len(sys.argv) > 5 else 0
    return 0 if tally["wrong"] == 0 and 100 * tally["right"] >= least * sum(tally.values()) else 1


sys.exit(main())
