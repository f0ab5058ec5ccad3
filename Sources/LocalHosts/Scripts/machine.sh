#!/usr/bin/env bash
# Machines to order: bash machine.sh STATE COMMAND [ARGUMENT...]
#
#   prepare IMAGE...             tools, trees, public network; prints the latter's first three numbers
#   create ID <ORDER             makes and boots a machine
#   start ID | stop ID SECONDS | reboot ID | reset ID | destroy ID
#   attach ID NETWORK MAC ADDRESS GATEWAY | detach ID MAC
#   list                         ID and state of each, a line each
#   process ID                   the number of its first process
#   remove-all                   all but the trees
#
# environment: OMTD_HOSTS_TREES, where the trees of images are kept (STATE)
#              OMTD_HOSTS_NEWS, a file to which is appended what is being done
#
# The last line that begins with `machine: ` on standard error is why a command failed.
set -euo pipefail
umask 022

say() { printf 'machine: %s\n' "$*" >&2; news "$*"; }
die() { say "$@"; exit 1; }

SELF=$(realpath "$0")
if [[ ${1:-} == _* ]]; then STATE=$2; else STATE=$(realpath -m "$1"); fi
TREES=$(realpath -m "${OMTD_HOSTS_TREES:-$STATE}")
# In names of links, which hold 15 characters: two sets must not meet in any name.
TAG=$(printf %s "$STATE" | sha256sum | cut -c1-5)

for part in trees network machines orders; do
  # shellcheck source=/dev/null
  . "$(dirname "$SELF")/$part.sh"
done

# --- commands

