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
    // Line feeds at the end get lost, and mean nothing there.
    "omtd_s=$(dd bs=65536 count=\(length) iflag=fullblock,count_bytes 2>/dev/null); "
      + #"omtd_1=; [ -n "$omtd_s" ] || { omtd_1=1; "#
      + #"omtd_s=$(dd bs=1 count=\#(length) 2>/dev/null); }; eval "$omtd_s""#
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
    setting + prelude + taking + loop
  }

  /// The program of one fresh shell; `hasInput` false gives the script `/dev/null`.
  static func freshProgram(prelude: String, script: String, hasInput: Bool) -> String {
    setting + prelude + taking + (hasInput ? "" : "exec </dev/null\n") + script + "\n"
  }

  // `omtd_1` is set where `dd` cannot count bytes in blocks.
  private static let taking = #"""

    if [ -z "$omtd_1" ]; then omtd_take() { dd bs=65536 count="$1" iflag=fullblock,count_bytes 2>/dev/null; }
    else omtd_take() { dd bs=1 count="$1" 2>/dev/null; }; fi

    """#

  private static let loop = #"""
    omtd_do() {
    if [ "$omtd_m" = 0 ]; then ( eval "$omtd_s" ) </dev/null
    else omtd_take "$omtd_m" | ( ( eval "$omtd_s" ); omtd_r=$?; cat >/dev/null; exit "$omtd_r" )
    fi
    printf '\n%s %s\n' "$omtd_i" "$?"
    printf '\n%s\n' "$omtd_i" >&2
    }
    while IFS=' ' read -r omtd_i omtd_n omtd_m omtd_f; do
    if [ -z "$omtd_1" ]; then omtd_s=$(dd bs=65536 count="$omtd_n" iflag=fullblock,count_bytes 2>/dev/null)
    else omtd_s=$(omtd_take "$omtd_n"); fi
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
