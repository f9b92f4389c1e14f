# SPDX-License-Identifier: GPL-2.0-or-later
"""The key e: a folder with report, events and packets, or nothing at all where the disk is full."""
import json
import os
import pwd
import re
import shutil
import stat
import subprocess

from harness import need
from live_end import started
from terminal import shown

FILES = ["events.jsonl", "leaks.pcapng", "report.json", "report.txt"]
HERE = os.path.dirname(os.path.abspath(__file__))


class Place:
    """A folder of the user that leaktop becomes, and a configuration that exports to it."""

    def __init__(self, scene, name, size=None):
        self.folder = os.path.join(scene.environment["HOME"], name)
        self.config = self.folder + ".conf"
        self.mounted = size is not None
        os.mkdir(self.folder)
        if self.mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "none", self.folder], check=True)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        os.chmod(scene.environment["HOME"], 0o755)
        with open(self.config, "w", encoding="ascii") as config:
            config.write(f"[export]\nfolder = {self.folder}\n")

    def options(self):
        return ["-U", "nobody", "-c", self.config]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def export(terminal):
    """Press e; what the note says."""
    mark = len(terminal.stream)
    terminal.type(b"e")
    terminal.expect(b"xported", 5, mark)
    terminal.settle(0.2)
    return shown(terminal.stream[mark:]).decode("latin-1")


def only_folder(place):
    found = os.listdir(place.folder)
    need(len(found) == 1 and re.fullmatch(r"leaktop-\d{8}-\d{6}", found[0]), f"found {found}")
    return os.path.join(place.folder, found[0])


def tshark(path, *fields):
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    need(done.returncode == 0 and not complaints, f"tshark: {done.returncode} {complaints}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def whole(scene):
    """All of it, and just the packets that leaked, the first and the newest of each kind."""
    with Place(scene, "whole") as place, started(scene, *place.options(), columns=200) as terminal:
        scene.world.good("inside", "example")
        scene.world.leak("fig", "example")
        terminal.expect(b"fig.example")
        for _ in range(3):
            scene.world.leak("plum", "example")
        scene.world.stun()
        terminal.expect(b"plum.example")
        terminal.settle(0.8)  # who asked is known, or given up
        note = export(terminal)
        folder = only_folder(place)
        need(folder in note.replace("\n", ""), "the note does not name the folder", note)
        need(sorted(os.listdir(folder)) == FILES, f"files: {os.listdir(folder)}")
        need(stat.S_IMODE(os.stat(folder).st_mode) == 0o700, "the folder is not 0700")
        for name in FILES:
            need(stat.S_IMODE(os.stat(f"{folder}/{name}").st_mode) == 0o600, f"{name} is not 0600")
        with open(folder + "/report.json", encoding="ascii") as file:
            report = json.load(file)
        check_schema(report)
        with open(folder + "/events.jsonl", encoding="ascii") as file:
            lines = [json.loads(line) for line in file]
        times = [line["time"] for line in lines]
        need(times == sorted(times) and times, f"not in the order of time: {times}")
        leaks = {line["name"]: line["count"] for line in lines if "exposure" in line}
        need(leaks == {"fig.example": 1, "plum.example": 3, None: 1}, f"leaks: {leaks}")
        need(len(report["leaks"]) == 3, "the report has other leaks")
        with open(folder + "/report.txt", encoding="ascii") as file:
            need("fig.example" in file.read(), "the text does not name the leak")
        packets = tshark(folder + "/leaks.pcapng", "dns.qry.name", "frame.interface_name", "ip.dst", "stun.type",
                         "frame.comment")
        names = [row[0] for row in packets if row[0]]
        need(names == ["fig.example", "plum.example", "plum.example"], f"packets: {packets}")
        need(sum(1 for row in packets if row[3]) == 1, f"STUN: {packets}")
        for row in packets:
            need(row[1] == "eth0" and row[2] == "10.66.0.1", f"another packet: {row}")
            need(re.match(r"leak \(exposed\): at \d{4}-.* left by eth0 to 10\.66\.0\.1 over (udp|stun), outside "
                          r"the tunnel; program: .*python3.* of [13] alike", row[4]), f"comment: {row[4]}")
        terminal.type(b"e")
        terminal.wait(lambda: len([f for f in os.listdir(place.folder) if "partial" not in f]) == 2, 5,
                      "there is no second one")


def check_schema(report):
    import jsonschema  # pylint: disable=import-outside-toplevel
    with open(HERE + "/../../doc/report.schema.json", encoding="utf-8") as file:
        jsonschema.validate(report, json.load(file))


def masked(scene):
    """No name, and no packet."""
    with Place(scene, "masked") as place, started(scene, *place.options(), columns=200) as terminal:
        scene.world.leak("secret", "example")
        terminal.expect(b"secret.example")
        terminal.settle(0.8)
        terminal.type(b"m")
        terminal.expect(b"hidden")
        note = export(terminal)
        folder = only_folder(place)
        need("masked" in note, "the note does not say so", note)
        need(sorted(os.listdir(folder)) == [f for f in FILES if f != "leaks.pcapng"], f"{os.listdir(folder)}")
        for name in os.listdir(folder):
            with open(f"{folder}/{name}", encoding="ascii") as file:
                text = file.read()
            need("secret" not in text, f"{name} has the name", text)
            need("10.66.0.7" not in text, f"{name} has the person's address", text)
            need("hidden" in text, f"{name} hides nothing", text)


def full(scene):
    """A disk that fills at any file leaves nothing, and the note says why."""
    for size in ("4k", "12k", "16k"):
        with Place(scene, "full" + size, size=size) as place, \
                started(scene, *place.options(), columns=200) as terminal:
            scene.world.leak("pear", "example")
            terminal.expect(b"pear.example")
            with open(place.folder + "/filler", "wb") as filler:
                filler.write(b"x" * 4096)
            note = export(terminal)
            need("not exported: No space left on device" in note, f"{size}: the note", note)
            need(os.listdir(place.folder) == ["filler"], f"{size}: left {os.listdir(place.folder)}")


def refused(scene):
    """A folder that is not there, or not this user's, is said by name."""
    with Place(scene, "refused") as place, started(scene, *place.options(), columns=200) as terminal:
        scene.world.good("apple", "example")
        terminal.expect(b"apple.example")
        os.chown(place.folder, 0, 0)
        os.chmod(place.folder, 0o755)
        note = export(terminal)
        need("not exported: Permission denied" in note and place.folder in note.replace("\n", ""), "the note", note)
        need(os.listdir(place.folder) == [], f"left {os.listdir(place.folder)}")


def tests(suite, scene):
    suite.run("e exports report, events and the leaks' packets", whole, scene)
    suite.run("e, masked: no name and no packet", masked, scene)
    suite.run("e on a full disk leaves nothing", full, scene)
    suite.run("e where it may not write leaves nothing", refused, scene)
