# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What leaktop sends by itself, when, and when not: counted on the wire.

# ---- leaktop in a terminal ----

screen_start() { # screen_start OPTION...: on the user's machine; keys by screen_key
    on user tmux -S "$LAB/tmux" -f /dev/null new-session -d -x 120 -y 36 \
        "env -u SUDO_UID -u SUDO_GID -u SUDO_USER TERM=tmux-256color $LEAKTOP $* 2>$LAB/screen.err"
    wait_for screen_shows 'q Quit' || echo "no screen: $(cat "$LAB/screen.err")"
}

screen_key() {
    on user tmux -S "$LAB/tmux" send-keys "$@"
}

screen_text() {
    on user tmux -S "$LAB/tmux" capture-pane -p
}

screen_shows() {
    screen_text | grep -q "$1"
}

screen_end() {
    screen_key q
    sleep 0.3
    on user tmux -S "$LAB/tmux" kill-server 2>/dev/null
    return 0
}

# ---- packets ----

# everything_seen FILE: on all interfaces of the user's machine
everything_seen() {
    start user everything.log tcpdump -i any -Z root --immediate-mode -U -B 16384 -w "$1"
    EVERYTHING=$STARTED
    wait_for grep -q 'listening on' "$LAB/everything.log" || fail "tcpdump does not start"
}

# What the links and the tunnel do by themselves: neighbours, multicast groups, WireGuard's packets.
# An OpenVPN server that a scenario before left pings its client, which is gone: refused.
UPKEEP='arp or ip6[6] == 0 or (icmp6 and ip6[40] >= 130 and ip6[40] <= 143) or udp port 51820 or (udp and src port 1194) or (icmp[0] = 3)'

packets() { # packets FILE FILTER: how many
    tcpdump -r "$1" "$2" 2>/dev/null | wc -l
}

# bursts FILE FILTER [SECONDS]: how often packets begin after so long (1 s) without one
bursts() {
    tcpdump -tt -r "$1" "$2" 2>/dev/null |
        awk -v gap="${3:-1}" '{ if ($1 - last > gap) count++; last = $1 } END { print count + 0 }'
}

# ---- scenarios ----

# All three ways to run, and every key that asks for something.
run_all_ways() {
    local pid
    screen_start "$@"
    for key in r R b x j r 2 R 6 b 1 R; do
        screen_key "$key"
        sleep 0.1
    done
    nsenter -t "${MACHINE[user]}" -n -m -- timeout 20 "$LEAKTOP" --headless --log "$HERE/log" "$@" \
        >"$HERE/headless.out" 2>&1 </dev/null &
    pid=$!
    nsenter -t "${MACHINE[user]}" -n -m -- timeout 20 "$LEAKTOP" --once --duration 3 "$@" \
        >"$HERE/once.out" 2>&1 </dev/null
    screen_text >"$HERE/screen.txt"
    kill "$pid"
    wait "$pid" 2>/dev/null
    screen_end
}

says passive-silent "--passive on a machine with tunnel, resolver, IPv6 and resolved: not one packet leaves, on any interface"
scenario_passive_silent() {
    local count
    wireguard_up
    resolved_up Cache=no
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    wait_for answers 127.0.0.53
    sleep 1 # what that set off ends
    everything_seen "$HERE/passive.pcap"
    run_all_ways --passive
    stop "$EVERYTHING" INT
    count=$(packets "$HERE/passive.pcap" "not ($UPKEEP)")
    [[ $count -eq 0 ]] || echo "$count packets: $(tcpdump -nr "$HERE/passive.pcap" "not ($UPKEEP)" 2>/dev/null | head -5)"
    grep -q passive "$HERE/screen.txt" || echo "the screen does not say that it is passive"
    # The same without --passive is seen here: the count can be another one.
    everything_seen "$HERE/active.pcap"
    run_all_ways
    stop "$EVERYTHING" INT
    [[ $(packets "$HERE/active.pcap" "not ($UPKEEP)") -gt 20 ]] || echo "nothing is seen at all"
}

# The names of tests; each is asked for by the system, and so of the router.
TESTS='udp dst port 53'

flap() { # the default route goes and comes, twenty times a second
    while :; do
        on user ip route del default
        sleep 0.05
        on user ip route add default via "$ROUTER4" dev eth0
        sleep 0.05
    done 2>/dev/null
}

