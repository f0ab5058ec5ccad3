extension Prelude {
  /// What modules that drive the host's own tools share.
  static let tools = #"""
    omtd_apart() {
     omtd_out=$(mktemp) && omtd_err=$(mktemp) || return 1
     "$@" >"$omtd_out" 2>"$omtd_err" </dev/null
     omtd_status=$?
     cat "$omtd_out"; cat "$omtd_err" >&2; rm -f -- "$omtd_out" "$omtd_err"
     return $omtd_status
    }
    omtd_show() {
     omtd_t=$(systemctl "$@" 2>&1) || { printf '! %s\n' "$(printf %s "$omtd_t" | head -n 1)"; return 0; }
     omtd_i=
     printf '%s\n\n' "$omtd_t" | while IFS= read -r omtd_x; do
      case $omtd_x in
       '') echo; continue;;
       Id=*) omtd_i=${omtd_x#Id=};;
       UnitFileState=generated) printf 'Enabled=%s\037' "$(systemctl is-enabled -- "$omtd_i" 2>/dev/null)";;
      esac
      printf '%s\037' "$omtd_x"
     done
    }
    omtd_units() {
     omtd_sc=--$1; omtd_pr=$2; shift 2
     if ! command -v systemctl >/dev/null 2>&1; then for omtd_u do echo '! systemctl is not there'; done; return 0; fi
     [ "$omtd_sc" != --user ] || export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
     omtd_a=$(omtd_show "$omtd_sc" show -p "$omtd_pr" -- "$@")
     omtd_c=0; while IFS= read -r omtd_x; do omtd_c=$((omtd_c+1)); done <<omtd_end
    $omtd_a
    omtd_end
     if [ "$omtd_c" -eq $# ]; then printf '%s\n' "$omtd_a"
     else for omtd_u do omtd_show "$omtd_sc" show -p "$omtd_pr" -- "$omtd_u" | head -n 1; done; fi
    }

    """#
}
