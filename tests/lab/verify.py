#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold a report of leaktop against the schema, against what left the machine, and against what the
scenario expects. Prints what is wrong, one line each; exit 1 if anything is.

usage: verify.py --schema FILE --report FILE --status N --truth FILE [--inside FILE] [--own] [--file]
                 EXPECTATION...

--own: the report's leaktop sent probes; names that are its own are left out of the truth, and must
not be in its leaks. Without it another leaktop may have sent some: look-ups like any other.
--file: the report is of a capture file (no processes, no routes).
--inside: what left the machine by the tunnel, in the truth's form.

Expectations, WORD=VALUE[|VALUE...]:
  verdict= expectation= exit=        of the whole
  dns= ipv6= disconnect= ...         state of a check
  left=N                             so many look-ups of the scenario's own programs left in the
                                     clear, by the router's capture
  probes=N                           so many of leaktop's did
  left.TRANSPORT=N                   so many left by it (dot, doh, ..., stun, mdns, llmnr, nbns)
  leaks=all|none                     the report's leaks are those look-ups and the STUN requests,
                                     or there are none
  leaks-of=NAME|NAME...              they are those look-ups of exactly these names
  interface=NAME                     each leak left there
  process=NAME                       each leak is this program's
  has-process=NAME                   one leak is
  process-or-none=NAME               one leak is, and no leak is another's
  processes=NAME|NAME...             no leak is another's than theirs
  forwarded=ADDRESS                  each leak came from there; '-': none was forwarded
  has-forwarded=ADDRESS              one leak did
  role.IFACE=ROLE  web4=IFACE web6=IFACE  ('-': none)
  public4=ADDRESS public6=ADDRESS    egress=ADDRESS (one of the egress resolvers)
  egress-all=ADDRESS|ADDRESS...      these and no other egress resolvers
  used=ADDRESS                       a resolver that was used
  app=NAME                           a program that asked something
  attributed.PROGRAM=REGEX           each look-up and STUN request whose name (of encrypted ones: of
                                     the server; STUN: stun), outside and inside, matches is this
                                     program's, and it has no other
  app-user.PROGRAM=USER              its row says so, and has processes
  browser.NAME=MODE                  its row says so
  says.CHECK=REGEX                   in its summary or evidence; '_' for a blank
  quiet.CHECK=REGEX                  not there
  malformed=some                     packets are called malformed (else: none may be)
  packets-below=N                    fewer passed the capture's filter
  text=WORDS                         stands somewhere in the report; '_' for a blank