says flapping "a default route that flaps ten times a second: tests are neither sent ten times a second nor put off for ever"
scenario_flapping() {
    local flapping count
    router_sees "$HERE/router.pcap"
    flap &
    flapping=$!
    leaktop flap --duration 13
    wait "${RUNNING["flap"]}"
    kill "$flapping"
    wait "$flapping" 2>/dev/null
    stop "$TCPDUMP" INT
    # The first; one each 3 s while it goes on; after four of them one each 15 s.
    count=$(bursts "$HERE/router.pcap" "$TESTS")
    [[ $count -ge 3 && $count -le 6 ]] || echo "$count tests in 13 s of flapping"
}

says leaned-on "r and R held down for 15 s: no service is asked more often than its terms allow, and it is said"
scenario_leaned_on() {
    local before host count i
    wireguard_up
    resolver "$TUNNEL4"
    before=$(wc -l <"$LAB/web.log")
    router_sees "$HERE/router.pcap"
    screen_start
    sleep 1.5
    for ((i = 0; i < 75; i++)); do
        screen_key R
        sleep 0.1
        screen_key r
        sleep 0.1
    done
    screen_text >"$HERE/screen.txt"
    screen_end
    stop "$TCPDUMP" INT
    grep -q 'asked .* ago; again at' "$HERE/screen.txt" || echo "it is not said: $(tail -3 "$HERE/screen.txt")"
    tail -n "+$((before + 1))" "$LAB/web.log" | awk '{ print $3 }' | sort | uniq -c >"$HERE/asked"
    [[ $(wc -l <"$HERE/asked") -ge 4 ]] || echo "hardly anybody was asked: $(cat "$HERE/asked")"
    # All of the table want 30 s or more between two questions.
    while read -r count host; do
        [[ $count -eq 1 ]] || echo "$host was asked $count times in 17 s"
    done <"$HERE/asked"
}

says family-lost-held "of a tunnel for both families IPv6 is lost: no service is asked past it over IPv6"
scenario_family_lost_held() {
    local outside
    wireguard_up
    resolver "$TUNNEL4"
    router_sees "$HERE/router.pcap"
    leaktop lost --duration 6
    sleep 2
    for half in ::/1 8000::/1; do on user ip -6 route del "$half" dev wg0; done
    wait "${RUNNING["lost"]}"
    stop "$TCPDUMP" INT
    outside=$(packets "$HERE/router.pcap" 'ip6 and tcp dst port 443')
    [[ $outside -eq 0 ]] || echo "$outside packets over IPv6 past the tunnel"
    outside=$(packets "$HERE/router.pcap" 'port 53')
    [[ $outside -eq 0 ]] || echo "$outside packets of look-ups past the tunnel"
}

says backs-off "the resolver does not answer: tests come ever later"
scenario_backs_off() {
    local count
    wireguard_up
    resolver 10.64.0.99
    configure <<'END'
[probe]
interval = 10
END
    everything_seen "$HERE/dead.pcap"
    leaktop dead --duration 43
    wait "${RUNNING["dead"]}"
    stop "$EVERYTHING" INT
    # Each is given up after 5 s, and the C library goes on asking for some more; the next begins 10 s
    # and then 20 s later, give or take a tenth. At the same pace all along no pause is longer than 10 s.
    count=$(bursts "$HERE/dead.pcap" 'dst host 10.64.0.99 and udp dst port 53' 12)
    [[ $count -eq 2 ]] || echo "no pause of 12 s, or more than one: $count"
}

says peer-changed "the tunnel's server changes and no route does: names and address are asked anew"
scenario_peer_changed() {
    local count other=192.0.2.67
    on vpn ip addr add "$other/24" dev wan
    wireguard_up
    resolver "$TUNNEL4"
    on user ip route replace "$other/32" via "$ROUTER4" dev eth0
    everything_seen "$HERE/peer.pcap"
    leaktop peer --duration 9
    sleep 1.5
    # A handshake with the first one is seen, then those with the other.
    on user wg set wg0 peer "$WG_SERVER" remove
    on user wg set wg0 peer "$WG_SERVER" endpoint "$VPN4:51820" allowed-ips "0.0.0.0/0,::/0"
    wireguard_peer
    ask first.peer.example.net
    sleep 2
    on user wg set wg0 peer "$WG_SERVER" remove
    on user wg set wg0 peer "$WG_SERVER" endpoint "$other:51820" allowed-ips "0.0.0.0/0,::/0"
    wireguard_peer
    on user ping -c 1 -W 2 "$TUNNEL4" >/dev/null
    wait "${RUNNING["peer"]}"
    stop "$EVERYTHING" INT
    on vpn ip addr del "$other/24" dev wan
    count=$(tcpdump -tt -r "$HERE/peer.pcap" "dst host $TUNNEL4 and udp dst port 53" 2>/dev/null |
        grep -v peer.example.net | awk '{ if ($1 - last > 1) count++; last = $1 } END { print count + 0 }')
    [[ $count -eq 2 ]] || echo "$count tests, not one at the start and one for the other server"
}

