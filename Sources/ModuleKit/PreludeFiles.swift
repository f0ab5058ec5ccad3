extension Prelude {
  // One `stat`, one `sha256sum` and one `readlink` for all paths: a process for each costs 14 times
  // as much. `sh` has no arrays, so paths are chosen by lists of words as `"${7}"`, and lines by
  // splitting at line feeds: what is read from a here-document costs a system call for each byte.
  static let files = #"""
    omtd_small=; omtd_nl='
    '
    omtd_files() { omtd_seen "$@"; printf %s "$omtd_o"; }
    omtd_torn() { omtd_o=; for omtd_p do omtd_o="$omtd_o! changed while it was read$omtd_nl"; done; }
    omtd_seen() {
     omtd_i=0; omtd_e=0; omtd_w=; omtd_k=; omtd_o=
     for omtd_p do
      omtd_i=$((omtd_i+1))
      if [ -e "$omtd_p" ] || [ -L "$omtd_p" ]; then omtd_w="$omtd_w \"\${$omtd_i}\""; omtd_k="$omtd_k$omtd_i "; omtd_e=$((omtd_e+1)); fi
     done
     omtd_s=; [ -z "$omtd_w" ] || eval "omtd_s=\$(stat -c '%f %u %g %s %Y %h %i %d %U %G' -- $omtd_w 2>/dev/null)"
     omtd_q=; omtd_dw=; omtd_dn=0; omtd_lw=; omtd_ln=0; omtd_l=0
     omtd_ifs=$IFS; IFS=$omtd_nl; set -f
     for omtd_f in $omtd_s; do
      omtd_l=$((omtd_l+1)); omtd_j=${omtd_k%% *}; omtd_k=${omtd_k#* }; omtd_x=-
      case $omtd_f in
       8*) omtd_z=${omtd_f#* }; omtd_z=${omtd_z#* }; omtd_z=${omtd_z#* }; eval "omtd_p=\${${omtd_j:-1}}"
        if [ "${omtd_z%% *}" -le 1048576 ] && [ -r "$omtd_p" ]; then omtd_dw="$omtd_dw \"\${$omtd_j}\""; omtd_dn=$((omtd_dn+1)); omtd_x=d; omtd_small="$omtd_small$omtd_p$omtd_nl"; fi;;
       a*) omtd_lw="$omtd_lw \"\${$omtd_j}\""; omtd_ln=$((omtd_ln+1)); omtd_x=l;;
      esac
      omtd_q="$omtd_q$omtd_j$omtd_x "
     done
     omtd_c=$#; omtd_d=; omtd_t=; omtd_g=
     if [ "$omtd_l" -eq "$omtd_e" ]; then
      [ -z "$omtd_dw" ] || eval "omtd_d=\$(sha256sum -- $omtd_dw 2>/dev/null)"
      if [ -n "$omtd_lw" ]; then
       eval "omtd_t=\$(readlink -- $omtd_lw 2>/dev/null)"
       omtd_count $omtd_t; [ "$omtd_n" -eq "$omtd_ln" ] || eval "omtd_targets $omtd_lw"
      fi
      omtd_count $omtd_d; [ "$omtd_n" -eq "$omtd_dn" ] || eval "omtd_sums $omtd_dw"
     fi
     if [ "$omtd_l" -eq "$omtd_e" ]; then omtd_joined $omtd_d $omtd_t
     else omtd_torn "$@"; fi
     set +f; IFS=$omtd_ifs
    }
    omtd_count() { omtd_n=$#; }
    omtd_targets() {
     omtd_t=; omtd_g='>'
     for omtd_p do omtd_x=$(readlink -- "$omtd_p"); case $omtd_x in *"$omtd_nl"*) omtd_x=;; esac; omtd_t="$omtd_t>$omtd_x$omtd_nl"; done
    }
    omtd_sums() {
     omtd_d=; for omtd_p do omtd_x=$(sha256sum -- "$omtd_p" 2>/dev/null); omtd_x=${omtd_x%%"$omtd_nl"*}; omtd_d="$omtd_d${omtd_x:--}$omtd_nl"; done
    }
    omtd_joined() {
     omtd_l=0; omtd_i=0; omtd_n=$omtd_dn
     for omtd_f in $omtd_s; do
      omtd_j=${omtd_q%% *}; omtd_q=${omtd_q#* }
      while omtd_l=$((omtd_l+1)); [ "$omtd_l" -lt "${omtd_j%?}" ]; do omtd_o="$omtd_o-$omtd_nl"; done
      case $omtd_j in
       *d) omtd_i=$((omtd_i+1)); eval "omtd_x=\${$omtd_i}"; omtd_x=${omtd_x#\\}; omtd_f="$omtd_f ${omtd_x%% *}";;
       *l) omtd_n=$((omtd_n+1)); eval "omtd_x=\${$omtd_n}"; omtd_f="$omtd_f - >${omtd_x#"$omtd_g"}";;
       *) omtd_f="$omtd_f -";;
      esac
      omtd_o="$omtd_o$omtd_f$omtd_nl"
     done
     while [ "$omtd_l" -lt "$omtd_c" ]; do omtd_l=$((omtd_l+1)); omtd_o="$omtd_o-$omtd_nl"; done
    }
    omtd_followed() {
     omtd_i=0; omtd_w=; omtd_h=
     for omtd_p do
      omtd_i=$((omtd_i+1)); omtd_r=
      if [ -L "$omtd_p" ]; then
       omtd_h=yes; omtd_r=$(readlink -f -- "$omtd_p")
       case $omtd_r in *"$omtd_nl"*) omtd_r=;; esac
       [ -e "$omtd_r" ] || omtd_r=
       if [ -n "$omtd_r" ]; then omtd_w="$omtd_w \"\$omtd_r$omtd_i\""; else omtd_w="$omtd_w /dev/null/absent"; fi
      else omtd_w="$omtd_w \"\${$omtd_i}\""; fi
      eval "omtd_r$omtd_i=\$omtd_r"
     done
     if [ -z "$omtd_h" ]; then omtd_files "$@"; return 0; fi
     eval "omtd_seen $omtd_w"
     omtd_i=0; omtd_a=; IFS=$omtd_nl; set -f
     for omtd_f in $omtd_o; do
      omtd_i=$((omtd_i+1)); eval "omtd_r=\$omtd_r$omtd_i"
      omtd_a="$omtd_a$omtd_f${omtd_r:+ >$omtd_r}$omtd_nl"
     done
     set +f; IFS=$omtd_ifs
     printf %s "$omtd_a"
    }

    """#

  static let contents = #"""
    if [ -x /usr/bin/base64 ] && [ ! /usr/bin/base64 -ef /usr/bin/env ] || base64 -w0 </dev/null >/dev/null 2>&1; then omtd_64='base64 -w0'; omtd_b64() { base64 -w0; }
    else omtd_64=; omtd_b64() { base64 | tr -d '\n'; }; fi
    omtd_contents() {
     omtd_i=0; omtd_w=; omtd_m=
     for omtd_p do
      omtd_i=$((omtd_i+1))
      if [ ! -e "$omtd_p" ]; then omtd_m="$omtd_m-$omtd_nl"
      elif [ -d "$omtd_p" ]; then omtd_m="$omtd_m! is a directory$omtd_nl"
      elif [ ! -f "$omtd_p" ]; then omtd_m="$omtd_m! is not a regular file$omtd_nl"
      elif [ ! -r "$omtd_p" ]; then omtd_m="$omtd_m! permission denied$omtd_nl"
      else
       # What was just seen to be small need not be looked at again.
       case $omtd_nl$omtd_small in *"$omtd_nl$omtd_p$omtd_nl"*) omtd_m="$omtd_m=$omtd_i$omtd_nl";; *) omtd_m="$omtd_m#$omtd_i$omtd_nl"; omtd_w="$omtd_w \"\${$omtd_i}\"";; esac
      fi
     done
     omtd_s=; [ -z "$omtd_w" ] || eval "omtd_s=\$(stat -L -c %s -- $omtd_w 2>/dev/null)"
     omtd_ifs=$IFS; IFS=$omtd_nl; set -f
     for omtd_x in $omtd_m; do
      case $omtd_x in
       =*|'#'*) omtd_z=0; case $omtd_x in '#'*) omtd_z=${omtd_s%%"$omtd_nl"*}; omtd_s=${omtd_s#"$omtd_z"}; omtd_s=${omtd_s#"$omtd_nl"};; esac
        if [ "${omtd_z:-0}" -gt 8388608 ]; then echo '! is larger than 8 MB'
        else
         eval "omtd_p=\${${omtd_x#?}}"
         # What is small goes out by one write.
         if [ -n "$omtd_64" ] && [ "${omtd_z:-0}" -le 65536 ]; then omtd_t=$(base64 -w0 <"$omtd_p"); printf '=%s\n' "$omtd_t"
         else printf =; omtd_b64 <"$omtd_p"; echo; fi
        fi;;
       *) printf '%s\n' "$omtd_x";;
      esac
     done
     set +f; IFS=$omtd_ifs
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
}
