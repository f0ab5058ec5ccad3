/// Shell functions that every lasting loop defines once, so that requests stay short.
///
/// Written for dash, bash and busybox `sh` with the base utilities of coreutils or busybox. What
/// reads files prints one line for each path, in order, whatever happens.
package enum Prelude {
  package static let text = files + contents + accounts + writing + tools

  // One `stat` and one `sha256sum` for all paths: a process for each costs 14 times as much.
  // The paths that exist are rotated through the positional parameters, since `sh` has no arrays.
  private static let files = #"""
    omtd_nl='
    '
    omtd_stat() { stat -c '%f %u %g %s %Y %h %i %d %U %G' -- "$@" 2>/dev/null; }
    omtd_files() {
     omtd_c=$#; omtd_m=; omtd_links=
     while [ "$omtd_c" -gt 0 ]; do
      omtd_p=$1; shift; omtd_c=$((omtd_c-1))
      if [ -L "$omtd_p" ] || [ -e "$omtd_p" ]; then set -- "$@" "$omtd_p"; omtd_m="$omtd_m+ "; else omtd_m="$omtd_m- "; fi
     done
     if [ $# -eq 0 ]; then for omtd_x in $omtd_m; do echo -; done; return 0; fi
     omtd_s=$(omtd_stat "$@"); omtd_all=$#; omtd_l=0
     while read -r omtd_f omtd_u omtd_g omtd_z omtd_x; do
      omtd_l=$((omtd_l+1))
      omtd_p=$1; shift
      case $omtd_f in
       8*) if [ "$omtd_z" -le 1048576 ] && [ -r "$omtd_p" ]; then set -- "$@" "$omtd_p"; fi;;
       a*) omtd_t=$(readlink -- "$omtd_p"); case $omtd_t in *"$omtd_nl"*) omtd_t=;; esac; omtd_links="$omtd_links>$omtd_t$omtd_nl";;
      esac
      [ "$omtd_l" -lt "$omtd_all" ] || break
     done <<omtd_end
    $omtd_s
    omtd_end
     if [ "$omtd_l" -ne "$omtd_all" ]; then for omtd_x in $omtd_m; do echo '! changed while it was read'; done; return 0; fi
     omtd_d=; omtd_n=$#
     if [ $# -ne 0 ]; then
      omtd_d=$(sha256sum -- "$@" 2>/dev/null)
      set -f; omtd_i=$IFS; IFS=$omtd_nl; set -- $omtd_d; IFS=$omtd_i; set +f
      if [ $# -ne "$omtd_n" ]; then for omtd_x in $omtd_m; do echo '! changed while it was read'; done; return 0; fi
     fi
     for omtd_x in $omtd_m; do
      if [ "$omtd_x" = - ]; then echo -; continue; fi
      IFS= read -r omtd_f <&3
      case $omtd_f in
       8*) omtd_z=${omtd_f#* * * }; omtd_z=${omtd_z%% *}
        if [ "$omtd_z" -le 1048576 ] && IFS= read -r omtd_t <&4; then omtd_t=${omtd_t#\\}; echo "$omtd_f ${omtd_t%% *}"; else echo "$omtd_f -"; fi;;
       a*) IFS= read -r omtd_t <&5; printf '%s - %s\n' "$omtd_f" "$omtd_t";;
       *) echo "$omtd_f -";;
      esac
     done 3<<omtd_end3 4<<omtd_end4 5<<omtd_end5
    $omtd_s
    omtd_end3
    $omtd_d
    omtd_end4
    $omtd_links
    omtd_end5
    }
    omtd_followed() {
     omtd_c=$#; omtd_w=
     while [ "$omtd_c" -gt 0 ]; do
      omtd_q=$1; shift; omtd_c=$((omtd_c-1)); omtd_r=
      if [ -L "$omtd_q" ]; then
       omtd_r=$(readlink -f -- "$omtd_q")
       case $omtd_r in *"$omtd_nl"*) omtd_r=;; esac
       if [ -n "$omtd_r" ] && [ -e "$omtd_r" ]; then omtd_q=$omtd_r; else omtd_q=/dev/null/absent; omtd_r=; fi
      fi
      set -- "$@" "$omtd_q"; omtd_w="$omtd_w$omtd_r$omtd_nl"
     done
     omtd_a=$(omtd_files "$@")
     while IFS= read -r omtd_f <&6; do
      IFS= read -r omtd_r <&7
      if [ -n "$omtd_r" ]; then printf '%s >%s\n' "$omtd_f" "$omtd_r"; else printf '%s\n' "$omtd_f"; fi
     done 6<<omtd_end6 7<<omtd_end7
    $omtd_a
    omtd_end6
    $omtd_w
    omtd_end7
    }

    """#

  private static let contents = #"""
    if base64 -w0 </dev/null >/dev/null 2>&1; then omtd_b64() { base64 -w0; }
    else omtd_b64() { base64 | tr -d '\n'; }; fi
    omtd_contents() {
     omtd_c=$#; omtd_m=
     while [ "$omtd_c" -gt 0 ]; do
      omtd_p=$1; shift; omtd_c=$((omtd_c-1))
      if [ ! -e "$omtd_p" ]; then omtd_m="$omtd_m-$omtd_nl"
      elif [ -d "$omtd_p" ]; then omtd_m="$omtd_m! is a directory$omtd_nl"
      elif [ ! -f "$omtd_p" ]; then omtd_m="$omtd_m! is not a regular file$omtd_nl"
      elif [ ! -r "$omtd_p" ]; then omtd_m="$omtd_m! permission denied$omtd_nl"
      else set -- "$@" "$omtd_p"; omtd_m="$omtd_m=$omtd_nl"; fi
     done
     omtd_s=; [ $# -eq 0 ] || omtd_s=$(stat -L -c %s -- "$@" 2>/dev/null)
     while IFS= read -r omtd_x <&3; do
      case $omtd_x in
       =) omtd_z=; IFS= read -r omtd_z <&4; omtd_p=$1; shift
        if [ "${omtd_z:-0}" -gt 8388608 ]; then echo '! is larger than 8 MB'
        else printf =; omtd_b64 <"$omtd_p"; echo; fi;;
       ?*) printf '%s\n' "$omtd_x";;
      esac
     done 3<<omtd_end3 4<<omtd_end4
    $omtd_m
    omtd_end3
    $omtd_s
    omtd_end4
    }
    omtd_tree() {
     find "$1" -mindepth 1 2>/dev/null | while IFS= read -r omtd_p; do
      printf '%s %s|' "$(stat -c '%f %u %g %U %G' -- "$omtd_p")" "$(printf %s "$omtd_p" | omtd_b64)"
     done; echo
    }
    omtd_differs() {
     omtd_r=same
     [ -d "$2" ] || { echo other; return; }
     omtd_r=$(cd "$1" && find . | while IFS= read -r omtd_p; do
      if [ -L "$omtd_p" ]; then [ "$(readlink "$omtd_p")" = "$(readlink "$2/$omtd_p")" ] || echo x
      elif [ -d "$omtd_p" ]; then [ -d "$2/$omtd_p" ] || echo x
      else cmp -s "$omtd_p" "$2/$omtd_p" || echo x; fi
     done)
     if [ -z "$omtd_r" ]; then echo same; else echo other; fi
    }
    omtd_any() (
     cd -- "$1" 2>/dev/null || { echo no; exit; }
     IFS=
     for omtd_p in $2; do if [ -e "$omtd_p" ] || [ -L "$omtd_p" ]; then echo yes; exit; fi; done
     echo no
    )
    omtd_digest() {
     if [ -f "$2" ] && [ -r "$2" ]; then omtd_t=$("${1}sum" -- "$2" 2>/dev/null); omtd_t=${omtd_t#\\}; omtd_t=${omtd_t%% *}; echo "${omtd_t:--}"; else echo -; fi
    }

    """#

  private static let accounts = #"""
    omtd_is() { omtd_y=${1#*:*:}; [ "${1%%:*}" = "$2" ] || [ "${omtd_y%%:*}" = "$2" ]; }
    omtd_entry() {
     omtd_t=
     if command -v getent >/dev/null 2>&1; then omtd_t=$(getent "$1" "$2" 2>/dev/null)
     else while IFS= read -r omtd_x; do
       if [ "${omtd_x%%:*}" = "$2" ]; then omtd_t=$omtd_x; break; fi
       if [ -z "$omtd_t" ] && omtd_is "$omtd_x" "$2"; then omtd_t=$omtd_x; fi
      done <"/etc/$1"; fi
     omtd_t=${omtd_t%%"$omtd_nl"*}; printf '%s\n' "${omtd_t:--}"
    }
    omtd_entries() {
     omtd_b=$1; shift
     if [ $# -gt 1 ] && command -v getent >/dev/null 2>&1; then
      # One process for all; it leaves out what it does not find, and keeps the order.
      omtd_s=$(getent "$omtd_b" "$@" 2>/dev/null); omtd_a=; omtd_t=
      while :; do
       for omtd_p do
        [ -n "$omtd_t" ] || IFS= read -r omtd_t <&3 || omtd_t=
        if [ -n "$omtd_t" ] && omtd_is "$omtd_t" "$omtd_p"; then omtd_a="$omtd_a$omtd_t$omtd_nl"; omtd_t=; else omtd_a="$omtd_a-$omtd_nl"; fi
       done
       [ -n "$omtd_t" ] || IFS= read -r omtd_t <&3 || omtd_t=
       break
      done 3<<omtd_end3
    $omtd_s
    omtd_end3
      if [ -z "$omtd_t" ]; then printf %s "$omtd_a"; return 0; fi
     fi
     for omtd_p do omtd_entry "$omtd_b" "$omtd_p"; done
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
     [ -e "$1" ] || [ -L "$1" ] || : >"$1" || return 1
     if [ -n "$2" ]; then touch -h -a -d "$2" -- "$1" || return 1; fi
     if [ -n "$3" ]; then touch -h -m -d "$3" -- "$1" || return 1; fi
     omtd_attributes "$1" "$4" "$5" "$6"
    }

    """#
}
