#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages that browsers visit, by plain HTTP under any host name. Each request is logged:
time visitor host path.

usage: pages.py LOG ADDRESS...

  /              a page; with ?more=NAME,NAME... it fetches something from these hosts as well
  /webrtc?stun=HOST[&more=...]   makes an RTCPeerConnection with this STUN server; the candidates that
                 it gathers come back as /candidate?...
  /ip            the visitor's address
"""
import http.server
import json
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

FETCH = """<script>
for (const host of %s)
  fetch("http://" + host + "/loaded", {mode: "no-cors"}).catch(() => {});
</script>
"""
# A data channel is enough: no camera, no microphone, no question to the person.
WEBRTC = """<script>
const peer = new RTCPeerConnection({iceServers: [{urls: "stun:" + %s + ":3478"}]});
peer.onicecandidate = (event) => fetch("/candidate?" +
  encodeURIComponent(event.candidate ? event.candidate.candidate : "end"));
peer.createDataChannel("lab");
peer.createOffer().then((offer) => peer.setLocalDescription(offer));
</script>
"""


def page(path):
    """The body of what stands at this path."""
    parts = urllib.parse.urlsplit(path)
    query = urllib.parse.parse_qs(parts.query)
    body = "<!doctype html><title>lab</title><p>a page of the lab\n"
    if more := query.get("more"):
        body += FETCH % json.dumps(more[0].split(","))
    if parts.path == "/webrtc":
        body += WEBRTC % json.dumps(query["stun"][0])
    return body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        visitor = self.client_address[0]
        host = (self.headers.get("Host") or "-").split(":")[0].lower()
        with self.server.lock:
            self.server.log.write(f"{time.time():.3f} {visitor} {host} {self.path}\n")
            self.server.log.flush()
        body = (visitor if self.path == "/ip" else page(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if self.path == "/ip" else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Requests are logged by do_GET."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, address, log, lock):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.log, self.lock = log, lock
        super().__init__((address, 80), Handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # no look-up of the host's own name
        self.server_name, self.server_port = "lab", 80

    def handle_error(self, *_):
        """A browser that goes away in the middle is no error."""


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    lock = threading.Lock()
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        for address in sys.argv[2:]:
            threading.Thread(target=Server(address, log, lock).serve_forever, daemon=True).start()
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