prepare() { # IMAGE...
  local image tree missing=()
  for image in "$@"; do
    tree=$(tree_of "$image")
    [ -e "$(tree_named "$tree")" ] || missing+=("$tree")
  done
  # Minutes, in which others of this directory work on: its lock comes after.
  if ((${#missing[@]})) || [[ -n $(missing_tools) ]]; then fetch "${missing[@]}"; fi
  lock_state
  if ! ip link show "$BRIDGE" &>/dev/null; then
    can_boot "$(tree_named "$(tree_of "$1")")" || exit
  fi
  public_up
  rm -rf --one-file-system "$STATE/gone" # of removals that were killed
  cat "$STATE/subnet"
}

# Other directories may share the trees. Two installations at a time would meet in the lock of apt.
fetch() { # TREE...
  local tree
  mkdir -p "$TREES"
  exec 7<"$TREES"
  flock -w 1200 7 || die "another program has held $TREES for 1200 s"
  install_tools 7<&-
  for tree in "$@"; do build_tree "$tree" 7<&-; done
  exec 7<&-
}

create() { # ID
  local order dir other image
  order=$(cat)
  dir=$(dir_of "$1")
  lock_state
  [ ! -e "$dir/whole" ] || return 0
  remove "$1"
  for other in $(all_names); do
    [[ ${other##*-} != "${1##*-}" ]] || die "\`$1\` would share the names of links with \`$other\`"
  done
  ip link show "$BRIDGE" &>/dev/null || die "there is no public network: \`prepare\` comes first"
  mkdir -p "$dir"/{upper,work,root}
  chmod 700 "$dir"
  (umask 077 && printf '%s\n' "$order" >"$dir/order")
  ordered "$1" nic | awk '{ print NR - 1, $0 }' >"$dir/nics"
  image=$(ordered "$1" image)
  tree_named "$(tree_of "$image")" >"$dir/tree"
  [ -e "$(cat "$dir/tree")" ] || die "the image \`$image\` is not built: \`prepare\` comes first"
  start_launcher "$1"
  unlock_state
  wait_for_boot "$1"
}

start() { # ID
  must_be_whole "$1"
  lock_state
  is_alive "$1" && return
  stop_now "$1"
  start_launcher "$1"
  unlock_state
  wait_for_boot "$1"
}

stop_machine() { # ID SECONDS
  local leader end=$((SECONDS + $2))
  [ -d "$(dir_of "$1")" ] || return 0
  if (($2 > 0)) && is_alive "$1"; then
    leader=$(leader_of "$1")
    # Ignored by an init that has only just begun.
    [ -z "$leader" ] || kill -s RTMIN+4 "$leader" 2>/dev/null || true
    while is_alive "$1" && ((SECONDS < end)); do sleep 0.1; done
  fi
  lock_state
  stop_now "$1"
}

reboot() { # ID
  local leader now end=$((SECONDS + 60))
  must_be_whole "$1"
  leader=$(is_alive "$1" && leader_of "$1" || true)
  if [ -n "$leader" ]; then
    kill -s RTMIN+5 "$leader" 2>/dev/null || true
    while is_alive "$1" && ((SECONDS < end)); do
      now=$(leader_of "$1")
      [[ -z $now || $now == "$leader" ]] || return 0
      sleep 0.1
    done
  fi
  reset "$1"
}

reset() { # ID
  must_be_whole "$1"
  stop_machine "$1" 0
  unlock_state
  start "$1"
}

destroy() { # ID
  lock_state
  remove "$1"
  prune_networks
  unlock_state
  rm -rf --one-file-system "$STATE/gone/$1".*
  rmdir "$STATE/gone" 2>/dev/null || true
}

attach() { # ID NETWORK MAC ADDRESS GATEWAY
  local nics number leader link
  must_be_whole "$1"
  lock_state
  nics=$(dir_of "$1")/nics
  ! grep -qw -- "$3" "$nics" || return 0
  for number in {0..8}; do grep -q "^$number " "$nics" || break; done
  ((number < 8)) || die "\`$1\` has 8 interfaces"
  [[ $2 == public ]] || private_up "$2"
  leader=$(is_alive "$1" && leader_of "$1" || true)
  if [ -n "$leader" ]; then
    nic_settings "$number" "$2" "$3" "$4" "$5" |
      inside "$leader" sh -c 'cat >"/etc/systemd/network/10-omtd-eth$1.network"
        networkctl reload' sh "$number" || say "the system of \`$1\` was not told of eth$number"
    link=$(link_of "$1" "$number")
    ip link del "$link" 2>/dev/null || true # of a call that was killed
    if ! ip link add "$link" type veth peer name "eth$number" address "$3" netns "$leader" ||
      ! ip link set "$link" master "$(bridge_of "$2")" up; then
      ip link del "$link" 2>/dev/null || true
      prune_networks
      die "\`$1\` does not take eth$number"
    fi
  fi
  # Last: what has its line counts as done.
  echo "$number $2 $3 $4 $5" >>"$nics"
}

detach() { # ID MAC
  local nics number
  must_be_whole "$1"
  lock_state
  nics=$(dir_of "$1")/nics
  number=$(awk -v mac="$2" '$3 == mac { print $1 }' "$nics")
  [ -n "$number" ] || return 0
  ip link del "$(link_of "$1" "$number")" 2>/dev/null || true
  grep -v "^$number " "$nics" >"$nics.new" || true
  mv "$nics.new" "$nics"
  prune_networks
}

list() {
  local name state
  for name in $(all_names); do
    state=unfinished
    [ ! -e "$(dir_of "$name")/whole" ] || state=stopped
    [[ $state != stopped ]] || ! is_alive "$name" || state=running
    echo "$name $state"
  done
}

remove_all() {
  local name network
  [ -d "$STATE" ] || return 0
  lock_state
  for name in $(all_names); do rm -f "$(dir_of "$name")/whole"; done
  stop_all
  rm -rf --one-file-system "$STATE"/machines/*
  for network in $(private_networks); do private_down "$network"; done
  network_down
  rm -rf --one-file-system "$STATE"/{subnet,probe.log,program,gone,machines}
  clear_builds 7<"$STATE"
  rmdir "$STATE" 2>/dev/null || true # unless it holds trees
}

# What a build that was ended has left where trees are kept, unless somebody builds there (7).
clear_builds() {
  flock -n 7 || return 0
  rm -rf --one-file-system "$STATE"/*.new
  compgen -G "$STATE/*-????????" >/dev/null || rm -f "$STATE"/{apt.conf,build.log}
}

# --- their parts

# Not $STATE, which may be where the trees are, with a lock of their own.
lock_state() {
  # Whoever waited for `remove-all` holds a directory that is gone.
  until [[ $STATE/machines -ef /proc/self/fd/9 ]]; do
    mkdir -p "$STATE/machines"
    exec 9<"$STATE/machines"
    flock -w 300 9 || die "another program has held $STATE for 300 s"
  done
}

unlock_state() { exec 9<&-; }

must_be_whole() { # ID
  [ -e "$(dir_of "$1")/whole" ] || die "there is no machine \`$1\`"
}

start_launcher() { # ID
  networks_up "$1"
  rm -f "$(dir_of "$1")/log"
  launch "$1"
}

# The log of nspawn begins with the first word of the machine.
wait_for_boot() { # ID
  local dir end=$((SECONDS + 60))
  dir=$(dir_of "$1")
  until [ -e "$dir/whole" ] && [ -n "$(leader_of "$1")" ]; do
    if ! is_alive "$1" || ((SECONDS >= end)); then
      tail -n 20 "$dir/log" >&2
      say "$(grep '^machine: ' "$dir/log" | sed '$!d; s/^machine: //' | grep . ||
        echo "\`$1\` ended before it booted")"
      exit 1
    fi
    sleep 0.05
  done
}

# `stop` of machines.sh, where a command has its name.
stop_now() { stop "$1"; }

remove() { # ID
  rm -f "$(dir_of "$1")/whole"
  [ -d "$(dir_of "$1")" ] || return 0
  stop_now "$1"
  # A large disk takes seconds to remove, for which nobody else shall wait.
  mkdir -p "$STATE/gone"
  mv "$(dir_of "$1")" "$STATE/gone/$1.$BASHPID"
}

main() {
  local command=${2:-}
  ((EUID == 0)) || die "needs root: it mounts, makes networks and boots machines"
  case $command in
    prepare | create | start | reboot | reset | destroy | attach | detach | list)
      "$command" "${@:3}" ;;
    stop) stop_machine "${@:3}" ;;
    remove-all) remove_all ;;
    process) leader_of "$3" ;;
    *) die "there is no command \`$command\`" ;;
  esac
}

# On one line: bash reads a script as it runs, and launchers outlive whoever replaces this file.
case ${1:-} in _boot) boot "$3" ;; _probe) probe "$3" ;; *) main "$@" ;; esac; exit
