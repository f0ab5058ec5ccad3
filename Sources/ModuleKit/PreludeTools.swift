extension Prelude {
  /// What modules that drive the host's own tools share.
  static let tools = #"""
    omtd_scratch() {
     # Names that nobody can guess, files that nobody else can read, on a disk that is not full.
     omtd_x=; { read -r omtd_x && read -r omtd_x omtd_u; } </proc/self/status 2>/dev/null
     [ "$omtd_x" = Umask: ] || omtd_u=$(umask)
     omtd_t=; { IFS= read -r omtd_t </proc/sys/kernel/random/uuid; } 2>/dev/null
     umask 077
     for omtd_d in "${TMPDIR:-/tmp}" /tmp /dev/shm /var/tmp /run "${HOME:-/}"; do
      if [ ! -w "$omtd_d" ]; then continue; fi
      if [ -n "$omtd_t" ]; then omtd_out=$omtd_d/.omtd.$omtd_t.out; omtd_err=$omtd_d/.omtd.$omtd_t.err
      else omtd_out=$(mktemp "$omtd_d/.omtd.XXXXXXXXXX") && omtd_err=$(mktemp "$omtd_d/.omtd.XXXXXXXXXX") || continue; fi
      if { printf '%4096s' '' >"$omtd_out" && printf '%4096s' '' >"$omtd_err"; } 2>/dev/null; then umask "$omtd_u"; return 0; fi
      rm -f -- "$omtd_out" "$omtd_err"
     done
     umask "$omtd_u"; echo 'no folder for the output of a command can be written to' >&2
     return 1
    }
    omtd_told() {
     omtd_status=$1
     if [ -s "$omtd_out" ]; then cat "$omtd_out"; fi
     if [ -s "$omtd_err" ]; then cat "$omtd_err" >&2; fi
     rm -f -- "$omtd_out" "$omtd_err"
     return "$omtd_status"
    }
    omtd_apart() {
     omtd_scratch || return 1
     "$@" >"$omtd_out" 2>"$omtd_err" </dev/null
     omtd_told $?
    }
    omtd_units() {
     omtd_sc=--$1; omtd_pr=$2; shift 2
     if ! command -v systemctl >/dev/null 2>&1; then for omtd_u do printf '! systemctl is not there\n\n'; done; return 0; fi
     [ "$omtd_sc" != --user ] || export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
     if omtd_t=$(systemctl "$omtd_sc" show -p "$omtd_pr" -- "$@" 2>&1); then
      # Patterns stand for any number of units, and of what a script made systemd tells less.
      case "$* $omtd_t" in *UnitFileState=generated*) ;; *) case $* in *[*?[]*) ;; *) printf '%s\n\n' "$omtd_t"; return 0;; esac;; esac
     fi
     for omtd_u do
      omtd_t=$(systemctl "$omtd_sc" show -p "$omtd_pr" -- "$omtd_u" 2>&1) || omtd_t="! ${omtd_t%%"$omtd_nl"*}"
      omtd_t=${omtd_t%%"$omtd_nl$omtd_nl"*}
      case $omtd_t in *UnitFileState=generated*) omtd_t="$omtd_t${omtd_nl}Enabled=$(systemctl is-enabled -- "$omtd_u" 2>/dev/null)";; esac
      printf '%s\n\n' "$omtd_t"
     done
    }

    """#
}
