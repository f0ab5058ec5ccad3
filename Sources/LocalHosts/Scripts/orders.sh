# A machine made to order. Its directory holds besides what machines.sh tells:
#   order    what was ordered, as LocalMachineOrder writes it
#   nics     a line for each interface: NUMBER NETWORK MAC ADDRESS/PREFIX GATEWAY, `-` for none
#   whole    the mark of a disk that is as ordered

kind() { echo nspawn; }
all_names() { (cd "$STATE/machines" && ls) 2>/dev/null || true; }

tree_of() { # IMAGE
  case $1 in
    debian-12) echo base ;;
    debian-12-python) echo python ;;
    *) die "there is no image \`$1\`" ;;
  esac
}

ordered() { # NAME WORD: what follows the word, of each line that it begins
  sed -n "s/^$2 //p" "$(dir_of "$1")/order" 2>/dev/null || true
}

limits_of() { ordered "$1" limits; }

nics_of() { cat "$(dir_of "$1")/nics" 2>/dev/null || true; }

link_of() { # NAME NUMBER: 15 characters at most
  echo "v$TAG-${1##*-}.$2"
}

links_of() { # NAME
  local number
  nics_of "$1" | while read -r number _; do link_of "$1" "$number"; done
}

unhex() { # DIGITS
  local digits=$1 escaped='' at
  [[ $digits != - ]] || return 0
  # In pieces, for a long text is quadratic in bash.
  for ((at = 0; at < ${#digits}; at += 2000)); do
    # shellcheck disable=SC2001
    escaped=$(sed 's/../\\x&/g' <<<"${digits:at:2000}")
    printf '%b' "$escaped"
  done
}

# --- the disk

in_root() { # COMMAND...: in the mounted disk
  chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The last hand on the disk. What it says on failure is the cause that the order's maker is told.
fit_out() { # NAME
  ROOT=$(dir_of "$1")/root
  connect_disk "$1"
  if [[ ! -e $(dir_of "$1")/whole || $IS_FLEETING == 1 ]]; then
    name_disk "$1"
    lock_passwords
    ordered "$1" password | while read -r user password; do
      set_password "$(unhex "$user")" "$password"
    done
    ordered "$1" keys | while read -r user lines; do
      add_keys "$(unhex "$user")" "$lines"
    done
    ordered "$1" file | while read -r mode owner group path contents; do
      place_file "$mode" "$(unhex "$owner")" "$(unhex "$group")" "$(unhex "$path")" "$contents"
    done
    make_host_keys
  fi
  touch "$(dir_of "$1")/whole"
}

# What depends on the networks, so done at each start.
connect_disk() { # NAME
  local number network mac address gateway
  in_root sh -c 'rm -f /etc/resolv.conf /etc/systemd/network/10-omtd-eth*.network
    cat >/etc/resolv.conf' <"$(resolver)"
  nics_of "$1" | while read -r number network mac address gateway; do
    nic_settings "$number" "$network" "$mac" "$address" "$gateway" |
      in_root sh -c 'cat >"/etc/systemd/network/10-omtd-eth$1.network"' sh "$number"
  done
}

nic_settings() { # NUMBER NETWORK MAC ADDRESS GATEWAY
  printf '%s\n' '[Match]' "Name=eth$1" '[Link]' "MACAddress=$3" "MTUBytes=$(uplink_mtu)" \
    '[Network]' 'IPv6AcceptRA=no' 'LinkLocalAddressing=ipv6'
  [[ $4 == - ]] || echo "Address=$4"
  # A way out through the public network goes first.
  [[ $5 == - ]] || printf '%s\n' '[Route]' "Gateway=$5" \
    "Metric=$(($([[ $2 == public ]] && echo 100 || echo 200) + $1))"
}

name_disk() { # NAME
  local hostname delay
  hostname=$(ordered "$1" hostname)
  echo "$hostname" | in_root sh -c 'cat >/etc/hostname'
  printf '%s\n' '127.0.0.1 localhost' "127.0.1.1 $hostname" '::1 localhost ip6-localhost' |
    in_root sh -c 'cat >/etc/hosts'
  tr -d - </proc/sys/kernel/random/uuid | in_root sh -c 'cat >/etc/machine-id'
  delay=$(ordered "$1" delay)
  [[ $delay == 0.0 ]] || printf '%s\n' '[Service]' "ExecStartPre=/bin/sleep $delay" \
    'TimeoutStartSec=infinity' | in_root sh -c 'mkdir -p /etc/systemd/system/ssh.service.d
      cat >/etc/systemd/system/ssh.service.d/omtd-delay.conf'
}

# The users of the tree have passwords that everybody knows.
lock_passwords() {
  in_root sh -c 'for user in root deploy admin; do usermod -p "*" "$user" || exit; done'
}

must_have_user() { # USER
  in_root id -u -- "$1" >/dev/null 2>&1 || die "the image has no user \`$1\`"
}

set_password() { # USER HEX-PASSWORD
  local hash
  must_have_user "$1"
  hash=$(unhex "$2" | in_root openssl passwd -6 -stdin) && [ -n "$hash" ] ||
    die "cannot set the password of \`$1\`"
  printf '%s:%s\n' "$1" "$hash" | in_root chpasswd -e
}

add_keys() { # USER HEX-LINES
  must_have_user "$1"
  unhex "$2" | in_root sh -c 'set -e; umask 077
    home=$(getent passwd "$1" | cut -d: -f6); group=$(id -g -- "$1")
    [ -d "$home/.ssh" ] || { mkdir -p "$home/.ssh"; chown "$1:$group" "$home/.ssh"; }
    file=$home/.ssh/authorized_keys
    [ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo >>"$file"
    cat >>"$file"; chown "$1:$group" "$file"; chmod 600 "$file"' sh "$1" ||
    die "cannot give \`$1\` its keys"
}

place_file() { # MODE OWNER GROUP PATH HEX-CONTENTS
  must_have_user "$2"
  in_root getent group "$3" >/dev/null 2>&1 || die "the image has no group \`$3\`"
  unhex "$5" | in_root sh -c 'set -e; umask 077
    make_parent() {
      [ -n "$1" ] && [ ! -d "$1" ] || return 0
      make_parent "${1%/*}" "$2" "$3"
      mkdir -m 750 "$1"; chown "$2:$3" "$1"
    }
    make_parent "${4%/*}" "$2" "$3"
    cat >"$4"; chown "$2:$3" "$4"; chmod "$1" "$4"' sh "$1" "$2" "$3" "$4" ||
    die "cannot write \`$4\`"
}

# One of each kind, where none was ordered.
make_host_keys() {
  in_root sh -c 'set -e
    for type in ed25519 ecdsa; do
      file=/etc/ssh/ssh_host_${type}_key
      if [ ! -e "$file" ]; then
        rm -f "$file.pub"
        ssh-keygen -q -t "$type" -N "" -C "root@$1" -f "$file"
      elif [ ! -e "$file.pub" ]; then
        ssh-keygen -y -f "$file" >"$file.pub"
      fi
    done' sh "$(cat "$ROOT/etc/hostname")" || die "cannot make the host keys"
}

# --- its interfaces

# Sets ARGUMENTS. The bridges take the links in once nspawn has made them.
arguments_of() { # NAME
  local number network
  ARGUMENTS=(--private-network)
  while read -r number network _; do
    ARGUMENTS+=(--network-veth-extra="$(link_of "$1" "$number"):eth$number")
    plug "$(link_of "$1" "$number")" "$(bridge_of "$network")" &
  done < <(nics_of "$1")
}

plug() { # LINK BRIDGE
  local end=$((SECONDS + 30))
  until ip link set "$1" master "$2" up 2>/dev/null; do
    ((SECONDS < end)) || { say "the link $1 did not appear"; return; }
    sleep 0.02
  done
}

# The first process of a running machine: its init.
leader_of() { # NAME
  local pid
  for pid in $(processes_of "$1"); do
    # Its own number in the namespace next below this one.
    [[ $(awk '/^NSpid:/ { print NF == 3 && $3 == 1 }' "/proc/$pid/status" 2>/dev/null) != 1 ]] ||
      { echo "$pid"; return; }
  done
}

inside() { # PID COMMAND...: in the namespaces of a running machine
  timeout 20 nsenter --target "$1" --mount --uts --ipc --net --pid -- "${@:2}"
}

# Private networks in which no machine has an interface go.
prune_networks() {
  local network
  for network in $(private_networks); do
    cat "$STATE"/machines/*/nics 2>/dev/null | cut -d' ' -f2 | grep -xF "$network" >/dev/null ||
      private_down "$network"
  done
}

networks_up() { # NAME
  local network
  for network in $(nics_of "$1" | cut -d' ' -f2); do
    [[ $network == public ]] || private_up "$network"
  done
}
