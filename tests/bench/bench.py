#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measurements beside their bars (doc/design.md). Never part of the checks.

  bench.py file    wall time of -r on 1 M DNS packets beside a bare libpcap counting loop
  bench.py mixed   the same where a tenth of the packets are TLS and QUIC hellos
  bench.py live    CPU at 20,000 DNS packets/s beside tcpdump -w /dev/null
  bench.py idle    wake-ups and terminal bytes while nothing changes
  bench.py frame   time from start to the first full frame
  bench.py alarm   from a leaked packet to its row on the screen, also under load
  bench.py browsers  time and memory to read 200 profiles of browsers (after `make`; not by default)
  bench.py memory  resident memory of the three processes after many distinct names
  bench.py programs  CPU for a picture of each view after 10,000 programs asked, beside eight
  bench.py processes  programs named among 5,000 others, by both sources (not by default)
  bench.py egress  a standard and an extended test of names against the sum of their round trips (not by default)
  bench.py sent    what leaktop itself sends in an hour, idle, with a tunnel (five minutes; not by default)

Root is needed for all but `file`, `mixed` and `programs`; every packet stays in a network namespace made here.
"""
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LEAKTOP = os.path.join(TOP, "leaktop")
NS = f"ltbench{os.getpid()}"


def compile_tool(name, libraries=()):
    out = os.path.join(tempfile.gettempdir(), f"leaktop-bench-{name}-{os.getpid()}")
    subprocess.run(["cc", "-O2", "-o", out, os.path.join(HERE, name + ".c"), *libraries], check=True)
    return out


def dns_query(number, name):
    question = b"".join(bytes([len(part)]) + part for part in name.split(b".")) + b"\0\0\1\0\1"
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + question


def write_capture(path, packets, names):
    """Ethernet, IPv4, UDP: half questions, half their answers, over `names` names."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(packets):
            pair = i // 2
            answer = i % 2
            name = b"host%d.example.com" % (pair % names)
            payload = dns_query(pair, name)
            client, server = b"\x0a\0\0\7", b"\x0a\0\0\1"
            port = 20000 + pair % 20000
            if answer:
                payload = payload[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + payload[12:]
                payload += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
                client, server = server, client
            ports = (53, port) if answer else (port, 53)
            udp = struct.pack("!4H", *ports, 8 + len(payload), 0)
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), i & 0xFFFF, 0, 64, 17, 0,
                             client, server)
            frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + udp + payload
            out.write(struct.pack("<IIII", 1700000000 + i // 20000, i % 20000 * 50, len(frame),
                                  len(frame)) + frame)


def ethernet_frame(protocol, ports, payload):
    """From 10.0.0.7 to 10.0.0.1; of TCP a pushed segment."""
    if protocol == 17:
        head = struct.pack("!4H", *ports, 8 + len(payload), 0)
    else:
        head = struct.pack("!HHIIBBHHH", *ports, 1, 1, 5 << 4, 0x18, 65535, 0, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(head) + len(payload), 0, 0, 64, protocol, 0,
                     b"\x0a\0\0\7", b"\x0a\0\0\1")
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + head + payload


