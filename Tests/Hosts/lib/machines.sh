# One machine: its disk, its launcher process, its end.
#
# $STATE/machines/NAME holds upper/ and work/ (overlay), root/ (mount point, or the copy of a
# plain host), docker/ (only with OMTD_HOSTS_DOCKER), tree (what it was made from: the mark of a
# usable disk), and of the running machine pid, cgroups and log.

dir_of() { echo "$STATE/machines/$1"; }
unit_of() { echo "omtd-$TAG-$1"; }
disk_of() { [[ $(kind) == plain ]] && echo "$(dir_of "$1")/root" || echo "$(dir_of "$1")/upper"; }
all_names() { (cd "$STATE/machines" && ls -dv [hp][0-9]*) 2>/dev/null || true; }

# A pid alone proves nothing after a reboot; the arguments of the launcher do.
is_alive() { # NAME
  local pid
  pid=$(cat "$(dir_of "$1")/pid" 2>/dev/null) || return 1
  [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *" _boot $STATE $1 " ]]
}

# --- disk

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
  cat >"$2/etc/systemd/system/docker.service.d/omtd.conf" <<'EOF'
[Service]
ExecStartPre=-/bin/sh -c 'for m in /sys/fs/cgroup/*; do mount -o remount,bind,rw $m; done'
EOF
}

authorize() { # HOME UID MODE
  install -d -o "$2" -g "$2" -m "$3" "$1"
  install -d -o "$2" -g "$2" -m 700 "$1/.ssh"
  install -o "$2" -g "$2" -m 600 "$STATE/key.pub" "$1/.ssh/authorized_keys"
}

# --- start

start() { # NAME
  local name=$1 dir scope=() private=()
  dir=$(dir_of "$name")
  stop "$name"
  [[ $(cat "$dir/tree" 2>/dev/null) == "$(tree_of "$name")" ]] || create_disk "$name"
  configure_network "$name" "$(disk_of "$name")"
  # Else the machine would die with the login session that starts it.
  [ ! -d /run/systemd/system ] ||
    scope=(systemd-run --quiet --scope --collect -p Delegate=yes --unit="$(unit_of "$name")")
  # All mounts of a machine are in a namespace of its own, and go when it does.
  [[ $(kind) == plain ]] || private=(unshare --mount --propagation private)
  setsid "${scope[@]}" "${private[@]}" bash "$SELF" _boot "$STATE" "$name" \
    >"$dir/log" 2>&1 </dev/null 9<&- &
  echo $! >"$dir/pid"
}

# The launcher: runs as long as the machine does.
boot() { # NAME
  local name=$1 dir status docker=()
  dir=$(dir_of "$name")
  echo "$BASHPID" >"$dir/pid" # also when the run that starts it is killed just now
  if [[ $(kind) == plain ]]; then
    chroot "$dir/root" /usr/sbin/sshd -D -e -p "$(port)" -o PidFile=none \
      -o ListenAddress="$(address_of "$name")"
    return
  fi
  enter_cgroups "$dir" "$(unit_of "$name")"
  mount_root "$dir"
  [ ! -d "$dir/docker" ] || docker=(--capability=all --system-call-filter='@keyring bpf'
    --bind="$dir/docker:/var/lib/docker")
  while status=0; do
    # shellcheck disable=SC2086
    nspawn --directory="$dir/root" --machine="o$TAG-$name" --hostname="$name" \
      --network-bridge="$BRIDGE" --boot "${docker[@]}" ${OMTD_HOSTS_NSPAWN:-} || status=$?
    ((status == 133)) || return "$status" # 133: the machine asked for a reboot
  done
}

nspawn() {
  systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off --timezone=off \
    --link-journal=no "$@"
}

# Without a systemd around them all machines would share one tree of cgroups, and kill each
# other's services. Notes the groups, for their removal.
enter_cgroups() { # DIR UNIT
  local lines line controllers path root file
  mapfile -t lines </proc/self/cgroup
  for line in "${lines[@]}"; do
    IFS=: read -r _ controllers path <<<"$line"
    root=/sys/fs/cgroup/${controllers#name=}
    [[ -n $controllers || -e $root/cgroup.procs ]] || root=/sys/fs/cgroup/unified
    if [ ! -d /run/systemd/system ]; then
      path=${path%/}/$2
      mkdir -p "$root$path" 2>/dev/null || continue
      # A new cpuset is empty, and takes nobody in.
      for file in "$root$path"/cpuset.{cpus,mems}; do
        [[ $controllers != *cpuset* ]] || cat "${root}${path%/*}/${file##*/}" >"$file"
      done
      echo "$BASHPID" >"$root$path/cgroup.procs" || true
    fi
    [[ $path != */$2 && $path != */$2.scope ]] || echo "$root$path"
  done >"$1/cgroups"
}

mount_root() { # DIR
  local lower
  lower=$(cat "$1/tree")
  # nspawn propagates mounts from there, so it has to be a mount itself.
  [ -d /run/systemd/system ] || { mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; }
  mount -t overlay overlay "$1/root" \
    -o "lowerdir=$lower,upperdir=$1/upper,workdir=$1/work" 2>/dev/null && return
  # An overlay cannot be the upper layer of another one, as in a privileged container.
  mount -t tmpfs tmpfs "$1/work"
  mkdir "$1"/work/{upper,work}
  cp -a "$1/upper/." "$1/work/upper"
  mount -t overlay overlay "$1/root" \
    -o "lowerdir=$lower,upperdir=$1/work/upper,workdir=$1/work/work"
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

# --- stop

stop_all() {
  local name jobs=() job
  for name in $(all_names); do stop "$name" & jobs+=($!); done
  for job in "${jobs[@]}"; do wait "$job"; done
}

# As by pulling the plug: whoever stops a machine here throws its disk away.
stop() { # NAME
  local name=$1 end=$((SECONDS + 20))
  if is_alive "$name"; then kill -KILL -- "-$(cat "$(dir_of "$name")/pid")" 2>/dev/null || true; fi
  until sweep "$name"; do
    ((SECONDS < end)) || die "$name does not stop (processes: $(processes_of "$name" | xargs))"
    sleep 0.1
  done
  rm -f "$(dir_of "$name")"/{pid,cgroups}
}

# Removes what is left of a machine, were it from a killed run; succeeds when nothing is.
sweep() { # NAME
  local pids group
  pids=$(processes_of "$1")
  # shellcheck disable=SC2086
  [ -z "$pids" ] || { kill -KILL $pids 2>/dev/null || true; return 1; }
  for group in $(cgroups_of "$1"); do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
  done
  ip link del "vb-o$TAG-$1" 2>/dev/null || true
}

cgroups_of() { # NAME
  local group groups=()
  mapfile -t groups 2>/dev/null <"$(dir_of "$1")/cgroups" || return 0
  for group in "${groups[@]}"; do [ ! -d "$group" ] || echo "$group"; done
}

processes_of() { # NAME
  local group link
  for group in $(cgroups_of "$1"); do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done
  [[ $(kind) != nspawn ]] || return 0
  # A daemon that was started in a chroot outlives its sshd.
  for link in /proc/[0-9]*/root; do
    [[ $(readlink "$link" 2>/dev/null) != "$(dir_of "$1")/root" ]] || basename "${link%/root}"
  done
}
