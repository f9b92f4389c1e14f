# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What leaktop advises is done: the commands of its own text report are run on the user's machine,
# word by word, and then it has nothing to say any more.

# What the lab's machine has under another name or not at all, where commands look for it.
user_commands() {
    mkdir -p "$LAB/bin"
    # Nothing that serves is started by systemd here: $LAB/restart-NAME says how.
    cat >"$LAB/bin/systemctl" <<END
#!/bin/sh
[ "\$1" = restart ] && exec "$LAB/restart-\$2"
END
    cat >"$LAB/bin/resolvectl" <<END
#!/bin/sh
LD_LIBRARY_PATH=$UNPACKED/usr/lib/x86_64-linux-gnu/systemd exec timeout 5 $UNPACKED/usr/bin/resolvectl "\$@"
END
    chmod +x "$LAB/bin"/*
}

# advised CHECK STATE COMMAND...: leaktop's text report, while that runs, says so of that check; the
# commands that it advises for it land in $HERE/commands.
advised() {
    local check=$1 state=$2 had
    shift 2
    had=$(packet_sockets)
    nsenter -t "${MACHINE[user]}" -n -m -- env -u SUDO_UID -u SUDO_GID -u SUDO_USER timeout 100 \
        "$LEAKTOP" --once --duration "$((3 * PACE))" "${OPTIONS[@]}" \
        >"$HERE/advice.txt" 2>"$HERE/advice.err" </dev/null &
    RUNNING["advice"]=$!
    wait_for capturing "$had" advice
    sleep 0.3
    "$@"
    wait "${RUNNING["advice"]}"
    unset 'RUNNING["advice"]'
    grep -q "^  . $state  *$check " "$HERE/advice.txt" ||
        echo "not guilty: $(grep " $check " "$HERE/advice.txt")"
    awk -v check="$check" '/^  [^ ] / { mine = $3 == check } /^[^ ]/ { mine = 0 } mine' \
        "$HERE/advice.txt" | sed -n 's/^ *\(do: \)\{0,1\}\(# \)\(.*\)/\3/p' >"$HERE/commands"
    [[ -s $HERE/commands ]] || echo "no command is advised"
    if [[ -n ${LEADS_TO:-} ]]; then
        grep -qF "$LEADS_TO" "$HERE/commands" || echo "no command holds: $LEADS_TO"
    fi
}

# obeyed: a person types them, in a root shell
obeyed() {
    local command
    user_commands
    while IFS= read -r command; do
        on user env "PATH=$LAB/bin:$PATH" bash -c "$command" >"$HERE/command.log" 2>&1 </dev/null ||
            echo "failed: $command: $(head -3 "$HERE/command.log")"
    done <"$HERE/commands"
}

# advice CHECK STATE COMMAND...: guilty, obeyed, and then innocent while the same happens again
advice() {
    local check=$1
    advised "$@"
    obeyed
    watch 3
    "${@:3}"
    watched
    expect verdict=ok exit=0 "$check"=ok left=0 probes=0 leaks=none ${ALSO:+"$ALSO"}
}

ask_both() {
    ask --type A,AAAA one.advice.example.net two.advice.example.net
}

says advice-by-hand "resolv.conf by hand, WireGuard by hand: the advised commands end the leak"
scenario_advice_by_hand() {
    wireguard_up
    resolver "$ROUTER4"
    LEADS_TO=/etc/resolv.conf advice dns leak ask_both
}

says advice-lan-trap "wg-quick lets a resolver on the LAN past it: the advised commands end it"
scenario_advice_lan_trap() {
    wg_quick_up
    resolver "$ROUTER4"
    advice dns leak ask_both
    grep -q "$ROUTER4 is on your own network" "$HERE/advice.txt" || echo "the trap is not named"
}

says advice-resolvconf "openresolv gives the router's resolver: the advised command makes the tunnel's exclusive"
scenario_advice_resolvconf() {
    on user resolvconf -a eth0 <<<"nameserver $ROUTER4"
    wireguard_up
    LEADS_TO='resolvconf -a wg0 -m 0 -x' advice dns leak ask_both
}

says advice-openvpn "OpenVPN pushes a resolver and nothing applies it: the advised command does"
scenario_advice_openvpn() {
    on user resolvconf -a eth0 <<<"nameserver $ROUTER4"
    openvpn_up no
    LEADS_TO='resolvconf -a tun0 -m 0 -x' advice dns leak ask_both
    grep -q update-resolv-conf "$HERE/advice.txt" || echo "what lasts is not named"
}

says advice-resolved "systemd-resolved asks the uplink's server: the advised resolvectl commands end it"
scenario_advice_resolved() {
    wireguard_up
    resolved_up Cache=no
    resolvectl dns eth0 "$ROUTER4"
    resolvectl domain eth0 '~.'
    LEADS_TO="resolvectl domain wg0 '~.'" advice dns leak ask_both
}

says advice-resolved-past "programs read systemd-resolved's list past its stub: the advised commands end it"
scenario_advice_resolved_past() {
    wireguard_up
    resolved_up Cache=no
    resolvectl dns eth0 "$ROUTER4"
    on user ln -sf /run/systemd/resolve/resolv.conf /etc/resolv.conf
    LEADS_TO=stub-resolv.conf advice dns leak ask_both
}

says advice-networkmanager "NetworkManager gives the router's resolver: the advised nmcli commands end it"
scenario_advice_networkmanager() {
    networkmanager_up
    wireguard_up
    LEADS_TO='nmcli device reapply eth0' advice dns leak ask_both
}

says advice-networkmanager-ipv6 "IPv6 leaves outside, NetworkManager's eth0: the advised nmcli commands end it"
scenario_advice_networkmanager_ipv6() {
    networkmanager_up
    wireguard_up 4
    on user nmcli connection modify "At home" ipv4.dns "$TUNNEL4"
    on user nmcli device reapply eth0 >/dev/null
    advised ipv6 leak visit_both
    obeyed
    watch 3
    visit_both
    watched
    expect verdict=ok exit=0 dns=ok ipv6=ok\|off left=0 probes=0 leaks=none web6=- \
        active:public-ip=ok
}

visit_both() {
    visit -6 www.advice.example.org
    visit -4 www.advice.example.org
}

says advice-ipv6 "IPv6 sites are reached outside the tunnel: the advised commands end it"
scenario_advice_ipv6() {
    wireguard_up 4
    resolver "$TUNNEL4"
    advised ipv6 leak visit_both
    obeyed
    watch 3
    visit_both
    watched
    expect verdict=ok exit=0 dns=ok ipv6=ok\|off left=0 probes=0 leaks=none web6=- \
        active:public-ip=ok
    [[ -s $LAB/etc/sysctl.d/90-leaktop-ipv6.conf ]] || echo "nothing lasts"
    rm -f "$LAB/etc/sysctl.d/90-leaktop-ipv6.conf"
}

ask_by_itself() {
    ask --as ownresolver --device eth0 --server 9.9.9.9 --type A,AAAA one.itself.example.net
    ask two.itself.example.net
}

says advice-program "a program asks a resolver of its own by the uplink: the advised commands hold it"
scenario_advice_program() {
    wireguard_up
    resolver "$TUNNEL4"
    LEADS_TO=leaktop_dns advice dns leak ask_by_itself
}

ask_doh() {
    doh "https://$SECURE4/dns-query" one.doh-advice.example.net -4
    ask two.doh-advice.example.net
}

says advice-encrypted "a program asks by HTTPS past the tunnel: the advised command holds it"
scenario_advice_encrypted() {
    in_tunnel guilty "$SECURE4"
    secure_known
    LEADS_TO=leaktop_doh advice dns leak ask_doh
}

ask_stun() {
    on user "$LAB_HERE/stun.py" ask --as talker "$STUN4" 2>/dev/null
    on user "$LAB_HERE/stun.py" ask --tcp --as talker "$STUN6" 2>/dev/null
    ask two.stun-advice.example.net
}

says advice-stun "STUN leaves past the tunnel: the advised command holds it"
scenario_advice_stun() {
    in_tunnel guilty "$STUN4" "$STUN6"
    advised webrtc leak ask_stun
    obeyed
    watch 3
    ask_stun
    watched
    expect verdict=ok exit=0 webrtc=ok\|off left=0 left.stun=0 leaks=none
}

drop_and_ask() {
    ask before.drop-advice.example.net
    wireguard_drop
    resolver "$ROUTER4"
    ask --wait 0.3 --type A,AAAA after.drop-advice.example.net
    resolver "$TUNNEL4"
    wireguard_up
    ask back.drop-advice.example.net
}

says advice-drop "the tunnel drops and nothing holds: the advised command does, the next time"
scenario_advice_drop() {
    wireguard_up
    resolver "$TUNNEL4"
    LEADS_TO=leaktop_kill advised disconnect leak drop_and_ask
    obeyed
    # Whoever watches this machine from elsewhere is not shut out.
    helper visited /usr/bin/python3 -m http.server --bind "$USER4" 8022
    wait_for on home curl -s -o /dev/null --max-time 1 "http://$USER4:8022/" ||
        echo "it answers nobody any more"
    watch 4
    drop_and_ask
    watched
    expect verdict=ok exit=0 dns=ok disconnect=ok left=0 probes=0 leaks=none
}

ask_scanner() {
    ask --wait 0.5 scanner
    ask inside.local-advice.example.net
}

says advice-local "systemd-resolved asks the neighbours for a bare name: the advised commands end it"
scenario_advice_local() {
    in_tunnel innocent
    resolved_up Cache=no LLMNR=yes MulticastDNS=yes
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    resolvectl llmnr eth0 yes
    resolvectl mdns eth0 yes
    sleep 0.5 # its own name is verified first
    LEADS_TO='resolvectl llmnr eth0 no' advised local-names warn ask_scanner
    obeyed
    watch 3
    ask_scanner
    watched
    expect verdict=ok exit=0 dns=ok local-names=ok left=0 leaks=none left.llmnr=0
}
