# One machine: its launcher process and its end.
#
# $STATE/machines/NAME holds upper/ and work/ (overlay), root/ (mount point, or the copy of a
# plain host), tree (what it was made from), and of the running machine pid, cgroups and log.
#
# Of whoever includes this: STATE, TAG, SELF, say, die, kind, all_names, and of a machine
#   fit_out NAME          the last hand on its disk, which is mounted at root/
#   arguments_of NAME     sets ARGUMENTS: more of them for systemd-nspawn
#   run_plain NAME        runs a host of kind plain
#   links_of NAME         its network links on this computer
#   limits_of NAME        prints its number of processors and MiB of memory, or nothing

dir_of() { echo "$STATE/machines/$1"; }
unit_of() { echo "omtd-$TAG-$1"; }

# A pid alone proves nothing after a reboot; the arguments of the launcher do.
is_alive() { # NAME
  local pid
  pid=$(cat "$(dir_of "$1")/pid" 2>/dev/null) || return 1
  [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *" _boot $STATE $1 " ]]
}

# --- start

launch() { # NAME
  local name=$1 dir scope=() private=() cpus memory
  dir=$(dir_of "$name")
  # Else the machine would die with the login session that starts it.
  if [ -d /run/systemd/system ]; then
    scope=(systemd-run --quiet --scope --collect -p Delegate=yes --unit="$(unit_of "$name")")
    read -r cpus memory < <(limits_of "$name") || true
    [ -z "$cpus" ] || scope+=(-p "CPUQuota=$((cpus * 100))%" -p "MemoryMax=${memory}M")
  fi
  # All mounts of a machine are in a namespace of its own, and go when it does.
  [[ $(kind) == plain ]] || private=(unshare --mount --propagation private)
  setsid "${scope[@]}" "${private[@]}" bash "$SELF" _boot "$STATE" "$name" \
    >"$dir/log" 2>&1 </dev/null 9<&- &
  echo $! >"$dir/pid"
  # Until it is known by its arguments: whoever asks next if the machine is alive is told the truth.
  until is_alive "$name" || ! kill -0 $! 2>/dev/null; do sleep 0.01; done
}

# The launcher: runs as long as the machine does.
boot() { # NAME
  local name=$1 dir status
  dir=$(dir_of "$name")
  echo "$BASHPID" >"$dir/pid" # also when the run that starts it is killed just now
  if [[ $(kind) == plain ]]; then
    run_plain "$name"
    return
  fi
  enter_cgroups "$name"
  mount_root "$dir"
  fit_out "$name"
  while status=0; do
    arguments_of "$name"
    nspawn --directory="$dir/root" --machine="o$TAG-$name" "${ARGUMENTS[@]}" --boot || status=$?
    ((status == 133)) || return "$status" # 133: the machine asked for a reboot
  done
}

nspawn() {
  systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off --timezone=off \
    --link-journal=no "$@"
}

# Without a systemd around them all machines would share one tree of cgroups, and kill each
# other's services. Notes the groups, for their removal.
enter_cgroups() { # NAME
  local lines line controllers path root file unit
  unit=$(unit_of "$1")
  mapfile -t lines </proc/self/cgroup
  for line in "${lines[@]}"; do
    IFS=: read -r _ controllers path <<<"$line"
    root=/sys/fs/cgroup/${controllers#name=}
    [[ -n $controllers || -e $root/cgroup.procs ]] || root=/sys/fs/cgroup/unified
    if [ ! -d /run/systemd/system ]; then
      path=${path%/}/$unit
      mkdir -p "$root$path" 2>/dev/null || continue
      # A new cpuset is empty, and takes nobody in.
      for file in "$root$path"/cpuset.{cpus,mems}; do
        [[ $controllers != *cpuset* ]] || cat "${root}${path%/*}/${file##*/}" >"$file"
      done
      limit_group "$1" "$root$path"
      echo "$BASHPID" >"$root$path/cgroup.procs" || true
    fi
    [[ $path != */$unit && $path != */$unit.scope ]] || echo "$root$path"
  done >"$(dir_of "$1")/cgroups"
}

# By the files that the group has: of which controllers and of which version it is.
limit_group() { # NAME GROUP
  local cpus memory file
  read -r cpus memory < <(limits_of "$1") || return 0
  for file in memory.limit_in_bytes memory.max; do
    [ ! -e "$2/$file" ] || echo "$((memory << 20))" >"$2/$file" || true
  done
  [ ! -e "$2/cpu.cfs_quota_us" ] || echo "$((cpus * 100000))" >"$2/cpu.cfs_quota_us" || true
  [ ! -e "$2/cpu.max" ] || echo "$((cpus * 100000)) 100000" >"$2/cpu.max" || true
}

# Sets IS_FLEETING where changes of the disk do not outlast the launcher.
mount_root() { # DIR
  local lower
  lower=$(cat "$1/tree")
  IS_FLEETING=0
  # nspawn propagates mounts from there, so it has to be a mount itself.
  [ -d /run/systemd/system ] || { mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; }
  mount -t overlay overlay "$1/root" \
    -o "lowerdir=$lower,upperdir=$1/upper,workdir=$1/work" 2>/dev/null && return
  # An overlay cannot be the upper layer of another one, as in a privileged container.
  # shellcheck disable=SC2034
  IS_FLEETING=1
  mount -t tmpfs tmpfs "$1/work"
  mkdir "$1"/work/{upper,work}
  cp -a "$1/upper/." "$1/work/upper"
  mount -t overlay overlay "$1/root" \
    -o "lowerdir=$lower,upperdir=$1/work/upper,workdir=$1/work/work"
}

# Whether a machine can be made here at all: all that it needs, for one command in namespaces that
# end with it. Says why not.
can_boot() { # TREE
  local result=0
  rm -rf --one-file-system "$(dir_of probe)"
  timeout 60 unshare --mount --net --propagation private \
    bash "$SELF" _probe "$STATE" "$1" >"$STATE/probe.log" 2>&1 9<&- || result=1
  ((result == 0)) || say "this computer refuses to boot machines: $(tail -n 1 "$STATE/probe.log")"
  until sweep probe; do sleep 0.1; done
  rm -rf --one-file-system "$(dir_of probe)"
  return "$result"
}

probe() { # TREE
  local dir
  dir=$(dir_of probe)
  ip link add probe type bridge
  mkdir -p "$dir"/{upper,work,root}
  echo "$1" >"$dir/tree"
  enter_cgroups probe
  mount_root "$dir"
  nspawn --directory="$dir/root" --machine="o$TAG-probe" --private-network /bin/true
}

# --- stop

stop_all() {
  local name jobs=() job
  for name in $(all_names); do stop "$name" & jobs+=($!); done
  for job in "${jobs[@]}"; do wait "$job"; done
}

# As by pulling the plug.
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
  local pids group link
  pids=$(processes_of "$1")
  # shellcheck disable=SC2086
  [ -z "$pids" ] || { kill -KILL $pids 2>/dev/null || true; return 1; }
  for group in $(cgroups_of "$1"); do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
  done
  for link in $(links_of "$1"); do ip link del "$link" 2>/dev/null || true; done
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
