#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What-is-my-ip over HTTPS: each service's host name answers in its own shape with the address of
the visitor. Any other host gets a small page. Each request is logged. A file web.manners beside the
log makes services misbehave (web_manners.py).

usage: web.py LOG CERTIFICATE KEY ADDRESS...
"""
import ipaddress
import json
import os
import http.server
import socket
import socketserver
import ssl
import sys
import threading
import time

import web_manners
from authority import HOSTS_IPV4, HOSTS_IPV6, origin

PLAIN = "plain"
LINE = "line"
# host -> (path prefix, shape): PLAIN, LINE (with newline), or a function of (address, origin).
SERVICES = {
    "ifconfig.co": ("/json", lambda a, o: {
        "ip": a, "country": "Example", "country_iso": o[2], "asn": f"AS{o[1]}", "asn_org": o[3]}),
    "icanhazip.com": ("/", LINE),
    "ipv4.icanhazip.com": ("/", LINE),
    "ipv6.icanhazip.com": ("/", LINE),
    "api.ipify.org": ("/", PLAIN),
    "api6.ipify.org": ("/", PLAIN),
    "api64.ipify.org": ("/", PLAIN),
    "ipinfo.io": ("/json", lambda a, o: {
        "ip": a, "city": "Example", "country": o[2], "org": f"AS{o[1]} {o[3]}"}),
    "v6.ipinfo.io": ("/json", lambda a, o: {
        "ip": a, "city": "Example", "country": o[2], "org": f"AS{o[1]} {o[3]}"}),
    "am.i.mullvad.net": ("/json", lambda a, o: {"ip": a, "organization": o[3],
                                                "mullvad_exit_ip": False}),
    "ipv4.am.i.mullvad.net": ("/json", lambda a, o: {"ip": a, "organization": o[3],
                                                     "mullvad_exit_ip": False}),
    "ipv6.am.i.mullvad.net": ("/json", lambda a, o: {"ip": a, "organization": o[3],
                                                     "mullvad_exit_ip": False}),
    "www.cloudflare.com": ("/cdn-cgi/trace", lambda a, o:
                           f"fl=1\nh=www.cloudflare.com\nip={a}\nts=1.0\nvisit_scheme=https\n"
                           f"colo=LAB\nhttp=http/1.1\nloc={o[2]}\ntls=TLSv1.3\nsni=plaintext\n"
                           "warp=off\ngateway=off\n"),
    "ifconfig.me": ("/ip", PLAIN),
    "checkip.amazonaws.com": ("/", LINE),
    "checkip.global.api.aws": ("/", LINE),
    "ident.me": ("/", PLAIN),
    "4.ident.me": ("/", PLAIN),
    "6.ident.me": ("/", PLAIN),
    "ipecho.net": ("/plain", PLAIN),
    "whatismyip.akamai.com": ("/", PLAIN),
    "myip.addr.tools": ("/", LINE),
    "myipv4.addr.tools": ("/", LINE),
    "myipv6.addr.tools": ("/", LINE),
    "wtfismyip.com": ("/json", lambda a, o: {"YourFuckingIPAddress": a}),
    "ipv4.wtfismyip.com": ("/json", lambda a, o: {"YourFuckingIPAddress": a}),
    "ipleak.net": ("/json/", lambda a, o: {"ip": a, "as_number": o[1], "isp_name": o[3],
                                           "country_code": o[2]}),
    "ipv4.ipleak.net": ("/json/", lambda a, o: {"ip": a, "as_number": o[1], "isp_name": o[3],
                                                "country_code": o[2]}),
    "ipv6.ipleak.net": ("/json/", lambda a, o: {"ip": a, "as_number": o[1], "isp_name": o[3],
                                                "country_code": o[2]}),
    "airvpn.org": ("/api/whatismyip/", lambda a, o: {"ip": a}),
    "api.ivpn.net": ("/v4/geo-lookup", lambda a, o: {
        "ip_address": a, "isp": o[3], "country_code": o[2], "isIvpnServer": False}),
    "api.nordvpn.com": ("/v1/helpers/ips/insights", lambda a, o: {
        "ip": a, "protected": False, "isp": o[3], "country_code": o[2]}),
    "check.torproject.org": ("/api/ip", lambda a, o: {
        "IsTor": a in ("198.51.100.114", "198.51.100.115"), "IP": a}),
    "api.ip2location.io": ("/", lambda a, o: {"ip": a, "asn": str(o[1]), "as": o[3],
                                              "country_code": o[2]}),
}


# Leak test services: what their own authority saw stands in the log of the lab's.
LEAKTESTS = ("dnsleak.am.i.mullvad.net", "edns.ip-api.com", "map.help.every1dns.net", "ipleak.net")
BASH_ID = "labsession000042"


def askers(log, wanted):
    """Who asked the zones' authority for a name of which `wanted` is true: address -> how often."""
    came = {}
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            _, role, _, asker, name, _ = line.split()
            if role == "zone" and wanted(name.lower()):
                came[asker] = came.get(asker, 0) + 1
    return came


