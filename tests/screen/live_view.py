# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees and does, on real look-ups: pictures at all sizes, keys, hostile names."""
import re
import shlex

from harness import need
from pane import VERDICT, Pane

CHECKS = ["dns", "ipv6", "browser-dns", "disconnect", "apps", "webrtc", "local-names", "public-ip"]
STATES = r"(?:[+] ok|! warn|X leak|[?] unknown|- off)"
# What a hostile name may hold, as a label of octets, and how it must be shown.
HOSTILE = [
    ("\x1b]0;pwned\x07", r"\027]0;pwned\007"),
    ("\x1b[8;9;77t", r"\027[8;9;77t"),
    ("one\rtwo", r"one\013two"),
    ("back\x08space", r"back\008space"),
    ("del\x7fete", r"del\127ete"),
    ("c1\x9b31m", r"c1\15531m"),
    ("\xe2\x80\xaegpj", r"\226\128\174gpj"),
    ("dot.in\\label", r"dot\.in\\label"),
    ("nul\x00l", r"nul\000l"),
]


def start(scene, pane, *options):
    if "Quit" in pane.look():  # left by a test that failed
        pane.keys("Escape")
        pane.sees("Quit")
        pane.keys("Escape")
        pane.sees("Quit")
        pane.keys("q")
        pane.sees("watched")
    pane.keys("C-l")
    pane.text(shlex.join(scene.command(*options)))
    pane.keys("Enter")
    pane.sees("Quit", "live")


def verdict(pane):
    found = VERDICT.search("\n".join(pane.look().split("\n")[:2]))
    return found.group(1) if found else None


def home(pane):
    """The dashboard at 80x24, whatever the test before left."""
    pane.size(80, 24)
    pane.keys("Escape")
    pane.sees("Quit")
    pane.keys("Escape")
    pane.sees("Quit")
    pane.keys("1", "Home")


def from_home(test, scene, pane):
    home(pane)
    test(scene, pane)


def pictures(scene, pane):
    for columns, rows in ((80, 24), (120, 40), (40, 12), (110, 30), (72, 20)):
        pane.size(columns, rows)
        for view in ("2", "1"):
            pane.keys(view)
            lines = pane.whole()
            need("LEAK" in "".join(lines[:2]), f"no leak on the first rows at {columns}x{rows}", "\n".join(lines))
        if columns < 72:
            need(any("dns" in line and "X leak" in line for line in lines), "no row of dns", "\n".join(lines))
            continue
        ids = [found.group(1) for found in (re.match(rf"[ >]{STATES} +([a-z0-9-]+)", line) for line in lines) if found]
        need(ids == CHECKS, f"the checks are {ids} at {columns}x{rows}", "\n".join(lines))


def resizes(scene, pane):
    before = pane.steady()
    for columns, rows in ((1, 1), (20, 5), (500, 200), (40, 12), (2, 9), (120, 40), (1, 1), (500, 200), (20, 5)):
        pane.size(columns, rows)
        if (columns, rows) == (1, 1):
            pane.until(lambda seen: seen.strip() == "X", "1x1 does not show the symbol alone")
        elif rows < 6:
            pane.until(lambda seen: "X LEAK" in "".join(seen.split("\n")[:2]), f"no verdict at {columns}x{rows}")
        elif columns >= 40:
            pane.until(lambda seen: "Quit" in seen.split("\n")[rows - 1], f"no keys at {columns}x{rows}")
            pane.whole()
    pane.size(80, 24)
    pane.until(lambda seen: seen == before, "80x24 is not what it was before the resizes")


def moves(scene, pane):
    pane.keys("1")
    pane.sees(">X leak     dns")
    for key, row in (("j", "ipv6"), ("Down", "browser-dns"), ("k", "ipv6"), ("Up", "dns")):
        pane.keys(key)
        pane.until(lambda seen: re.search(rf"^>{STATES} +{row}", seen, re.M), f"{key} does not go to {row}")
    pane.keys("Tab")
    pane.until(lambda seen: re.search(r"^>\d\d:\d\d:\d\d X exposed", seen, re.M), "Tab does not go to the look-ups")
    pane.keys("Tab")
    pane.sees(">X leak     dns")


def details(scene, pane):
    pane.keys("1", "Enter")
    picture = pane.sees("Evidence", "Do ", "eth0", "10.66.0.1")
    need(verdict(pane) == "LEAK", "the popup hides the verdict", picture)
    pane.keys("Escape")
    pane.misses("Evidence")
    pane.keys("2", "Enter")
    pane.sees("Name ", "secret", "Left by", "eth0 (uplink)", "10.66.0.1:53 over udp", "python3")
    pane.keys("Escape", "1")
    pane.size(40, 12)
    pane.keys("Enter")
    pane.sees("dns: X leak")
    pane.whole()
    pane.keys("Escape")
    pane.misses("dns: X leak")
    pane.size(80, 24)
    for key in ("?", "F1"):
        pane.keys(key)
        lines = pane.sees("Ctrl-Z", "quit", "Symbols", "space").split("\n")
        for first in ("1", "2", "j", "Tab", "Enter", "Esc", "space", "/", "r", "c", "v", "m", "?", "q"):
            need(any(re.search(rf"(^|[|] |, |  ){re.escape(first)}[ ,:]", line) for line in lines),
                 f"? at 80x24 does not list {first}", "\n".join(lines))
        pane.keys("Escape")
        pane.misses("Ctrl-Z")