def write_mixed(path, packets):
    """Of 100 packets 90 are of DNS, 8 whole TLS hellos, 2 QUIC Initials, as real clients sent them."""
    folder = os.path.join(TOP, "tests", "data", "hellos")
    said = {}
    for name in ("curl", "kdig-https", "openssl-s_client", "ngtcp2"):
        with open(os.path.join(folder, name + ".hex"), encoding="ascii") as text:
            said[name] = bytes.fromhex("".join(text.read().split()))
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(packets):
            place, port = i % 100, 1024 + i // 100 % 60000
            if place < 90:
                frame = ethernet_frame(17, (20000 + i % 20000, 53), dns_query(i, b"host%d.example.com" % (i % 10000)))
            elif place < 98:
                name = ("curl", "kdig-https", "openssl-s_client")[place % 3]
                frame = ethernet_frame(6, (port, 443 + place), said[name])
            else:
                frame = ethernet_frame(17, (port, 443 + place), said["ngtcp2"])
            out.write(struct.pack("<IIII", 1700000000 + i // 20000, i % 20000 * 50, len(frame), len(frame)) + frame)


def bench_mixed():
    count = compile_tool("count", ["-lpcap"])
    path = os.path.join(tempfile.gettempdir(), f"leaktop-bench-{os.getpid()}.pcap")
    try:
        write_mixed(path, 1_000_000)
        ours, bare = [], []
        for _ in range(7):
            bare.append(timed([count, path]))
            ours.append(timed([LEAKTOP, "-r", path, "--once", "--json"]))
        print(f"mixed, bare libpcap loop {statistics.median(bare) * 1000:.0f} ms, "
              f"leaktop {statistics.median(ours) * 1000:.0f} ms (medians of 7, side by side): "
              f"{statistics.median(ours) / statistics.median(bare):.2f} times (bar 4)")
    finally:
        os.unlink(path)
        os.unlink(count)


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def bench_file():
    count = compile_tool("count", ["-lpcap"])
    path = os.path.join(tempfile.gettempdir(), f"leaktop-bench-{os.getpid()}.pcap")
    try:
        write_capture(path, 1_000_000, 10_000)
        ours, bare = [], []
        for _ in range(7):
            bare.append(timed([count, path]))
            ours.append(timed([LEAKTOP, "-r", path, "--once", "--json"]))
        print(f"bare libpcap loop {statistics.median(bare) * 1000:.0f} ms, "
              f"leaktop {statistics.median(ours) * 1000:.0f} ms (medians of 7, side by side): "
              f"{statistics.median(ours) / statistics.median(bare):.2f} times")
        leaks = []
        for _ in range(3):
            leaks.append(timed([LEAKTOP, "-r", path, "-u", "eth0", "-e", "vpn", "--once", "--json"]))
        print(f"the same where each question is a leak: {statistics.median(leaks) * 1000:.0f} ms")
    finally:
        os.unlink(path)
        os.unlink(count)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Space:
    """A machine with an uplink to a router that swallows what comes, and a tunnel device."""

    def __enter__(self):
        for name in (NS, NS + "r"):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", NS, "link", "add", "eth0", "type", "veth", "peer", "name", "r0", "netns", NS + "r")
        ip("-n", NS, "addr", "add", "10.66.0.7/24", "dev", "eth0")
        ip("-n", NS + "r", "addr", "add", "10.66.0.1/24", "dev", "r0")
        ip("-n", NS, "link", "set", "eth0", "up")
        ip("-n", NS + "r", "link", "set", "r0", "up")
        ip("-n", NS, "route", "add", "default", "via", "10.66.0.1")
        ip("-n", NS, "tuntap", "add", "tun0", "mode", "tun")
        ip("-n", NS, "addr", "add", "10.64.0.2/24", "dev", "tun0")
        ip("-n", NS, "link", "set", "tun0", "up")
        self.holder = subprocess.Popen(
            ["ip", "netns", "exec", NS, sys.executable, "-c", HOLD_TUN], stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        ip("-n", NS, "route", "add", "0.0.0.0/1", "dev", "tun0")
        ip("-n", NS, "route", "add", "128.0.0.0/1", "dev", "tun0")
        # A neighbour that never changes: no ARP while nothing else happens.
        mac = subprocess.run(["ip", "netns", "exec", NS + "r", "cat", "/sys/class/net/r0/address"],
                             capture_output=True, text=True).stdout.strip()
        ip("-n", NS, "neigh", "replace", "10.66.0.1", "lladdr", mac, "dev", "eth0")
        time.sleep(1.5)
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        for name in (NS, NS + "r"):
            subprocess.run(["ip", "netns", "del", name])


HOLD_TUN = """
import fcntl, os, struct, sys, time
fd = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH', b'tun0', 0x1001))
print('ready', flush=True)
while True:
    os.read(fd, 4096)
"""


def processes_of(pid):
    found = [pid]
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent in found and int(entry) not in found:
            found.append(int(entry))
    # The keeper's child has a higher pid than its parent in nearly all cases; look once more.
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in found:
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) in found:
                        found.append(int(entry))
            except OSError:
                pass
    return found


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def switches(pid):
    with open(f"/proc/{pid}/status") as status:
        return sum(int(n) for n in re.findall(r"voluntary_ctxt_switches:\s+(\d+)", status.read())[:1])


def resident(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            total += int(re.search(r"^Rss:\s+(\d+)", rollup.read(), re.M).group(1))
    return total


class Screen:
    """leaktop in a terminal of its own."""

    def __init__(self, *options, size=(24, 80)):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execvp("ip", ["ip", "netns", "exec", NS, LEAKTOP, *options])
        import fcntl
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.pid = pid
        self.text = b""

    def read(self, seconds, until=None):
        """Bytes within `seconds`, or until the text shows up (at once where some came, for a wait as
        short as a poll); returns the time that it took."""
        start = time.perf_counter()
        got = b""
        while time.perf_counter() - start < seconds:
            ready, _, _ = select.select([self.fd], [], [], max(0, seconds - (time.perf_counter() - start)))
            if not ready:
                break
            try:
                got += os.read(self.fd, 65536)
            except OSError:
                break
            if seconds < 0.05:
                break
            if until and until in got:
                return time.perf_counter() - start, got
        return None, got

    def close(self):
        try:
            os.write(self.fd, b"q")
            self.read(1)
        finally:
            try:
                os.kill(self.pid, signal.SIGTERM)
            except OSError:
                pass
            os.waitpid(self.pid, 0)
            os.close(self.fd)


def bench_idle():
    with Space():
        screen = Screen("--passive")
        screen.read(13)  # start, and whatever settles
        pids = processes_of(screen.pid)
        before = {pid: switches(pid) for pid in pids}
        seconds = 30
        _, got = screen.read(seconds)
        wakes = {pid: switches(pid) - before[pid] for pid in pids}
        print(f"idle for {seconds} s: {sum(wakes.values()) / seconds:.2f} wake-ups a second in "
              f"{len(pids)} processes (bar 2), {len(got)} bytes to the terminal (bar 0)")
        screen.close()


def bench_frame():
    with Space():
        times = []
        for _ in range(11):
            start = time.perf_counter()
            screen = Screen("--passive")
            screen.read(3, until=b"Quit")
            times.append(time.perf_counter() - start)
            screen.close()
        print(f"first full frame after {statistics.median(times) * 1000:.0f} ms median, "
              f"{max(times) * 1000:.0f} ms at most of {len(times)} starts (bar 50; `ip netns exec` is in it)")


def bench_alarm(samples=200):
    import pyte  # Debian's python3-pyte: only a terminal emulator knows what stands on the screen
    for load in (0, 20000):
        with Space():
            send = compile_tool("send")
            screen = Screen("--passive", size=(40, 120))
            display = pyte.Screen(120, 40)
            terminal = pyte.ByteStream(display)
            terminal.feed(screen.read(2)[1])
            sender = None
            if load:
                # Load by the tunnel: look-ups that are no leaks.
                sender = subprocess.Popen(["ip", "netns", "exec", NS, send, "10.64.0.9", str(load), "60"],
                                          stdout=subprocess.DEVNULL)
                terminal.feed(screen.read(1)[1])
            asker = subprocess.Popen(["ip", "netns", "exec", NS, sys.executable, "-c", ASKER],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            asker.stdout.readline()
            times = []
            for i in range(samples):
                # Not in step with the ten redraws a second.
                terminal.feed(screen.read(0.12 + (i % 17) * 0.007)[1])
                asker.stdin.write("ask\n")
                asker.stdin.flush()
                sent = float(asker.stdout.readline())
                # The count of leaked look-ups in the verdict line is the alarm.
                while time.time() - sent < 2:
                    _, more = screen.read(0.02)
                    terminal.feed(more)
                    if f" {i + 1} look-up" in "".join(display.display[:4]):
                        break
                times.append(time.time() - sent)
            asker.kill()
            asker.wait()
            if sender:
                sender.kill()
                sender.wait()
            screen.close()
            os.unlink(send)
            times.sort()
            print(f"packet to alarm with {load} look-ups/s beside it: median "
                  f"{statistics.median(times) * 1000:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms "
                  f"of {len(times)} (bar 100)")


ASKER = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print('ready', flush=True)
n = 0
for line in sys.stdin:
    n += 1
    name = b'leak%d' % n
    packet = struct.pack('!6H', n, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b'\\7example\\0\\0\\1\\0\\1'
    t = time.time()
    s.sendto(packet, ('10.66.0.1', 53))
    print(t, flush=True)
"""


def bench_live():
    rate, seconds = 20000, 10
    with Space():
        send = compile_tool("send")
        rows = []
        for name, command in (("tcpdump -w /dev/null", ["tcpdump", "-Z", "root", "-i", "any", "-w", "/dev/null",
                                                        "udp", "port", "53"]),
                              ("leaktop", None)):
            if command:
                process = subprocess.Popen(["ip", "netns", "exec", NS, *command],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                screen = None
                time.sleep(1)
                pids = processes_of(process.pid)
            else:
                screen = Screen("--passive")
                screen.read(2)
                pids = processes_of(screen.pid)
            before = cpu_seconds(pids)
            sender = subprocess.Popen(["ip", "netns", "exec", NS, send, "10.66.0.1", str(rate), str(seconds)],
                                      stdout=subprocess.DEVNULL)
            end = time.time() + seconds
            while time.time() < end:
                if screen:
                    screen.read(end - time.time())
                else:
                    time.sleep(0.1)
            sender.wait()
            rows.append((name, (cpu_seconds(pids) - before) / seconds * 100, len(pids)))
            if screen:
                screen.close()
            else:
                process.terminate()
                process.wait()
        os.unlink(send)
        for name, percent, count in rows:
            print(f"{name}: {percent:.1f} % of a core at {rate} DNS packets/s over {seconds} s ({count} processes)")


def bench_memory():
    with Space():
        send = compile_tool("send")
        screen = Screen("--passive")
        screen.read(2)
        pids = processes_of(screen.pid)
        before = resident(pids)
        sender = subprocess.Popen(["ip", "netns", "exec", NS, send, "10.66.0.1", "100000", "20", "10000000"],
                                  stdout=subprocess.DEVNULL)
        screen.read(21)
        sender.wait()
        print(f"resident {before / 1024:.1f} MiB at start, {resident(pids) / 1024:.1f} MiB after 2 M distinct leaked "
              f"names (bar 32; the processes share pages, which are counted in each)")
        screen.close()
        os.unlink(send)


def compile_scene():
    """The screen on a model without a packet (tests/screen), as fast as leaktop itself is built."""
    out = os.path.join(tempfile.gettempdir(), f"leaktop-bench-scene-{os.getpid()}")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "ncursesw"], capture_output=True, text=True,
                           check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "encrypted_rows.h"), "w", encoding="ascii") as rows:
            subprocess.run(["awk", "-f", "src/tables/encrypted.awk", "src/tables/encrypted.tsv"], cwd=TOP,
                           stdout=rows, check=True)
        sources = [os.path.join(TOP, "tests/screen", name) for name in os.listdir(os.path.join(TOP, "tests/screen"))
                   if name.startswith("scene") and name.endswith(".c")]
        for part in ("base", "model", "judge", "tables", "views/screen"):
            folder_of = os.path.join(TOP, "src", part)
            sources += [os.path.join(folder_of, name) for name in os.listdir(folder_of) if name.endswith(".c")]
        sources += [os.path.join(TOP, "src/views", name) for name in ("learned.c", "programs.c")]
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", '-DLEAKTOP_VERSION="bench"', "-O2",
                        "-I" + os.path.join(TOP, "src"), "-I" + folder, "-o", out, *sources, *flags], check=True)
    return out


def bench_programs(pictures=100):
    """A picture: a look-up comes, everything is judged and drawn. The view's share is what differs."""
    scene = compile_scene()
    views = (("dashboard", b"1", b"checks"), ("look-ups", b"2", b"newest"), ("observers", b"3", b"observer saw"),
             ("programs", b"4", b"applications"), ("programs, rows held", b"j", b"held"),
             ("a program's page", b"\r", b"Saw"))
    try:
        for name, count in (("programs", "8 programs"), ("crowd", "10,000 programs, 1,024 of them kept")):
            pid, fd = pty.fork()
            if pid == 0:
                os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
                os.execv(scene, [scene, name])
            import fcntl
            import termios
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            screen = Screen.__new__(Screen)
            screen.pid, screen.fd, screen.text = pid, fd, b""
            screen.read(20, until=b"Quit")
            for view, key, sign in views:
                os.write(fd, key)
                taken, _ = screen.read(5, until=sign)
                screen.read(0.2)
                before = cpu_seconds([pid])
                for _ in range(pictures):
                    os.kill(pid, signal.SIGUSR1)
                    screen.read(0.03)
                each = (cpu_seconds([pid]) - before) / pictures
                print(f"{count}: {view} at 120x40: {each * 1000:.2f} ms CPU a picture (10 pictures a second at "
                      f"most: {each * 1000:.1f} % of a core)" + (f"; there {taken * 1000:.0f} ms after its key" if taken else ""))
            screen.close()
    finally:
        os.unlink(scene)


def bench_processes(crowd=5000, asked=100):
    """Programs that live as long as one question, named among many others that sleep: by what the
    kernel notes, and by sockets and /proc alone."""
    for exact in ("yes", "no"):
        for sleepers in (0, crowd):
            with Space(), tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
                settings.write(f"[attribution]\nexact = {exact}\n")
                settings.flush()
                os.chmod(settings.name, 0o644)
                crowded = subprocess.Popen(
                    ["ip", "netns", "exec", NS, "bash", "-c",
                     f"for ((i = 0; i < {sleepers}; i++)); do sleep 600 & done; echo ready; wait"],
                    stdout=subprocess.PIPE, start_new_session=True)
                crowded.stdout.readline()
                run = subprocess.Popen(
                    ["ip", "netns", "exec", NS, LEAKTOP, "--passive", "--once", "--json", "--duration", "15",
                     "-c", settings.name], stdout=subprocess.PIPE)
                time.sleep(2)
                pids = processes_of(run.pid)
                before = cpu_seconds(pids)
                askers = []
                for i in range(asked):
                    askers.append(subprocess.Popen(
                        ["ip", "netns", "exec", NS, "dig", "+tries=1", "+time=1", "+noall", "@10.64.0.1",
                         f"n{i}.example"], stdout=subprocess.DEVNULL))
                    time.sleep(0.02)
                for asker in askers:
                    asker.wait()
                spent, size = cpu_seconds(pids) - before, resident(pids)
                report = json.loads(run.communicate()[0])
                named = sum(app["lookups"] for app in report["apps"] if app["name"] == "dig")
                all_of = sum(app["lookups"] for app in report["apps"])
                os.killpg(crowded.pid, signal.SIGKILL)
                crowded.wait()
                print(f"{sleepers} other processes, kernel's notes {exact}: {named} of {all_of} look-ups named, "
                      f"{spent / asked * 1000:.2f} ms of CPU a look-up, {size / 1024:.1f} MiB resident")


def bench_egress(delay_ms=40, runs=5):
    """As leaktop itself says in the evidence of dns; its sum counts what was answered."""
    out = subprocess.run([os.path.join(HERE, "egress.sh"), str(delay_ms), str(runs)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    unit = {"ms": 0.001, "s": 1, "min": 60}
    said = {"standard": [], "extended": []}
    for line in out.splitlines():
        evidence = next(c for c in json.loads(line)["checks"] if c["id"] == "dns")["evidence"]
        for text in evidence:
            found = re.match(r"(\w+) test: (\d+) names, (\d+) failed, in ([\d.]+) (\w+); "
                             r".* had taken ([\d.]+) (\w+)", text)
            if found:
                said[found[1]].append((int(found[2]), int(found[3]), float(found[4]) * unit[found[5]],
                                       float(found[6]) * unit[found[7]]))
    for kind, list_ in said.items():
        wall, total = (statistics.median(one[i] for one in list_) for i in (2, 3))
        print(f"{kind} test, resolver {delay_ms} ms off: {list_[0][0]} names, {wall * 1000:.0f} ms against "
              f"{total * 1000:.0f} ms in turn (medians of {len(list_)}): {total / wall:.1f} times; "
              f"{max(one[1] for one in list_)} failed at most")


def read_raw(path):
    """Time and IP packet of each packet of a capture of a tunnel (DLT_RAW)."""
    with open(path, "rb") as file:
        head = file.read(24)
        assert struct.unpack("<I", head[:4])[0] == 0xA1B2C3D4 and struct.unpack("<I", head[20:])[0] in (12, 101)
        while (record := file.read(16)):
            seconds, micros, length, _ = struct.unpack("<IIII", record)
            yield seconds + micros / 1e6, file.read(length)


def wire_name(message):
    """The question's name; of a cut message what is there."""
    labels, at = [], 12
    while at < len(message) and message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii", "replace").lower())
        at += 1 + message[at]
    return ".".join(labels)


def sort_packet(packet, hosts):
    """("names" or "address" or "other", left) of an IP packet at the client's end of the tunnel."""
    six = packet[0] >> 4 == 6
    start, protocol = (40, packet[6]) if six else ((packet[0] & 15) * 4, packet[9])
    if protocol not in (6, 17):
        return "other", False
    source, destination = struct.unpack("!HH", packet[start:start + 4])
    left = destination in (53, 443)
    if 443 in (source, destination):
        return "address", left
    if 53 in (source, destination) and protocol == 17:
        return ("address" if wire_name(packet[start + 8:]) in hosts else "names"), left
    return "other", left


def bench_sent(seconds=300, public_s=60):
    """What one test of names (each 60 s) and one question for the public address costs: an hour has 60 and
    6 of them. That one is asked ten times as often meanwhile. What the start sends is told apart."""
    with open(os.path.join(TOP, "src/tables/publicip.c"), encoding="utf-8") as table:
        hosts = set(re.findall(r'^    \{"([a-z0-9.-]+)", "/', table.read(), re.M))
    assert len(hosts) > 10
    out = os.path.join(tempfile.gettempdir(), f"leaktop-bench-{os.getpid()}.pcap")
    subprocess.run([os.path.join(HERE, "sent.sh"), str(seconds), out, "[public-ip]", f"interval = {public_s}"],
                   check=True)
    packets = list(read_raw(out))
    os.unlink(out)
    begin, start_s = packets[0][0], 20
    sums, last, times = {}, {}, {"names": 0, "address": 0}
    for when, packet in packets:
        sort, left = sort_packet(packet, hosts)
        phase = "start" if when - begin < start_s else "idle"
        if phase == "idle" and sort in times:
            times[sort] += when - last.get(sort, 0) > 3
            last[sort] = when
        for key in ((phase, sort, left), (phase, sort, None)):
            count, size = sums.get(key, (0, 0))
            sums[key] = count + 1, size + len(packet)
    share = {"names": 60 / times["names"], "address": 6 / times["address"]}
    for sort, what in (("names", "look-ups of tests"), ("address", "public address, its look-ups and HTTPS")):
        left, both = sums.get(("idle", sort, True), (0, 0)), sums.get(("idle", sort, None), (0, 0))
        print(f"{what}: {left[0] * share[sort]:.0f} packets, {left[1] * share[sort] / 1024:.0f} KiB sent in an hour; "
              f"with answers {both[0] * share[sort]:.0f} packets, {both[1] * share[sort] / 1024:.0f} KiB "
              f"(measured in {seconds - start_s} s: {times[sort]} times, {both[0]} packets)")
    start = [sums.get(("start", sort, None), (0, 0)) for sort in ("names", "address")]
    print(f"the first {start_s} s: {start[0][0]} packets of look-ups, {start[1][0]} of HTTPS and its look-ups, "
          f"{(start[0][1] + start[1][1]) / 1024:.0f} KiB, both ways")
    print(f"anything else: {sums.get(('idle', 'other', None), (0, 0))[0]} packets")


def write_profiles(home, firefox, chromium):
    """Profiles as long as real ones: 1,500 settings each of Firefox's, 300 kB each of Chromium's."""
    def put(path, text):
        path = os.path.join(home, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)

    base = ".mozilla/firefox"
    put(f"{base}/profiles.ini", "".join(f"[Profile{i}]\nName=p{i}\nIsRelative=1\nPath=p{i}\n" for i in range(firefox)))
    settings = "".join(f'user_pref("extensions.some.setting.number{i}", "{"value " * 8}{i}");\n' for i in range(1500))
    for i in range(firefox):
        put(f"{base}/p{i}/prefs.js", settings + f'user_pref("network.trr.mode", {2 + i % 2});\n')
    put(".config/chromium/Local State", json.dumps({"dns_over_https": {"mode": "secure"}, "profile": {
        "info_cache": {f"Profile {i}": {} for i in range(chromium)}}}))
    other = {f"key{i}": {"some": ["value"] * 10, "number": i, "text": "x" * 60} for i in range(1500)}
    for i in range(chromium):
        put(f".config/chromium/Profile {i}/Preferences",
            json.dumps({"webrtc": {"ip_handling_policy": "disable_non_proxied_udp"}, "extensions": other}))


def bench_browsers():
    out = os.path.join(tempfile.gettempdir(), f"leaktop-bench-browsers-{os.getpid()}")
    flags = subprocess.run(["pkg-config", "--libs", "jansson"], check=True, capture_output=True, text=True)
    libraries = [*flags.stdout.split(), "-linih"]
    subprocess.run(["cc", "-O2", "-std=c11", "-D_GNU_SOURCE", "-I" + os.path.join(TOP, "src"), "-o", out,
                    os.path.join(HERE, "browsers.c"), os.path.join(TOP, "build", "libleaktop.a"), *libraries], check=True)
    with tempfile.TemporaryDirectory() as home:
        for firefox, chromium in ((1, 1), (100, 100), (200, 0), (0, 200)):
            folder = os.path.join(home, f"{firefox}-{chromium}")
            os.makedirs(folder)
            write_profiles(folder, firefox, chromium)
            size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)
            found, median, worst, grew = subprocess.run([out, folder, "20"], check=True, capture_output=True,
                                                        text=True).stdout.split()
            print(f"{firefox} of Firefox, {chromium} of Chromium ({size / 1e6:.1f} MB): {found} rows, {median} ms "
                  f"(worst of 20: {worst} ms), {grew} KiB more")
    os.unlink(out)


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["file", "mixed", "idle", "frame", "alarm", "live", "memory"]
    for word in chosen:
        globals()["bench_" + word]()
