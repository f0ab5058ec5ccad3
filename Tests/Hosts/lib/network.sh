# The network between this computer and the machines: a bridge of our own and NAT behind it.

BRIDGE=omtd-$TAG
FORWARD_WAS=/run/omtd-hosts.ip_forward # of all sets together: the last one to go restores it

address_of() { # NAME
  local number=${1:1}
  [[ $1 == p* ]] && number=$((number + 120))
  echo "$(cat "$STATE/subnet").$((number + 10))"
}

network_up() {
  if [[ $(kind) == plain ]]; then
    [ -n "$(all_names)" ] || free_subnet "$(ss -Hltn 'sport = 2222')" 127.0 >"$STATE/subnet"
    return
  fi
  lock_network
  if ! ip link show "$BRIDGE" &>/dev/null; then
    stop_all # a machine without its bridge is of no use
    free_subnet "$(ip -4 -o addr; ip -4 route show table all)" 198.18 198.19 >"$STATE/subnet"
    ip link add "$BRIDGE" type bridge
    ip addr add "$(cat "$STATE/subnet").1/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
  [ -e "$FORWARD_WAS" ] || cat /proc/sys/net/ipv4/ip_forward >"$FORWARD_WAS"
  echo 1 >/proc/sys/net/ipv4/ip_forward || say "no forwarding: apt will not work in the machines"
  # Inserted before what Docker or a firewall may have put into FORWARD.
  ensure_rule filter FORWARD -i "$BRIDGE" -j ACCEPT
  ensure_rule filter FORWARD -o "$BRIDGE" -j ACCEPT
  ensure_rule nat POSTROUTING -s "$(cat "$STATE/subnet").0/24" ! -o "$BRIDGE" -j MASQUERADE
  unlock_network
}

network_down() {
  local table rule
  lock_network
  if command -v iptables-save >/dev/null; then
    for table in filter nat; do
      iptables-save -t "$table" 2>/dev/null | grep -wF -- "$BRIDGE" | sed 's/^-A/-D/' |
        while read -ra rule; do iptables -w 10 -t "$table" "${rule[@]}"; done || true
    done
  fi
  ip link del "$BRIDGE" 2>/dev/null || true
  # No `grep -q` here: it ends before ip does, which pipefail takes for "no other set".
  if [ -e "$FORWARD_WAS" ] && [[ $(ip -o link show type bridge) != *': omtd-'* ]]; then
    cat "$FORWARD_WAS" >/proc/sys/net/ipv4/ip_forward || true
    rm -f "$FORWARD_WAS"
  fi
  unlock_network
}

ensure_rule() { # TABLE CHAIN RULE...
  iptables -w 10 -t "$1" -C "${@:2}" 2>/dev/null || iptables -w 10 -t "$1" -I "${@:2}"
}

free_subnet() { # TAKEN PREFIX...
  local taken=$1 prefix third
  shift
  for prefix in "$@"; do
    for third in {0..255}; do
      grep -qwF "$prefix.$third" <<<"$taken" || { echo "$prefix.$third"; return; }
    done
  done
  die "no free /24 in $*"
}

# A directory as the lock, for a file would have to stay.
lock_network() {
  exec 8</run
  flock -w 30 8 || die "another set holds the lock on the network"
}

unlock_network() { exec 8<&-; }

# What depends on the network that this computer is in today, so written at each boot.
configure_network() { # NAME FILESYSTEM
  local name=$1 fs=$2 resolv=/etc/resolv.conf uplink mtu
  if [[ $(kind) == nspawn ]] && grep -q '^nameserver 127\.' "$resolv"; then
    # A name server on our loopback is out of their reach.
    resolv=/run/systemd/resolve/resolv.conf
    [ -e "$resolv" ] || { resolv=/etc/resolv.conf; say "$name will not resolve names"; }
  fi
  rm -f "$fs/etc/resolv.conf"
  cp "$resolv" "$fs/etc/resolv.conf"
  [[ $(kind) == nspawn ]] || return 0
  uplink=$(ip -o route show default | sed -n '1s/.* dev \([^ ]*\).*/\1/p')
  mtu=$(cat "/sys/class/net/$uplink/mtu" 2>/dev/null || echo 1500)
  cat >"$fs/etc/systemd/network/10-host0.network" <<EOF
[Match]
Name=host0
[Link]
MTUBytes=$mtu
[Network]
Address=$(address_of "$name")/24
Gateway=$(cat "$STATE/subnet").1
IPv6AcceptRA=no
EOF
}
