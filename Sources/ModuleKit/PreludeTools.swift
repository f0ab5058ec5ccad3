extension Prelude {
  /// What modules that drive the host's own tools share.
  static let tools = #"""
    omtd_scratch() {
     # Names that nobody can guess, files that nobody else can read, on a disk that is not full.
     omtd_tmp=; { read -r omtd_tmp && read -r omtd_tmp omtd_umask; } </proc/self/status 2>/dev/null
     [ "$omtd_tmp" = Umask: ] || omtd_umask=$(umask)
     omtd_token=; { IFS= read -r omtd_token </proc/sys/kernel/random/uuid; } 2>/dev/null
     umask 077
     for omtd_tmp in "${TMPDIR:-/tmp}" /tmp /dev/shm /var/tmp /run "${HOME:-/}"; do
      if [ ! -w "$omtd_tmp" ]; then continue; fi
      if [ -n "$omtd_token" ]; then omtd_out=$omtd_tmp/.omtd.$omtd_token.out; omtd_err=$omtd_tmp/.omtd.$omtd_token.err
      else omtd_out=$(mktemp "$omtd_tmp/.omtd.XXXXXXXXXX") && omtd_err=$(mktemp "$omtd_tmp/.omtd.XXXXXXXXXX") || continue; fi
      if { printf '%4096s' '' >"$omtd_out" && printf '%4096s' '' >"$omtd_err"; } 2>/dev/null; then umask "$omtd_umask"; return 0; fi
      rm -f -- "$omtd_out" "$omtd_err"
     done
     umask "$omtd_umask"; echo 'no folder for the output of a command can be written to' >&2
     return 1
    }
    omtd_told() {
     omtd_status=$1
     # More than the limit tells that there was more.
     if [ -s "$omtd_out" ]; then head -c \#(StepScript.outputLimit + 1) "$omtd_out"; fi
     if [ -s "$omtd_err" ]; then head -c \#(StepScript.outputLimit + 1) "$omtd_err" >&2; fi
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
