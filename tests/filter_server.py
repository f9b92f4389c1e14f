#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""filter_server.py DIRECTORY: serves the file `bulk` there over HTTPS on 10.77.0.2, and swallows
what is put."""

import http.server
import ssl
import sys


class Bulk(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(sys.argv[1] + "/bulk", "rb") as bulk:
            octets = bulk.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + "/certificate", sys.argv[1] + "/key")
    server = http.server.HTTPServer(("10.77.0.2", 443), Bulk)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
