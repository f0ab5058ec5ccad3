# What is special of the test hosts: their names, addresses, users, keys and disks.
#
# Besides what machines.sh tells, $STATE/machines/NAME holds docker/ (only with OMTD_HOSTS_DOCKER);
# there the file tree is the mark of a usable disk.

tree_of() { # NAME
  [[ $1 == p* ]] && tree_named python || tree_named base
}
disk_of() { [[ $(kind) == plain ]] && echo "$(dir_of "$1")/root" || echo "$(dir_of "$1")/upper"; }
all_names() { (cd "$STATE/machines" && ls -dv [hp][0-9]*) 2>/dev/null || true; }
links_of() { echo "vb-o$TAG-$1"; }
limits_of() { :; }
fit_out() { :; }

address_of() { # NAME
  local number=${1:1}
  [[ $1 == p* ]] && number=$((number + 120))
  echo "$(cat "$STATE/subnet").$((number + 10))"
}

network_up() {
  if [[ $(kind) == plain ]]; then
    [ -n "$(all_names)" ] || free_subnet "$(ss -Hltn 'sport = 2222')" 127.0 >"$STATE/subnet"
  else
    public_up
  fi
}

create_disk() { # NAME
  local name=$1 dir disk type
  dir=$(dir_of "$name")
  rm -rf --one-file-system "$dir"
  mkdir -p "$dir"/{upper,work,root}
  disk=$(disk_of "$name")
  if [[ $(kind) == plain ]]; then
    cp -a --reflink=auto "$(tree_of "$name")/." "$disk"
    mkdir -p "$disk/run/sshd"
  fi
  # Directories of an upper layer hide the modes of those below.
  install -d -m 755 "$disk"/{etc,etc/ssh,etc/systemd,etc/systemd/network,home}
  for type in ed25519 ecdsa; do
    ssh-keygen -q -t "$type" -N '' -C "root@$name" -f "$disk/etc/ssh/ssh_host_${type}_key"
  done
  authorize "$disk/root" 0 700
  authorize "$disk/home/deploy" 1000 755
  authorize "$disk/home/admin" 1001 755
  echo "$name" >"$disk/etc/hostname"
  printf '%s\n' '127.0.0.1 localhost' "127.0.1.1 $name" '::1 localhost ip6-localhost' \
    >"$disk/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$disk/etc/machine-id"
  [[ ${OMTD_HOSTS_DOCKER:-0} == 0 ]] || make_fit_for_docker "$dir" "$disk"
  tree_of "$name" >"$dir/tree"
}

# Docker's overlays cannot lie on ours, and nspawn mounts the controllers read-only.
make_fit_for_docker() { # DIR DISK
  mkdir "$1/docker"
  install -d -m 755 "$2"/etc/systemd/system{,/docker.service.d}
  cat >"$2/etc/systemd/system/docker.service.d/omtd.conf" <<'END'
[Service]
ExecStartPre=-/bin/sh -c 'for m in /sys/fs/cgroup/*; do mount -o remount,bind,rw $m; done'
END
}

authorize() { # HOME UID MODE
  install -d -o "$2" -g "$2" -m "$3" "$1"
  install -d -o "$2" -g "$2" -m 700 "$1/.ssh"
  install -o "$2" -g "$2" -m 600 "$STATE/key.pub" "$1/.ssh/authorized_keys"
}

# What depends on the network that this computer is in today, so written at each boot.
configure_network() { # NAME FILESYSTEM
  local name=$1 fs=$2
  rm -f "$fs/etc/resolv.conf"
  if [[ $(kind) == plain ]]; then
    cp /etc/resolv.conf "$fs/etc/resolv.conf"
    return
  fi
  cp "$(resolver)" "$fs/etc/resolv.conf"
  cat >"$fs/etc/systemd/network/10-host0.network" <<END
[Match]
Name=host0
[Link]
MTUBytes=$(uplink_mtu)
[Network]
Address=$(address_of "$name")/24
Gateway=$(cat "$STATE/subnet").1
IPv6AcceptRA=no
END
}

start() { # NAME
  local name=$1
  # Whoever stops a machine here throws its disk away.
  stop "$name"
  [[ $(cat "$(dir_of "$name")/tree" 2>/dev/null) == "$(tree_of "$name")" ]] || create_disk "$name"
  configure_network "$name" "$(disk_of "$name")"
  launch "$name"
}

arguments_of() { # NAME
  local dir
  dir=$(dir_of "$1")
  ARGUMENTS=(--hostname="$1" --network-bridge="$BRIDGE")
  [ ! -d "$dir/docker" ] || ARGUMENTS+=(--capability=all --system-call-filter='@keyring bpf'
    --bind="$dir/docker:/var/lib/docker")
  # shellcheck disable=SC2206
  ARGUMENTS+=(${OMTD_HOSTS_NSPAWN:-})
}

run_plain() { # NAME
  chroot "$(dir_of "$1")/root" /usr/sbin/sshd -D -e -p "$(port)" -o PidFile=none \
    -o ListenAddress="$(address_of "$1")"
}

# What decides is the login of a plain user: those are refused until the boot is over.
wait_for_login() { # NAME
  local name=$1 log end=$((SECONDS + 120)) why='took no login for 120 s'
  log=$(dir_of "$name")/log
  while ((SECONDS < end)); do
    timeout 20 ssh -n -F none -i "$STATE/key" -p "$(port)" -o BatchMode=yes -o ConnectTimeout=3 \
      -o UserKnownHostsFile="$STATE/known_hosts" -o StrictHostKeyChecking=yes \
      "deploy@$(address_of "$name")" true 2>"$log.ssh" && return
    is_alive "$name" || { why='ended while it booted'; break; }
    sleep 0.3
  done
  {
    say "$name $why; ssh said: $(tail -n 1 "$log.ssh"); the end of $log:"
    tail -n 20 "$log"
  } >&2
  return 1
}