def leaktest(host, path, log):
    """The answer of a leak test service, None where this is none of its names."""
    if host == "bash.ws":
        if path == "/id":
            return BASH_ID + "\n"
        if path != f"/dnsleak/test/{BASH_ID}?json":
            return None
        came = askers(log, lambda name: name.endswith(f".{BASH_ID}.bash.ws"))
        return [{"ip": "192.0.2.1", "country": "ZZ", "asn": "", "type": "ip"}] + [
            {"ip": a, "country": (origin(a) or "  ZZ")[2], "country_name": False,
             "asn": f"AS{(origin(a) or (0, 0))[1]} {(origin(a) or (0, 0, 0, 'Unknown'))[3]}",
             "type": "dns"} for a in came] + [{"ip": "DNS may be leaking.", "type": "conclusion"}]
    zone = next((zone for zone in LEAKTESTS if host.endswith("." + zone)), None)
    if not zone:
        return None
    if zone == "ipleak.net":
        session, _, step = host.split(".")[0].partition("-")
        if path != "/dnsdetection/" or len(session) != 40 or not step:
            return None
        return {"session": session,
                "ip": askers(log, lambda name: name.startswith(session + "-"))}
    came = list(askers(log, lambda name: name == host))
    if not came:
        return None
    a, o = came[-1], origin(came[-1]) or ("", 0, "ZZ", "Unknown")
    if zone.startswith("edns") and path == "/json":
        return {"dns": {"ip": a, "geo": f"Nowhere - {o[3]}"}}
    if zone.startswith("map") and path == "/":
        return {"ip": a, "ip_version": 1, "protocol": "udp", "dnssec": True, "edns": 1,
                "client_subnet": -1, "qname_minimization": True,
                "isp": {"asn": o[1], "name": o[3]}}
    if zone.startswith("dnsleak") and path == "/":
        return [{"hostname": None, "ip": x, "mullvad_dns": False, "mullvad_dns_hostname": None,
                 "country": "Nowhere", "organization": (origin(x) or o)[3]} for x in came]
    return None


def host_names():
    """Each name that the certificate has to carry."""
    return sorted(SERVICES) + ["bash.ws"] + ["*." + zone for zone in LEAKTESTS] + ["*.example.org", "*.example.net", "*.example.com"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "lab"
    sys_version = ""

    def do_GET(self):
        host = (self.headers.get("Host") or "").split(":")[0].lower()
        visitor = ipaddress.ip_address(self.client_address[0].split("%")[0])
        if visitor.version == 6 and visitor.ipv4_mapped:
            visitor = visitor.ipv4_mapped
        manner = self.server.manners.of(host, str(visitor)) if host in SERVICES else ""
        said = manner[4:] if manner.startswith("say:") else str(visitor)
        code, body, kind = self.page(host, said)
        if manner == "yes":
            body = body.replace(b": false", b": true").replace(b"warp=off", b"warp=on")
        wrong, headers = web_manners.body(manner, body), []
        if wrong and code == 200:
            code, body, kind, headers = wrong
        self.server.log.write(f"{time.time():.3f} {visitor} {host} {self.path} {code} {manner}\n")
        self.server.log.flush()
        if web_manners.misbehave(manner, self.wfile.write):
            self.close_connection = True
            return
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value or f"https://{host}{self.path}")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page(self, host, visitor):
        said = leaktest(host, self.path, self.server.authority_log)
        if said is not None:
            body = said if isinstance(said, str) else json.dumps(said)
            return 200, body.encode(), "application/json"
        service = SERVICES.get(host)
        if self.path == "/bulk":
            return 200, bytes(1 << 25), "application/octet-stream"
        if not service:
            return 200, b"<p>a page of the lab\n", "text/html"
        wrong = HOSTS_IPV6 if ":" not in visitor else HOSTS_IPV4
        if not self.path.startswith(service[0]) or host in wrong:
            return 404, b"not here\n", "text/plain"
        shape = service[1]
        if shape in (PLAIN, LINE):
            return 200, (visitor + ("\n" if shape == LINE else "")).encode(), "text/plain"
        body = shape(visitor, origin(visitor) or ("", 0, "ZZ", "Unknown"))
        if isinstance(body, str):
            return 200, body.encode(), "text/plain"
        return 200, json.dumps(body).encode(), "application/json"

    def log_message(self, *_):
        """Requests are logged by do_GET; handshakes that fail are of no interest."""


def server_name(request):
    """The host name of SERVICES that stands in the ClientHello, without taking it."""
    for _ in range(50):
        seen = request.recv(4096, socket.MSG_PEEK)
        found = [name for name in SERVICES
                 if len(name).to_bytes(2, "big") + name.encode() in seen]
        if found or not seen or len(seen) > 3000:
            return found[0] if found else ""
        time.sleep(0.002)
    return ""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address, contexts, log, manners):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.contexts, self.log, self.manners = contexts, log, manners
        self.authority_log = os.path.join(os.path.dirname(log.name), "authority.log")
        super().__init__((address, 443), Handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # no look-up of the host's own name
        self.server_name, self.server_port = "lab", 443

    def finish_request(self, request, client_address):
        """In the connection's own thread: a slow handshake holds up nobody."""
        request.settimeout(5)
        visitor = client_address[0].split("%")[0].removeprefix("::ffff:")
        try:
            # The name is asked for before the handshake has a context that cannot change any more.
            host = server_name(request)
            manner = self.manners.of(host, visitor) if host in SERVICES else ""
            if manner == "close":
                return
            context = self.contexts[web_manners.certificate(manner)]
            with context.wrap_socket(request, server_side=True) as stream:
                Handler(stream, client_address, self)
        except OSError:
            pass

    def handle_error(self, *_):
        pass


def main():
    if sys.argv[1:] == ["--hosts"]:
        print("\n".join(host_names()))
        return
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    contexts = {}
    for name in ("web", "untrusted", "expired"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(*(path.replace("web.", f"{name}.") for path in sys.argv[2:4]))
    manners = web_manners.beside(sys.argv[1])
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        for address in sys.argv[4:]:
            server = Server(address, contexts, log, manners)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