def filters(scene, pane):
    pane.keys("1", "/")
    pane.text("tree")
    pane.sees("/tree", "3 of 7", "tree1.example")
    pane.misses("secret.example")
    pane.keys("C-u")
    pane.text("exposure=exposed")
    pane.sees("/exposure=exposed", "1 of 7", "secret.example")
    pane.misses("tree.example")
    pane.keys("Enter")
    pane.sees("1 of 7")
    scene.world.good("birch", "example")
    pane.sees("1 of 8")
    pane.keys("Escape")
    pane.sees("tree1.example", "birch.example")
    pane.misses(" of 8")
    pane.keys("1")


def masks(scene, pane):
    pane.size(120, 40)
    pane.keys("m")
    for keys in (("1",), ("Enter",), ("Escape", "2"), ("Enter",), ("Escape", "/", "s", "e", "c", "Enter"), ("Escape", "1")):
        pane.keys(*keys)
        picture = pane.steady()
        for word in ("secret", "tree", "birch", "example", "10.66.0.7", "10.64.0.2"):
            need(word not in picture, f"'{word}' is on the screen although masked, after {keys}", picture)
        need("(hidden)" in picture, "nothing is hidden", picture)
    pane.keys("m")
    pane.sees("secret.example")
    pane.size(80, 24)


def rechecks(scene, pane):
    for key in ("r", "R"):
        pane.keys(key)
        pane.until(lambda seen: re.search(r"nothing (is )?sent", seen), f"{key} does not say that nothing is sent")
        pane.keys("k")  # ends the note
    pane.sees("live")


def everybody(scene, pane):
    """u: the settings of somebody whose home is closed to all others, opened by the keeper."""
    pane.keys("1", "Home", "j", "j", "Enter")
    picture = pane.sees("browser-dns")
    need("ben" not in picture, "ben's browsers are shown unasked", picture)
    pane.keys("u")
    pane.sees("firefox everyday (ben): set to DNS over HTTPS alone", "tor-browser tor-browser (ben): set to Tor")
    pane.keys("u")
    pane.misses("(ben)")
    pane.keys("Escape")


def pauses(scene, pane):
    pane.keys("1", "Space")
    pane.sees("PAUSED since", "0 new")
    scene.world.good("hazel", "example", count=2)
    pane.sees("2 new")
    scene.world.leak("elder", "example")
    pane.sees("3 new")
    pane.until(lambda seen: "2 look-ups" in seen.split("\n")[1], "a leak meanwhile does not change the verdict")
    pane.keys("2")
    need("hazel" not in pane.steady(), "what came later is in the frozen view", pane.look())
    pane.keys("1", "Space")
    pane.sees("hazel1.example", "live")
    pane.misses("PAUSED")


def expects(scene, pane):
    pane.keys("v")
    pane.sees("expect none?", "y Change")
    pane.keys("Escape")
    pane.misses("expect none?")
    pane.sees("expect vpn (auto)")
    pane.keys("v", "y")
    pane.sees("expect none")
    pane.keys("v")
    pane.sees("expect vpn?")
    pane.keys("v", "v", "y")
    pane.sees("expect vpn (auto)")


def clears(scene, pane):
    pane.until(lambda seen: "c Clear" in seen.split("\n")[23], "the footer does not name c")
    pane.keys("c")
    pane.sees("clear the leak?", "y Clear")
    pane.keys("n")
    pane.sees("X LEAK")
    pane.misses("clear the leak?")
    pane.keys("c")
    pane.sees("clear the leak?")
    pane.keys("y")
    picture = pane.misses("X LEAK")
    need(verdict(pane) is not None, "no verdict after c, y", picture)
    scene.world.leak("again", "example")
    pane.sees("X LEAK")


def marks(scene, pane):
    pane.keys("c")
    pane.sees("clear the leak?")
    pane.keys("y")
    pane.misses("X LEAK")
    scene.world.leak("printer", "example")
    pane.sees("X LEAK")
    pane.keys("2", "Home")
    pane.until(lambda seen: re.search(r"^>.*X exposed .*printer\.example +python3", seen, re.M),
               "the leak is not on top, with its program")
    pane.keys("a")
    pane.sees("mark as intended?", "> 1  python3 asks for printer.example", "rule 1 of 5")
    pane.keys("n")
    pane.sees("nothing is marked", "X LEAK")
    pane.keys("a", "Enter")
    picture = pane.misses("X LEAK", "mark as intended?")
    need(verdict(pane) is not None, "no verdict once it is marked", picture)
    pane.until(lambda seen: re.search(r"^>.*o intended .*printer\.example", seen, re.M), "it does not stand there as intended")
    scene.world.leak("printer", "example")
    pane.until(lambda seen: len(re.findall(r"o intended .*printer\.example", seen)) == 2, "the rule does not go on to hold")
    need(verdict(pane) != "LEAK", "what is marked is a leak again", pane.look())
    pane.keys("Enter")
    pane.sees("marked as intended (python3 asks for printer.example)")
    pane.keys("Escape", "?", "NPage")
    pane.sees("Intended, as the configuration file keeps it", "printer.example")
    pane.keys("Escape")
    scene.world.leak("scanner", "example")
    pane.sees("X LEAK")