set_clock() { # set_clock SECONDS SLEPT: ahead of the machine's; and how long it slept
    /usr/bin/python3 -c 'import struct, sys
open(sys.argv[1], "r+b").write(struct.pack("qq", *(int(word) * 10**9 for word in sys.argv[2:])))' \
        "$LAB/clock.offset" "$@"
    printf x >"$LAB/clock.fifo"
}

says clock-set-back "the clock is set back an hour, then the machine sleeps for two: the schedule goes on, no burst, and it is said"
scenario_clock_set_back() {
    local count
    cc -shared -fPIC -O1 -o "$LAB/clock.so" "$LAB_HERE/clock.c" -ldl || skip "no compiler"
    head -c 16 /dev/zero >"$LAB/clock.offset"
    rm -f "$LAB/clock.fifo"
    mkfifo -m 666 "$LAB/clock.fifo"
    chmod 666 "$LAB/clock.offset"
    wireguard_up
    resolver "$TUNNEL4"
    configure <<'END'
[probe]
interval = 10
END
    everything_seen "$HERE/clock.pcap"
    nsenter -t "${MACHINE[user]}" -n -m -- env LD_PRELOAD="$LAB/clock.so" CLOCK_OFFSET="$LAB/clock.offset" \
        CLOCK_FIFO="$LAB/clock.fifo" "$LEAKTOP" --once --duration 28 "${OPTIONS[@]}" \
        >"$HERE/clock.txt" 2>"$HERE/clock.err" </dev/null &
    RUNNING["clock"]=$!
    sleep 3
    set_clock -3600 0
    sleep 3
    set_clock 3600 7200
    wait "${RUNNING["clock"]}"
    stop "$EVERYTHING" INT
    grep -q 'clock  *the clock was set back by 1 h' "$HERE/clock.txt" || echo "it is not said: $(grep -A9 ^events "$HERE/clock.txt")"
    grep -q 'clock  *the machine slept for 2 h' "$HERE/clock.txt" || echo "nor that it slept: $(grep -A9 ^events "$HERE/clock.txt")"
    # At the start, twice when the clock was set, then each 10 s.
    count=$(bursts "$HERE/clock.pcap" "dst host $TUNNEL4 and udp dst port 53")
    [[ $count -ge 4 && $count -le 6 ]] || echo "$count tests in 28 s"
}

# names FILE: how many different ones were asked of the tunnel's resolver
names() {
    tcpdump -nr "$1" "dst host $TUNNEL4 and udp dst port 53" 2>/dev/null |
        sed -n 's/.*? \([^ ]*\) .*/\1/p' | sort -u | wc -l
}

extended_by_key() {
    screen_key x
    sleep 0.4
    screen_key y
    sleep 0.2
}

says larger-by-key "x asks for the extended test: it is sent once, and leaning on the key sends no more than its budget"
scenario_larger_by_key() {
    local i count
    wireguard_up
    resolver "$TUNNEL4"
    screen_start
    sleep 2
    everything_seen "$HERE/once.pcap"
    extended_by_key
    screen_text >"$HERE/screen.txt"
    sleep 3
    stop "$EVERYTHING" INT
    count=$(names "$HERE/once.pcap")
    [[ $count -ge 20 ]] || echo "$count names in an extended test"
    grep -q 'extended test; sending 36' "$HERE/screen.txt" || echo "it is not said: $(tail -3 "$HERE/screen.txt")"
    everything_seen "$HERE/leaned.pcap"
    for ((i = 0; i < 8; i++)); do
        extended_by_key
        sleep 0.5
    done
    screen_text >"$HERE/leaned.txt"
    stop "$EVERYTHING" INT
    screen_end
    # Two in a row, and then one a minute: one of the eight.
    [[ $(names "$HERE/leaned.pcap") -le $((count + 6)) ]] ||
        echo "$(names "$HERE/leaned.pcap") names by leaning on the key, $count by one test"
    grep -q 'extended test; .*again at' "$HERE/leaned.txt" || echo "it is not said: $(tail -3 "$HERE/leaned.txt")"
}
