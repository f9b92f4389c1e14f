# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine in a network namespace: an uplink eth0 to a router that swallows what comes, and a
tunnel tun0 that carries the web route (0/1 and 128/1). Nothing leaves it."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TUNNEL = "10.64.0.9"  # a resolver behind the tunnel
UPLINK = "10.66.0.1"  # the router's: asking it leaks


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class World:
    def __init__(self, name):
        self.name = name
        self.settings = f"/etc/netns/{name}"
        for space in (name, name + "r"):
            ip("netns", "add", space)
            # Without IPv6 no address becomes usable a second later: nothing changes by itself.
            subprocess.run([*self.within(space), "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                            "net.ipv6.conf.default.disable_ipv6=1"], check=True)
            ip("-n", space, "link", "set", "lo", "up")
        os.makedirs(self.settings)
        with open(self.settings + "/resolv.conf", "w", encoding="ascii") as conf:
            conf.write(f"nameserver {TUNNEL}\n")
        ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "r0", "netns", name + "r")
        for space, link, address in ((name, "eth0", "10.66.0.7/24"), (name + "r", "r0", "10.66.0.1/24")):
            ip("-n", space, "addr", "add", address, "dev", link)
            ip("-n", space, "link", "set", link, "up")
        ip("-n", name, "route", "add", "default", "via", UPLINK)
        ip("-n", name, "tuntap", "add", "tun0", "mode", "tun")
        self.inside = subprocess.Popen([*self.within(name), sys.executable, HERE + "/inside.py"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.inside.stdout.readline()
        ip("-n", name, "addr", "add", "10.64.0.2/24", "dev", "tun0")
        ip("-n", name, "link", "set", "tun0", "up")
        for half in ("0.0.0.0/1", "128.0.0.0/1"):
            ip("-n", name, "route", "add", half, "dev", "tun0")

    @staticmethod
    def within(space):
        return ["ip", "netns", "exec", space]

    def command(self, *words):
        return [*self.within(self.name), *words]

    def ask(self, to, *labels, count=1, gap=0):
        """Send look-ups; the time when they had left."""
        return self._order({"to": to, "name": labels, "count": count, "gap": gap})

    def stun(self):
        """Ask a STUN server past the tunnel."""
        return self._order({"stun": UPLINK})

    def _order(self, order):
        self.inside.stdin.write(json.dumps(order) + "\n")
        self.inside.stdin.flush()
        return float(self.inside.stdout.readline().split()[1])

    def good(self, *labels, **more):
        return self.ask(TUNNEL, *labels, **more)

    def leak(self, *labels, **more):
        return self.ask(UPLINK, *labels, **more)

    def close(self):
        self.inside.stdin.close()
        self.inside.wait()
        for space in (self.name, self.name + "r"):
            subprocess.run(["ip", "netns", "del", space], check=False)
        shutil.rmtree(self.settings, ignore_errors=True)
