#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's name servers: root, top level domains and zones, each on addresses of its own.

Every second-level domain is delegated to the zone servers; what lies below it exists: any name has
an address. Names that tell who asked answer as their originals do. Each question is logged, with
the address of the asker: the ground truth about egress resolvers.

usage: authority.py LOG root=ADDRESS[,ADDRESS] tld=... zone=... web=ADDRESS[,ADDRESS]
"""
import ipaddress
import re
import socket
import struct
import sys
import threading
import time

A, NS, SOA, TXT, AAAA, OPT = 1, 2, 6, 16, 28, 41
NXDOMAIN, REFUSED, FORMERR = 3, 5, 1

# Domains whose servers have only IPv4, as their originals in the facts sheet.
IPV4_ONLY = {"akamai.net", "cloudfront.net"}
# Hosts that exist in one family only.
HOSTS_IPV4 = {
    "api.ipify.org", "ipv4.icanhazip.com", "ipinfo.io", "ipv4.am.i.mullvad.net",
    "checkip.amazonaws.com", "4.ident.me", "v4.ident.me", "ipecho.net", "myipv4.addr.tools",
    "ipv4.wtfismyip.com", "ipv4.ipleak.net", "whatismyip.akamai.com",
}
HOSTS_IPV6 = {
    "api6.ipify.org", "ipv6.icanhazip.com", "v6.ipinfo.io", "ipv6.am.i.mullvad.net", "6.ident.me",
    "v6.ident.me", "myipv6.addr.tools", "ipv6.ipleak.net",
}
# Origin AS of the lab's addresses: prefix, AS, country, name.
ORIGINS = [
    ("203.0.113.0/24", 64496, "NL", "LAB-ISP - Example Internet"),
    ("2001:db8:1::/48", 64496, "NL", "LAB-ISP - Example Internet"),
    ("2001:db8:2::/48", 64496, "NL", "LAB-ISP - Example Internet"),
    ("192.0.2.0/24", 64511, "CH", "LAB-VPN - Example VPN"),
    ("2001:db8:3::/48", 64511, "CH", "LAB-VPN - Example VPN"),
    ("198.51.100.0/24", 64500, "US", "LAB-PUBLIC - Example Resolvers"),
    ("2001:db8:99::/48", 64500, "US", "LAB-PUBLIC - Example Resolvers"),
]


# Names with addresses of their own. The answer about a VPN's server comes from as far away as such
# servers are, so that who asked is still there when leaktop looks.
OWN_HOSTS = {
    "vpn.example.org": ["192.0.2.66"], "peer.example.org": ["192.0.2.66"],
    "doh.example.org": ["198.51.100.90", "2001:db8:90::90"],
    "dot.example.org": ["198.51.100.90", "2001:db8:90::90"],
    "stun.example.org": ["198.51.100.91", "2001:db8:91::91"],
}
# Domains of a person who runs an authority of his own.
OWN_DOMAINS = {"own.example": ["198.51.100.54", "2001:db8:54::54"]}
FAR_HOSTS = {"vpn.example.org", "peer.example.org"}
FAR_S = 0.03


def origin(address):
    for prefix, asn, country, name in ORIGINS:
        if ipaddress.ip_address(address) in ipaddress.ip_network(prefix):
            return prefix, asn, country, name
    return None


def pack_name(name):
    out = b""
    for label in name.split(".") if name else []:
        raw = label.encode("latin-1")
        out += bytes([len(raw)]) + raw
    return out + b"\0"


def read_question(query):
    """(name, type, class, has_edns) of a query; raises ValueError or IndexError on bad bytes."""
    count, at, labels = struct.unpack_from("!H", query, 4)[0], 12, []
    if count != 1:
        raise ValueError("not one question")
    while query[at]:
        length = query[at]
        if length > 63:
            raise ValueError("compressed question")
        labels.append(query[at + 1:at + 1 + length].decode("latin-1"))
        at += 1 + length
    qtype, qclass = struct.unpack_from("!HH", query, at + 1)
    additional = struct.unpack_from("!H", query, 10)[0]
    return ".".join(labels), qtype, qclass, additional > 0, query[12:at + 5]


def txt(*strings):
    return b"".join(bytes([len(s)]) + s.encode() for s in strings)


def client_subnet(query, at):
    """"203.0.113.0/24" of the client subnet option (RFC 7871) of a query whose question ends at
    `at`; "" without one."""
    try:
        if query[at] != 0 or struct.unpack_from("!H", query, at + 1)[0] != OPT:
            return ""
        length = struct.unpack_from("!H", query, at + 9)[0]
        options = query[at + 11:at + 11 + length]
        while options:
            code, size = struct.unpack_from("!HH", options)
            if code == 8:
                family, source, _ = struct.unpack_from("!HBB", options, 4)
                octets = options[8:4 + size].ljust(4 if family == 1 else 16, b"\0")
                return f"{ipaddress.ip_address(octets)}/{source}" if source else ""
            options = options[4 + size:]
    except (IndexError, struct.error, ValueError):
        pass
    return ""


def whoami(name, qtype, asker, port, transport, ecs):
    """Records of a name that tells who asked; None where this is no such name."""
    kind = ipaddress.ip_address(asker)
    if name.endswith((".is-cf.help.every1dns.net", ".is-dot.help.every1dns.net",
                      ".is-doh.help.every1dns.net")):
        raise KeyError(name)
    if name in ("debug.opendns.com", "id.server.on.quad9.net"):
        raise KeyError(name)
    if name in ("whoami.akamai.net", "resolver-identity.cloudfront.net"):
        return [(A, 20, kind.packed)] if qtype == A and kind.version == 4 else []
    fields = None
    if name == "o-o.myaddr.l.google.com":
        fields = [txt(asker)] + ([txt("edns0-client-subnet " + ecs)] if ecs else [])
    elif name in ("whoami.ds.akahelp.net", "whoami.ipv4.akahelp.net", "whoami.ipv6.akahelp.net"):
        if kind.version != {"ipv4": 4, "ipv6": 6}.get(name.split(".")[1], kind.version):
            return []
        fields = [txt("ns", asker)] + ([txt("ecs", ecs + "/0")] if ecs else [])
    elif name == "resolver.dnscrypt.info":
        fields = [txt("Resolver IP: " + asker)] + \
            ([txt("EDNS0 client subnet: " + ecs)] if ecs else [])
    elif name == "maxmind.test-ipv6.com":
        found = origin(asker) or ("", 0, "ZZ", "Unknown")
        fields = [txt(f"ip='{asker}' as='{found[1]}' isp='{found[3]}' country='{found[2]}'")]
    elif name == "ip.test-ipv6.com":
        fields = [txt(asker)]
    elif name in ("whoami.lua.powerdns.org", "whoami-ecs.lua.powerdns.org"):
        fields = [txt(asker)]
    elif name == "edns-client-sub.net":
        payload = ", 'ecs_payload': {'family': '1', 'optcode': '0x08', 'cc': 'NL', 'ip': '%s', " \
            "'mask': '%s', 'scope': '0'}" % tuple(ecs.split("/")) if ecs else ""
        fields = [txt("{'ecs': '%s'%s, 'ts': '1.0', 'recursive': {'cc': 'NL', 'srcip': '%s', "
                      "'sport': '%d'}}" % (bool(ecs), payload, asker, port))]
    elif re.fullmatch(r"[0-9a-f]{1,8}-badsig\.test\.dnscheck\.tools", name):
        return None  # has an address: nothing in the lab validates
    elif name.endswith((".test.dnscheck.tools", ".test-ipv4.dnscheck.tools",
                        ".test-ipv6.dnscheck.tools")):
        label, version = name.split(".")[0], name.split(".")[1].partition("-ipv")[2]
        if version and int(version) != kind.version:
            return []
        if not re.fullmatch("[0-9a-f]{1,8}", label) or name.count(".") != 3:
            raise KeyError(name)
        place = origin(asker)
        fields = [
            txt(f"FROM: {asker}#{port} ({place[3] if place else 'unknown'}) (Somewhere) "
                f"({transport.upper()})"),
            txt("EDNS: version: 0; flags: do; udp: 1232"),
            txt(f"ID: {int(label, 16)}"),
        ] + ([txt(f"ECS: {ecs} (Example) (Somewhere)")] if ecs else [])
    if fields is None:
        return None
    return [(TXT, 1, field) for field in fields] if qtype == TXT else None


def cymru(name):
    """Answers of the origin.asn.cymru.com kind; None for other names."""
    if name.endswith(".origin.asn.cymru.com"):
        octets = name[:-len(".origin.asn.cymru.com")].split(".")
        address = ".".join(reversed(octets))
    elif name.endswith(".origin6.asn.cymru.com"):
        digits = "".join(reversed(name[:-len(".origin6.asn.cymru.com")].split(".")))
        digits = digits.ljust(32, "0")
        address = ":".join(digits[i:i + 4] for i in range(0, 32, 4))
    elif re.fullmatch(r"as\d+\.asn\.cymru\.com", name):
        for _, asn, country, text in ORIGINS:
            if name == f"as{asn}.asn.cymru.com":
                return [txt(f"{asn} | {country} | ripencc | 2020-01-01 | {text}, {country}")]
        raise KeyError(name)
    else:
        return None
    try:
        found = origin(address)
    except ValueError:
        found = None
    if not found:
        raise KeyError(name)
    return [txt(f"{found[1]} | {found[0]} | {found[2]} | ripencc | 2020-01-01")]


class Authority:
    def __init__(self, log, addresses):
        self.log = log
        self.lock = threading.Lock()
        self.addresses = addresses

    def glue(self, role, owner, ipv4_only=False, addresses=None):
        out = []
        for text in addresses or self.addresses[role]:
            address = ipaddress.ip_address(text)
            if address.version == 4:
                out.append((owner, A, 3600, address.packed))
            elif not ipv4_only:
                out.append((owner, AAAA, 3600, address.packed))
        return out

    def hosts(self, name, qtype):
        """Any name of a zone has the addresses of the lab's web server."""
        out = []
        own = OWN_HOSTS.get(name)
        for text in own or self.addresses["web"]:
            address = ipaddress.ip_address(text)
            rtype = A if address.version == 4 else AAAA
            if name in (HOSTS_IPV6 if address.version == 4 else HOSTS_IPV4):
                continue
            if name.startswith("v4only.") and address.version == 6:
                continue
            if rtype == qtype:
                out.append((rtype, 0 if own else 5, address.packed))
        return out

    def answer(self, role, name, qtype, asker, port, transport, ecs=""):
        """(rcode, authoritative, answers, authority, additional), records as tuples."""
        labels = name.split(".") if name else []
        if role == "root":
            if not labels:
                server = "a.root-servers.net"
                if qtype == NS:
                    return 0, True, [("", NS, 3600, pack_name(server))], [], \
                        self.glue("root", server)
                return 0, True, [], [], []
            if labels[-1] == "dnscrypt-test":
                return NXDOMAIN, True, [], [self.soa("")], []
            zone, server = labels[-1], "a.nic." + labels[-1]
            return 0, False, [], [(zone, NS, 3600, pack_name(server))], self.glue("tld", server)
        if role == "tld":
            if name.endswith("nic." + labels[-1]) if labels else False:
                found = [r for r in self.glue("tld", name) if r[1] == qtype]
                return 0, True, found, [] if found else [self.soa(labels[-1])], []
            if len(labels) < 2:
                if labels and qtype == NS:
                    server = "a.nic." + labels[-1]
                    return 0, True, [(name, NS, 3600, pack_name(server))], [], \
                        self.glue("tld", server)
                return 0, True, [], [self.soa(name)], []
            zone = ".".join(labels[-2:])
            server = "ns." + zone
            return 0, False, [], [(zone, NS, 3600, pack_name(server))], \
                self.glue("zone", server, zone in IPV4_ONLY, OWN_DOMAINS.get(zone))
        zone = ".".join(labels[-2:])
        if len(labels) < 2:
            return REFUSED, False, [], [], []
        negative = [self.soa(zone)]
        if name == zone and qtype == NS:
            server = "ns." + zone
            return 0, True, [(zone, NS, 3600, pack_name(server))], [], \
                self.glue("zone", server, zone in IPV4_ONLY)
        if name == zone and qtype == SOA:
            return 0, True, negative, [], []
        if name == "ns." + zone:
            found = [r for r in self.glue("zone", name, zone in IPV4_ONLY) if r[1] == qtype]
            return 0, True, found, [] if found else negative, []
        try:
            records = whoami(name, qtype, asker, port, transport, ecs)
            if records is None and (found := cymru(name)) is not None:
                records = [(TXT, 60, data) for data in found] if qtype == TXT else []
        except KeyError:
            return NXDOMAIN, True, [], negative, []
        if records is None:
            records = self.hosts(name, qtype)
        records = [(name, *record) for record in records]
        return 0, True, records, [] if records else negative, []

    @staticmethod
    def soa(zone):
        data = pack_name("ns." + zone if zone else "a.root-servers.net") + \
            pack_name("hostmaster." + zone if zone else "nstld")
        return zone, SOA, 5, data + struct.pack("!IIIII", 1, 3600, 600, 86400, 5)

    def reply(self, query, role, peer, transport):
        if len(query) < 12 or query[2] & 0x80:
            return None
        try:
            asked, qtype, qclass, edns, question = read_question(query)
        except (ValueError, IndexError, struct.error):
            return query[:2] + struct.pack("!HHHHH", 0x8000 | FORMERR, 0, 0, 0, 0)
        asker = str(ipaddress.ip_address(peer[0].split("%")[0]))
        with self.lock:
            self.log.write(f"{time.time():.3f} {role} {transport} {asker} {asked or '.'} {qtype}\n")
            self.log.flush()
        if asked.lower() in FAR_HOSTS:
            time.sleep(FAR_S)
        if qclass != 1:
            rcode, authoritative, sections = REFUSED, False, ([], [], [])
        else:
            rcode, authoritative, *sections = self.answer(
                role, asked.lower(), qtype, asker, peer[1], transport,
                client_subnet(query, 12 + len(question)))
        body = b""
        for section in sections:
            for owner, rtype, ttl, data in section:
                body += pack_name(owner) + struct.pack("!HHIH", rtype, 1, ttl, len(data)) + data
        counts = [len(section) for section in sections]
        if edns:
            body += b"\0" + struct.pack("!HHIH", OPT, 1232, 0, 0)
            counts[2] += 1
        flags = 0x8000 | (query[2] & 1) << 8 | rcode | (0x0400 if authoritative else 0)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, *counts)
        message = head + question + body
        if transport == "udp" and len(message) > 1232:
            flags |= 0x0200
            message = query[:2] + struct.pack("!HHHHH", flags, 1, 0, 0, 0) + question
        return message

    def serve_udp(self, sock, role):
        while True:
            query, peer = sock.recvfrom(4096)
            message = self.reply(query, role, peer, "udp")
            if message:
                sock.sendto(message, peer)

    def serve_stream(self, stream, role, peer):
        with stream:
            stream.settimeout(5)
            try:
                while True:
                    head = stream.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        return
                    length = struct.unpack("!H", head)[0]
                    query = stream.recv(length, socket.MSG_WAITALL)
                    message = self.reply(query, role, peer, "tcp")
                    if not message:
                        return
                    stream.sendall(struct.pack("!H", len(message)) + message)
            except OSError:
                return

    def serve_tcp(self, sock, role):
        while True:
            stream, peer = sock.accept()
            threading.Thread(
                target=self.serve_stream, args=(stream, role, peer), daemon=True).start()

    def start(self, text, role):
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        tcp = socket.socket(family, socket.SOCK_STREAM)
        for sock in (udp, tcp):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((text, 53))
        tcp.listen(64)
        threading.Thread(target=self.serve_udp, args=(udp, role), daemon=True).start()
        threading.Thread(target=self.serve_tcp, args=(tcp, role), daemon=True).start()


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    addresses = {}
    for argument in sys.argv[2:]:
        role, _, texts = argument.partition("=")
        addresses[role] = texts.split(",")
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        authority = Authority(log, addresses)
        for role in ("root", "tld", "zone"):
            for text in addresses[role]:
                authority.start(text, role)
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
