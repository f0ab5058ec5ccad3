# Sourced: names the parts of a long job, tells how long each took, and keeps the hosts of one
# script apart from those of others.

HOSTS=$PWD/Tests/Hosts/hosts
PARTS=()

# Runs a command as a named part of the job; its status is the command's.
part() { # NAME COMMAND...
  local name=$1 started=$SECONDS status=0
  shift
  printf '==> %s\n' "$name"
  "$@" || status=$?
  local row
  row=$(printf '%-28s %4d s' "$name" $((SECONDS - started)))
  ((status == 0)) || row+="  FAILED ($status)"
  PARTS+=("$row")
  return "$status"
}

tell_parts() {
  printf '%s\n' '' 'Time of each part:' "${PARTS[@]/#/  }"
  printf '  %-28s %4d s\n' all "$SECONDS"
}

# One set of hosts for each checkout and purpose.
own_hosts() { # PURPOSE
  local sum
  sum=$(printf '%s' "$PWD" | sha256sum | cut -c1-8)
  export OMTD_HOSTS_DIR=${OMTD_HOSTS_DIR:-/var/tmp/omtd-hosts-$1-$sum}
  ((EUID == 0)) || { echo "$0: needs root, for it boots machines" >&2; exit 1; }
}

hosts_up() { "$HOSTS" up 4 >/dev/null; }
hosts_down() { "$HOSTS" down; }
