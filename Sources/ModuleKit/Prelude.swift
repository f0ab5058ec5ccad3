/// Shell functions that every lasting loop defines once, so that requests stay short.
///
/// Written for dash, bash and busybox `sh` with the base utilities of coreutils or busybox. What
/// reads files prints one line for each path, in order, whatever happens.
package enum Prelude {
  package static let text = files + contents + accounts + writing + tools

  private static let accounts = #"""
    omtd_uid() {
     omtd_id=; while read -r omtd_x omtd_y omtd_id omtd_z; do [ "$omtd_x" != Uid: ] || break; done </proc/self/status
     [ -n "$omtd_id" ] || omtd_id=$(id -u)
    }
    omtd_is() { omtd_y=${1#*:*:}; [ "${1%%:*}" = "$2" ] || [ "${omtd_y%%:*}" = "$2" ]; }
    omtd_entry() {
     omtd_t=
     if command -v getent >/dev/null 2>&1; then omtd_t=$(getent "$1" "$2" 2>/dev/null)
     else while IFS= read -r omtd_x; do
       if [ "${omtd_x%%:*}" = "$2" ]; then omtd_t=$omtd_x; break; fi
       if [ -z "$omtd_t" ] && omtd_is "$omtd_x" "$2"; then omtd_t=$omtd_x; fi
      done <"/etc/$1"; fi
     omtd_t=${omtd_t%%"$omtd_nl"*}
    }
    omtd_entries() { omtd_found "$@"; printf %s "$omtd_a"; }
    omtd_found() {
     omtd_b=$1; shift; omtd_a=
     if [ $# -gt 1 ] && command -v getent >/dev/null 2>&1; then
      # One process for all; it leaves out what it does not find, and keeps the order.
      omtd_s=$(getent "$omtd_b" "$@" 2>/dev/null); omtd_i=0
      omtd_ifs=$IFS; IFS=$omtd_nl; set -f
      for omtd_t in $omtd_s; do
       while omtd_i=$((omtd_i+1)); [ "$omtd_i" -le $# ]; do
        eval "omtd_p=\${$omtd_i}"
        if omtd_is "$omtd_t" "$omtd_p"; then omtd_a="$omtd_a$omtd_t$omtd_nl"; break; fi
        omtd_a="$omtd_a-$omtd_nl"
       done
      done
      set +f; IFS=$omtd_ifs
      if [ "$omtd_i" -le $# ]; then
       while [ "$omtd_i" -lt $# ]; do omtd_i=$((omtd_i+1)); omtd_a="$omtd_a-$omtd_nl"; done
       return 0
      fi
      omtd_a=
     fi
     for omtd_p do omtd_entry "$omtd_b" "$omtd_p"; omtd_a="$omtd_a${omtd_t:--}$omtd_nl"; done
    }

    """#

  // The new content goes to a file beside the old one, is checked to be whole, gets its attributes,
  // is flushed, validated, and renamed over it. What fails leaves the old file as it was. A copy of
  // the old file never takes the place of another one: the number in its name counts up.
  private static let writing = #"""
    omtd_attributes() {
     [ -z "$3" ] || chown -h -- "$3" "$1" || return 1
     [ -z "$4" ] || chgrp -h -- "$4" "$1" || return 1
     [ -z "$2" ] || chmod -- "$2" "$1"
    }
    omtd_take() { dd bs=65536 iflag=fullblock,count_bytes count="$1" 2>/dev/null; }
    omtd_backup() {
     omtd_n=$$; omtd_t=$(date '+%Y-%m-%d@%H:%M:%S')
     while omtd_b=$1.$omtd_n.$omtd_t~; [ -e "$omtd_b" ] || [ -L "$omtd_b" ]; do omtd_n=$((omtd_n+1)); done
     cp -p -- "$1" "$omtd_b" || { rm -f -- "$omtd_b"; return 1; }
    }
    omtd_write() {
     omtd_dir=${1%/*}; [ -n "$omtd_dir" ] || omtd_dir=/
     omtd_new=$(mktemp "$omtd_dir/.omtd.XXXXXXXX") || return 1
     # Its words stay off the disk, which may be full.
     if ! omtd_x=$(dd bs=65536 iflag=fullblock,count_bytes count="$2" conv=fsync of="$omtd_new" 2>&1); then
      omtd_x=$(printf '%s\n' "$omtd_x" | grep -v -e records -e copied)
      printf '%s\n' "${omtd_x##*: }" >&2; rm -f -- "$omtd_new"; return 1
     fi
     if [ "$(stat -c %s -- "$omtd_new")" != "$2" ]; then echo 'the content arrived short' >&2; rm -f -- "$omtd_new"; return 1; fi
     [ -n "$3" ] || set -- "$1" "$2" "$(printf %o $((0666 & ~$(umask))))" "$4" "$5" "$6" "$7"
     if ! omtd_attributes "$omtd_new" "$3" "$4" "$5"; then rm -f -- "$omtd_new"; return 1; fi
     if [ -n "$7" ]; then
      omtd_check=${7%%%s*}$omtd_new${7#*%s}
      if ! eval "$omtd_check" >"$omtd_new.e" 2>&1 </dev/null; then
       echo 'validation failed' >&2; cat "$omtd_new.e" >&2; rm -f -- "$omtd_new" "$omtd_new.e"; return 1
      fi
      rm -f -- "$omtd_new.e"
     fi
     omtd_b=
     if [ -n "$6" ] && [ -e "$1" ]; then omtd_backup "$1" || { rm -f -- "$omtd_new"; return 1; }; fi
     mv -f -- "$omtd_new" "$1" || { rm -f -- "$omtd_new"; return 1; }
    }
    omtd_mkdir() { mkdir -- "$1" && omtd_attributes "$@"; }
    omtd_set() { omtd_attributes "$@"; }
    omtd_set_followed() {
     [ -z "$3" ] || chown -- "$3" "$1" || return 1
     [ -z "$4" ] || chgrp -- "$4" "$1" || return 1
     [ -z "$2" ] || chmod -- "$2" "$1"
    }
    omtd_link() {
     omtd_new=$(mktemp -u "${1%/*}/.omtd.XXXXXXXX") || return 1
     if [ "$3" = hard ]; then ln -- "$2" "$omtd_new"; else ln -s -- "$2" "$omtd_new"; fi || return 1
     if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1" || { rm -f -- "$omtd_new"; return 1; }; fi
     if [ -L "$1" ]; then rm -f -- "$1"; fi
     mv -f -- "$omtd_new" "$1" || { rm -f -- "$omtd_new"; return 1; }
    }
    omtd_touch() {
     omtd_b=; [ -e "$1" ] || [ -L "$1" ] || { : >"$1" && omtd_b=made; } || return 1
     omtd_attributes "$1" "$4" "$5" "$6" || { [ -z "$omtd_b" ] || rm -f -- "$1"; return 1; }
     if [ -n "$2" ]; then touch -h -a -d "$2" -- "$1" || return 1; fi
     [ -z "$3" ] || touch -h -m -d "$3" -- "$1"
    }

    """#
}
