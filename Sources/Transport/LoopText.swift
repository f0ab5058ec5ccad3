/// The shell text of the framed loop.
///
/// It starts in two steps. The command that the host runs (`bootstrap`) is one short line without
/// single quotes, `!` or backslash pairs, so that csh and fish pass it on unharmed and sudo logs
/// little. It says that it is ready, takes a counted number of bytes, and evaluates them: that is
/// `program`, which then takes requests.
///
/// A request is the line `NONCE SCRIPTBYTES INPUTBYTES MODE`, the script, and the input. `dd` takes
/// counted bytes and no more; whatever a script leaves of its input is drained, since a byte left
/// over would be run as the next request. The end of each stream is a line feed and the nonce, on
/// stdout with the status. `NONCE end` on stdout means that nothing of the request holds a pipe
/// any more, and the loop takes the next one.
enum LoopText {
  /// Waits for `length` bytes of program on standard input.
  static func bootstrap(nonce: String, length: Int) -> String {
    #"{ read -r omtd_p </proc/$$/stat; } 2>/dev/null; "#
      + #"printf "\n%s %s %s\n" \#(nonce) "$$" "$omtd_p"; printf "\n%s\n" \#(nonce) >&2; "#
      + take(length)
  }

  /// As `bootstrap` for one script inside a request; it says only on stderr that it is ready.
  static func freshBootstrap(nonce: String, length: Int) -> String {
    #"{ read -r omtd_p </proc/$$/stat; } 2>/dev/null; "#
      + #"printf "\n%s %s %s\n" \#(nonce) "$$" "$omtd_p" >&2; "# + take(length)
  }

  /// Drops lines up to the nonce: a password that `sudo` did not ask for ends here.
  static func skipping(to nonce: String) -> String {
    #"while IFS= read -r omtd_p; do [ "$omtd_p" = \#(nonce) ] && break; done; "#
  }

  private static func take(_ length: Int) -> String {
    "omtd_s=$(dd bs=65536 count=\(length) iflag=fullblock,count_bytes 2>/dev/null"
      + " || dd bs=1 count=\(length) 2>/dev/null; printf x); "
      + #"eval "${omtd_s%x}""#
  }

  /// First in each shell: no idle limit, the C locale for what our own scripts read.
  private static let setting = """
    unset TMOUT
    OMTD_LC_ALL=${LC_ALL-}
    LC_ALL=C
    export LC_ALL

    """

  /// Puts the login's own locale back, for what is started next.
  static let ownLocale = """
    if [ -n "$OMTD_LC_ALL" ]; then LC_ALL=$OMTD_LC_ALL; else unset LC_ALL; fi

    """

  static func program(prelude: String) -> String {
    setting + prelude + "\n" + loop
  }

  /// The program of one fresh shell; `hasInput` false gives the script `/dev/null`.
  static func freshProgram(prelude: String, script: String, hasInput: Bool) -> String {
    setting + prelude + "\n" + (hasInput ? "" : "exec </dev/null\n") + script + "\n"
  }

  private static let loop = #"""
    omtd_take() { dd bs=65536 count="$1" iflag=fullblock,count_bytes 2>/dev/null; }
    [ "$(printf abc | omtd_take 2)" = ab ] || omtd_take() { dd bs=1 count="$1" 2>/dev/null; }
    omtd_do() {
    if [ "$omtd_m" = 0 ]; then ( eval "$omtd_s" ) </dev/null
    else omtd_take "$omtd_m" | ( ( eval "$omtd_s" ); omtd_r=$?; cat >/dev/null; exit "$omtd_r" )
    fi
    printf '\n%s %s\n' "$omtd_i" "$?"
    printf '\n%s\n' "$omtd_i" >&2
    }
    while IFS=' ' read -r omtd_i omtd_n omtd_m omtd_f; do
    omtd_s=$(omtd_take "$omtd_n"; printf x)
    omtd_s=${omtd_s%x}
    if [ "$omtd_f" = plain ]; then omtd_do
    else { omtd_do 2>&1 >&3 3>&- | cat >&2 3>&-; } 3>&1 | cat
    fi
    printf '%s end\n' "$omtd_i"
    done
    """#

  /// Ends a process group: politely, and after three seconds not.
  static func kill(processGroup: Int32) -> String {
    """
    kill -TERM -\(processGroup) 2>/dev/null
    for omtd_k in 1 2 3; do
    kill -0 -\(processGroup) 2>/dev/null || exit 0
    sleep 1
    done
    kill -KILL -\(processGroup) 2>/dev/null
    exit 0
    """
  }
}