"""
import argparse
import json
import re
import sys
from collections import Counter

import jsonschema

import truth
import web

WHOAMI = {"o-o.myaddr.l.google.com", "whoami.ds.akahelp.net", "whoami.ipv4.akahelp.net",
          "whoami.ipv6.akahelp.net", "resolver.dnscrypt.info", "whoami.akamai.net",
          "resolver-identity.cloudfront.net", "maxmind.test-ipv6.com", "edns-client-sub.net",
          "ip.test-ipv6.com", "whoami.lua.powerdns.org", "whoami-ecs.lua.powerdns.org",
          "whoami-ecs.v4.powerdns.org", "whoami-ecs.v6.powerdns.org", "id.server",
          "hostname.bind", "version.bind", "nonexistent-zone.dnscrypt-test",
          "id.server.on.quad9.net", "debug.opendns.com"}
UNIQUE = re.compile(r"[0-9a-f]{1,8}(-badsig)?\.test(-ipv[46])?\.dnscheck\.tools|"
                    r".*\.asn\.cymru\.com|[a-z2-7]{16}\.own\.example|bash\.ws|\d+\.\w+\.bash\.ws|"
                    r"[0-9a-f-]{36}\.dnsleak\.am\.i\.mullvad\.net|\w{40}-\d+\.ipleak\.net|"
                    r"\w{32}\.edns\.ip-api\.com|[0-9a-f-]{36}\.(is-\w+|map)\.help\.every1dns\.net")


def is_own(name):
    """Only leaktop asks for it: the names that its documents say it sends."""
    return name in WHOAMI or name in web.SERVICES or bool(UNIQUE.fullmatch(name))


def differences(expected, got, what):
    """Lines that say what is missing and what was invented."""
    out = []
    for key in sorted(expected.keys() | got.keys(), key=str):
        if expected[key] != got[key]:
            word = "missed" if got[key] < expected[key] else "invented"
            out.append(f"{what}: {word}: {' '.join(map(str, key))}: left {expected[key]}, "
                       f"reported {got[key]}")
    return out


def leaks_of(report):
    """The report's leaks in the truth's terms."""
    out = Counter()
    for leak in report["leaks"]:
        name, qtype = (leak["name"] or "-").lower(), leak["type"] or "-"
        out[(name, qtype, leak["transport"], leak["resolver"])] += leak["count"]
    return out


def used_of(report):
    """Look-ups that left by an uplink, leaks or not: by resolver and transport."""
    out = Counter()
    for used in report["resolvers"]["used"]:
        if used["role"] == "uplink" and used["transport"] not in truth.LOCAL:
            out[(used["transport"], used["address"])] += used["lookups"]
    return out


class Verifier:
    def __init__(self, report, status, all_left, left, inside):
        self.report, self.status, self.all_left, self.left = report, status, all_left, left
        self.inside = inside
        self.checks = {check["id"]: check for check in report["checks"]}
        self.wrong = []

    def same(self, word, wanted, got):
        if str(got) not in wanted.split("|"):
            extra = ""
            if word in self.checks:
                extra = f" ({self.checks[word]['summary']})"
            elif word in ("verdict", "exit"):
                extra = f" ({self.report['summary']})"
            self.wrong.append(f"{word}: expected {wanted}, got {got}{extra}")

    def leaks(self, word, wanted):
        """The leaks of the report are the look-ups that the router saw, no more and no fewer."""
        judged = [one for one in self.left if one.transport not in truth.LOCAL]
        if word == "leaks-of":
            judged = [one for one in judged if one.name in wanted.split("|")]
            for name in set(wanted.split("|")) - {one.name for one in judged}:
                self.wrong.append(f"{word}: {name} did not leave at all")
        elif wanted == "none":
            judged = []
        self.wrong += differences(truth.counted(judged), leaks_of(self.report), word)
        for leak in self.report["leaks"]:
            kind = "bypass" if leak["transport"] in truth.ENCRYPTED else "exposed"
            if leak["transport"] != "stun" and leak["exposure"] != kind:
                self.wrong.append(f"{word}: {leak['transport']} is called {leak['exposure']}")

    def attributed(self, word, program, pattern):
        """Outside look-up by look-up, of all of them the number."""
        def matches(name, transport):
            return re.search(pattern, "stun" if transport == "stun" else name)
        mine = [one for one in self.left if matches(one.name, one.transport)]
        told = [leak for leak in self.report["leaks"]
                if matches((leak["name"] or "-").lower(), leak["transport"])]
        for leak in told:
            if (leak["process"] or {}).get("name") != program:
                self.wrong.append(f"{word}: {leak['name'] or leak['transport']} {leak['type']} is "
                                  f"said to be of {(leak['process'] or {}).get('name')}")
        sent = truth.left(mine) + [one for one in truth.left(self.inside)
                                   if matches(one.name, one.transport)]
        got = sum(app["lookups"] for app in self.report["apps"] if app["name"] == program)
        if not sent or got != len(sent):
            self.wrong.append(f"{word}: {got} of {len(sent)} look-ups")
        print(f"figure: {program}: {got} of {len(sent)} look-ups", file=sys.stderr)

    def expect(self, text):
        word, _, wanted = text.partition("=")
        report = self.report
        leaks = [one for one in report["leaks"] if not is_own((one["name"] or "").lower())]
        probes = sum(is_own(one.name) for one in self.all_left)
        names = {(leak["process"] or {}).get("name", "-") for leak in leaks}
        sources = {leak["forwarded_from"] or "-" for leak in leaks}
        if word in ("verdict", "expectation"):
            self.same(word, wanted, report[word])
        elif word == "exit":
            self.same(word, wanted, self.status)
        elif word in self.checks:
            self.same(word, wanted, self.checks[word]["state"])
        elif word == "left":
            self.same(word, wanted, len(truth.left(self.all_left)) - probes)
        elif word == "probes":
            self.same(word, wanted, probes)
        elif word.startswith("left."):
            self.same(word, wanted, sum(one.transport == word[5:] and not is_own(one.name)
                                        for one in self.all_left))
        elif word in ("leaks", "leaks-of"):
            self.leaks(word, wanted)
        elif word == "interface":
            got = {leak["interface"] for leak in leaks}
            if got != {wanted}:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(got)}")
        elif word in ("process", "has-process", "process-or-none"):
            # Whose socket was gone too soon is unknown, on a busy machine too; a wrong name never is.
            ok = (names == {wanted} if word == "process" else wanted in names and
                  (word == "has-process" or names <= {wanted, "-"}))
            if not ok:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(names)}")
        elif word == "processes":
            if not names <= {*wanted.split("|"), "-"}:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(names)}")
        elif word in ("forwarded", "has-forwarded"):
            ok = sources == {wanted} if word == "forwarded" else wanted in sources
            if not ok:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(sources)}")
        elif word.startswith("role."):
            roles = [i["role"] for i in report["interfaces"] if i["name"] == word[5:]]
            self.same(word, wanted, roles[-1] if roles else "absent")
        elif word in ("web4", "web6"):
            route = report["routes"]["ipv" + word[3]]
            self.same(word, wanted, route["interface"] if route else "-")
        elif word in ("public4", "public6"):
            public = report["public_ip"]["ipv" + word[6]] or {}
            self.same(word, wanted, public.get("address") or "-")
            if wanted == "-" or not public.get("address"):
                return
            if public["agree"] < 2:
                self.wrong.append(f"{word}: {public['agree']} of {public['asked']} agree")
        elif word in ("egress", "used"):
            got = {entry["address"] for entry in report["resolvers"][word]}
            if not got & set(wanted.split("|")):
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(got)}")
        elif word == "egress-all":
            got = {entry["address"] for entry in report["resolvers"]["egress"]}
            if got != set(wanted.split("|")) - {""}:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(got)}")
        elif word == "app":
            got = {app["name"] for app in report["apps"]}
            if wanted not in got:
                self.wrong.append(f"{word}: expected {wanted}, got {sorted(got)}")
        elif word.startswith("attributed."):
            self.attributed(word, word[11:], wanted)
        elif word.startswith("app-user."):
            rows = [app for app in report["apps"] if app["name"] == word[9:]]
            self.same(word, wanted, rows[0]["user"] if rows else "absent")
            if rows and not rows[0]["pids"]:
                self.wrong.append(f"{word}: no process of it")
        elif word.startswith("browser."):
            modes = {row["mode"] for row in report["browsers"] if row["name"] == word[8:]}
            self.same(word, wanted, ",".join(sorted(modes)) or "absent")
        elif word.startswith(("says.", "quiet.")):
            check = self.checks[word.partition(".")[2]]
            said = "\n".join([check["summary"], *check["evidence"]])
            if bool(re.search(wanted.replace("_", " "), said)) != word.startswith("says."):
                self.wrong.append(f"{word}: '{wanted}' and it says: {said}")
        elif word == "malformed":
            if report["capture"]["malformed"] < 1:
                self.wrong.append("malformed: nothing is called so")
        elif word == "packets-below":
            if report["capture"]["packets"] >= int(wanted):
                self.wrong.append(f"{word}: {report['capture']['packets']} packets")
        elif word == "text":
            if not re.search(wanted.replace("_", " "), json.dumps(report)):
                self.wrong.append(f"text: '{wanted}' stands nowhere in the report")
        else:
            sys.exit(f"verify.py: no such expectation: {text}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("schema", "report", "truth"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--status", type=int, required=True)
    parser.add_argument("--inside")
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--file", action="store_true")
    parser.add_argument("expectations", nargs="*")
    options = parser.parse_args()
    with open(options.schema, encoding="utf-8") as text:
        schema = json.load(text)
    try:
        with open(options.report, encoding="utf-8") as text:
            report = json.load(text)
    except ValueError as error:
        print(f"no report (exit status {options.status}): {error}")
        return 1
    wrong = [f"schema: {'/'.join(map(str, error.path))}: {error.message}" for error in
             jsonschema.Draft202012Validator(schema).iter_errors(report)]
    if wrong:
        print("\n".join(wrong))
        return 1
    left = all_left = truth.read(options.truth)
    if options.own:
        left = [one for one in all_left if not is_own(one.name)]
    inside = truth.read(options.inside) if options.inside else []
    verifier = Verifier(report, options.status, all_left, left, inside)
    for text in options.expectations:
        verifier.expect(text)
    wrong += verifier.wrong
    by_resolver = Counter((one.transport, one.resolver) for one in truth.left(left))
    wrong += differences(by_resolver, used_of(report), "resolvers.used")
    if options.own:
        wrong += [f"leaks: leaktop's own probe {leak['name']} is among them"
                  for leak in report["leaks"] if leak["name"] and is_own(leak["name"].lower())]
    if options.file and any(leak["process"] for leak in report["leaks"]):
        wrong.append("leaks: a capture file tells no processes")
    capture = report["capture"]
    if capture["dropped"]:
        wrong.append(f"capture: {capture['dropped']} packets were dropped")
    if capture["malformed"] and "malformed=some" not in options.expectations:
        wrong.append(f"capture: {capture['malformed']} packets are called malformed")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
