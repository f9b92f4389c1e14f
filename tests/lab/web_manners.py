# SPDX-License-Identifier: GPL-2.0-or-later
"""How a service of web.py misbehaves, as a file says that is read again for each connection.

A line is "WHO MANNER": WHO is a host, "*" (all services) or "first:N" (the first N services that are
asked over a family since the file changed); the first line that fits counts. MANNER is one of
  say:ADDRESS   lies, in the service's own shape       html      a sign-in page, status 200
  portal        a redirect to such a page              redirect  a redirect to itself
  empty         status 200 and nothing                 error     status 503
  types         JSON whose values have other types     numbers   numbers nobody can hold
  nested        100 levels deep                        cut       half of the answer is missing
  huge          100 MB                                 claimed   says so beforehand
  slow          an octet a second                      hang      nothing, for 20 s
  close         the connection is closed at once       via:NAME  says that it passed through NAME
  yes           the provider says that it is its own   untrusted, expired   the certificate is
"""
import json
import os
import threading
import time

HANG_S = 20
MEGABYTE = 1 << 20


class Manners:
    def __init__(self, path):
        self.path, self.lock, self.text = path, threading.Lock(), None
        self.seen = {}

    def of(self, host, visitor):
        """The manner in which this host answers that visitor, "" a good one."""
        with self.lock:
            try:
                with open(self.path, encoding="ascii") as file:
                    text = file.read()
            except OSError:
                text = ""
            if text != self.text:
                self.text, self.seen = text, {}
            hosts = self.seen.setdefault(":" in visitor, [])
            if host not in hosts:
                hosts.append(host)
            for line in filter(str.strip, text.splitlines()):
                who, manner = line.split()
                first = int(who[6:]) if who.startswith("first:") else 0
                if who in ("*", host) or hosts.index(host) < first:
                    return manner
        return ""


def certificate(manner):
    return manner if manner in ("untrusted", "expired") else "web"


def body(manner, good):
    """(status, octets, kind, headers) instead of a good answer; None: as it is."""
    if manner in ("html", "portal"):
        page = b"<!DOCTYPE html><html><title>Sign in</title><p>203.0.113.250</html>"
        where = [("Location", "https://portal.example.net/")] if manner == "portal" else []
        return 302 if where else 200, page, "text/html", where
    if manner == "redirect":
        return 302, b"", "text/plain", [("Location", "")]
    if manner == "empty":
        return 200, b"", "text/plain", []
    if manner == "error":
        return 503, b"later", "text/plain", []
    if manner == "nested":
        return 200, b'{"ip":' * 100 + b"1" + b"}" * 100, "application/json", []
    if manner == "cut":
        return 200, good[:len(good) // 2 - 1], "application/json", []
    if manner in ("types", "numbers"):
        wrong = [7, None, True] if manner == "types" else 10 ** 400
        keys = ("ip", "IP", "ip_address", "asn", "org", "country", "mullvad_exit_ip")
        return 200, json.dumps({key: wrong for key in keys}).encode(), "application/json", []
    if manner.startswith("via:"):
        return 200, good, "text/plain", [("Via", f"1.1 {manner[4:]} (lab)")]
    return None


def misbehave(manner, write):
    """Those that are no answer at all. True where one was given."""
    if manner == "hang":
        time.sleep(HANG_S)
    elif manner == "slow":
        for octet in b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n203.0.113.7":
            write(bytes([octet]))
            time.sleep(1)
    elif manner in ("huge", "claimed"):
        length = f"Content-Length: {100 * MEGABYTE}\r\n" if manner == "claimed" else ""
        write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{length}\r\n".encode())
        for _ in range(100):
            write(b"203.0.113.7\n" * (MEGABYTE // 12))
    else:
        return False
    return True


def beside(log):
    """The file stands beside the log."""
    return Manners(os.path.join(os.path.dirname(log), "web.manners"))
