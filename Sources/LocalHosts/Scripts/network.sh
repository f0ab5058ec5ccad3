# Networks of the machines: a bridge with NAT that this computer is in, and private bridges.
#
# Of whoever includes this: STATE, TAG, say, die, stop_all.

BRIDGE=omtd-$TAG
# Settings of the kernel, of all sets together: the last one to go restores them.
FORWARD_WAS=/run/omtd-hosts.ip_forward
INSTANCES=/proc/sys/fs/inotify/max_user_instances
INSTANCES_WAS=/run/omtd-hosts.inotify

# Takes the first /24 that nobody here uses, or the one of the last time.
public_up() {
  local taken was
  lock_network
  if ! ip link show "$BRIDGE" &>/dev/null; then
    stop_all # a machine without its bridge is of no use
    taken=$(ip -4 -o addr; ip -4 route show table all)
    was=$(cat "$STATE/subnet" 2>/dev/null || true)
    [[ $was == 198.1[89].* ]] && ! grep -qwF "$was" <<<"$taken" ||
      free_subnet "$taken" 198.18 198.19 >"$STATE/subnet"
    ip link add "$BRIDGE" type bridge
    ip addr add "$(cat "$STATE/subnet").1/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
  [ -e "$FORWARD_WAS" ] || cat /proc/sys/net/ipv4/ip_forward >"$FORWARD_WAS"
  echo 1 >/proc/sys/net/ipv4/ip_forward || say "no forwarding: apt will not work in the machines"
  # A machine takes ten of them, and the usual limit is 128 for all that root runs.
  if (($(cat "$INSTANCES") < 4096)); then
    [ -e "$INSTANCES_WAS" ] || cat "$INSTANCES" >"$INSTANCES_WAS"
    echo 4096 >"$INSTANCES" || say "no more than ten machines will boot: $INSTANCES is fixed"
  fi
  # Inserted before what Docker or a firewall may have put into FORWARD.
  ensure_rule filter FORWARD -i "$BRIDGE" -j ACCEPT
  ensure_rule filter FORWARD -o "$BRIDGE" -j ACCEPT
  ensure_rule nat POSTROUTING -s "$(cat "$STATE/subnet").0/24" ! -o "$BRIDGE" -j MASQUERADE
  unlock_network
}

network_down() {
  lock_network
  remove_rules "$BRIDGE"
  ip link del "$BRIDGE" 2>/dev/null || true
  # No `grep -q` here: it ends before ip does, which pipefail takes for "no other set".
  if [[ $(ip -o link show type bridge) != *': omtd-'* ]]; then
    restore "$FORWARD_WAS" /proc/sys/net/ipv4/ip_forward
    restore "$INSTANCES_WAS" "$INSTANCES"
  fi
  unlock_network
}

restore() { # RECORD SETTING
  [ -e "$1" ] || return 0
  cat "$1" >"$2" || true
  rm -f "$1"
}

bridge_of() { # NETWORK
  [[ $1 == public ]] && echo "$BRIDGE" || echo "om$TAG-$1"
}

# This computer has no address in a private network.
private_up() { # NETWORK
  local bridge
  bridge=$(bridge_of "$1")
  ip link show "$bridge" &>/dev/null || ip link add "$bridge" type bridge
  ip link set "$bridge" addrgenmode none up
  # Asked only where the kernel shows bridged packets to iptables.
  ensure_rule filter FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
}

private_down() { # NETWORK
  remove_rules "$(bridge_of "$1")"
  ip link del "$(bridge_of "$1")" 2>/dev/null || true
}

private_networks() { ip -o link show type bridge | sed -n "s/^[0-9]*: om$TAG-\([^:@]*\).*/\1/p"; }

ensure_rule() { # TABLE CHAIN RULE...
  iptables -w 10 -t "$1" -C "${@:2}" 2>/dev/null || iptables -w 10 -t "$1" -I "${@:2}"
}

remove_rules() { # BRIDGE
  local table rule
  command -v iptables-save >/dev/null || return 0
  for table in filter nat; do
    iptables-save -t "$table" 2>/dev/null | grep -wF -- "$1" | sed 's/^-A/-D/' |
      while read -ra rule; do iptables -w 10 -t "$table" "${rule[@]}"; done || true
  done
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

# The file with name servers that machines can reach.
resolver() {
  local file=/etc/resolv.conf
  if grep -q '^nameserver 127\.' "$file"; then
    # A name server on our loopback is out of their reach.
    file=/run/systemd/resolve/resolv.conf
    [ -e "$file" ] || { file=/etc/resolv.conf; say "the machines will not resolve names"; }
  fi
  echo "$file"
}

uplink_mtu() {
  local uplink
  uplink=$(ip -o route show default | sed -n '1s/.* dev \([^ ]*\).*/\1/p')
  cat "/sys/class/net/$uplink/mtu" 2>/dev/null || echo 1500
}