def stun(scene, pane):
    scene.world.stun()
    pane.until(lambda seen: re.search(r"^[> ]X leak +webrtc +1 STUN request left by eth0 to 10\.66\.0\.1", seen, re.M),
               "no leak in the row webrtc")
    pane.keys("2", "Home")
    pane.until(lambda seen: re.search(r"^>.*X exposed +eth0 +stun +10\.66\.0\.1 +STUN +10\.66\.0\.1 +python3", seen, re.M),
               "the request does not stand on top, with its program")
    pane.keys("Enter")
    pane.sees("STUN: X exposed", "To        10.66.0.1:3478", "Asked by  python3")
    pane.keys("a")
    pane.sees("> 1  python3 asks anything of 10.66.0.1")
    pane.keys("Escape", "Escape", "1")
    pane.sees("X leak     webrtc")


def hostile(scene, pane):
    pane.size(120, 40)
    title = pane.title()
    pane.keys("2")
    for label, _ in HOSTILE:
        scene.world.leak(label, "test")
    for _, shown in HOSTILE:
        pane.sees(shown + ".test")
    picture = "\n".join(pane.whole())
    need(all(c.isascii() and c.isprintable() for line in picture.split("\n") for c in line),
         "something else than printable ASCII", picture)
    need(pane.title() == title, f"the title became '{pane.title()}'")
    scene.world.leak("a" * 63, "b" * 63, "c" * 40, "registered", "test")
    pane.until(lambda seen: re.search(r"~[a-z.]*registered\.test", seen), "a long name lost its registered end")
    pane.whole()
    pane.keys("1")
    pane.size(80, 24)


def quits(scene, pane):
    pane.keys("q")
    picture = pane.sees("watched", "shell>")
    lines = [line for line in picture.split("\n") if line.startswith("leaktop: ")]
    need(len(lines) == 1, f"{len(lines)} lines are left", picture)
    joined = [line for line in pane.look(joined=True).split("\n") if line.startswith("leaktop: ")][0]
    need(re.match(r"leaktop: X leak: .* look-ups?, .* watched ", joined), f"it says '{joined}'", picture)
    for word in ("secret", "tree", "pwned", "test", "example"):
        need(word not in joined, f"'{word}' is left in the scrollback", picture)
    need("Quit" not in picture, "the screen is left behind", picture)
    need("NDELAY" not in picture, "the terminal was left non-blocking", picture)


def starts_masked(scene, pane):
    start(scene, pane, "--mask")
    scene.world.good("poplar", "example")
    pane.sees("(hidden)", "1 seen")
    need("poplar" not in pane.steady(), "a name is on the screen", pane.look())
    pane.keys("q")
    pane.sees("shell>")


def shell(scene, pane):
    start(scene, pane)
    pane.keys("C-z")
    pane.sees("Stopped", "shell>")
    pane.misses("Quit")
    pane.text("fg")
    pane.keys("Enter")
    pane.sees("Quit", "live")
    scene.world.good("willow", "example")
    pane.sees("willow.example", "leaktop was stopped meanwhile")
    pane.whole()
    pane.keys("q")
    pane.sees("watched")


def tests(suite, scene):
    pane = Pane(scene.server, scene.environment)
    try:
        start(scene, pane)
        scene.world.good("oak", "example", count=3)
        scene.world.good("tree", "example", count=3)
        scene.world.leak("secret", "example")
        pane.sees("7 seen", "X LEAK")
        for name, test in (
                ("80x24, 120x40, 40x12 and between: verdict, checks, keys, nothing wrapped", pictures),
                ("resized to 1x1, 20x5, 500x200 and back", resizes),
                ("arrows, j, k and Tab", moves),
                ("Enter, Esc, ? and F1, also at 40x12", details),
                ("/ filters by text and exposure=, and counts", filters),
                ("m hides names and own addresses everywhere", masks),
                ("r and R say that nothing is sent when passive", rechecks),
                ("u shows what everybody's browsers are set to, and u again does not", everybody),
                ("space freezes the view and not the verdict", pauses),
                ("v asks, and changes what is counted on", expects),
                ("c asks; n keeps, y clears, a new leak counts again", clears),
                ("a marks a leak as intended: no leak any more, by that rule alone", marks),
                ("a STUN request is a leak of its own, and could be marked", stun),
                ("hostile names are shown escaped", hostile),
                ("q leaves one line, with the verdict and without names", quits)):
            suite.run(name, from_home, test, scene, pane)
        suite.run("--mask hides from the start", starts_masked, scene, pane)
        suite.run("Ctrl-Z to a shell and fg", shell, scene, pane)
    finally:
        pane.close()
