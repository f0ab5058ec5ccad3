import ModuleKit
import Values

/// Waits on the host until a condition holds, looking again and again; asked at its task's turn.
package struct WaitFact: Fact {
  package enum Condition: Hashable, Sendable {
    /// Nothing: only time passes.
    case time
    case path(String, isThere: Bool)
    /// A connection succeeds, or is refused.
    case port(Int, host: String, accepts: Bool)
    /// No connection to a port of this address is in one of these states of `/proc/net/tcp`.
    case drained(Int, host: String, states: [String])
  }

  package let condition: Condition
  /// Searched in the file, or in what the port sends; as Python writes it.
  package let pattern: String?
  /// All in seconds.
  package let delay: Int
  package let timeout: Int
  package let pause: Int
  package let connectTimeout: Int

  package struct Reading: Hashable, Sendable {
    package var isMet: Bool
    /// In seconds.
    package var elapsed: Int
    /// The lines in which the pattern was found.
    package var text: String
    /// Why waiting is not possible there; the host's words.
    package var trouble: String?

    package init(isMet: Bool, elapsed: Int, text: String = "", trouble: String? = nil) {
      self.isMet = isMet
      self.elapsed = elapsed
      self.text = text
      self.trouble = trouble
    }
  }

  package init(
    _ condition: Condition, pattern: String? = nil, delay: Int = 0, timeout: Int = 300,
    pause: Int = 1, connectTimeout: Int = 5
  ) {
    self.condition = condition
    self.pattern = pattern
    self.delay = delay
    self.timeout = timeout
    self.pause = pause
    self.connectTimeout = connectTimeout
  }

  package static let freshness = FactFreshness.asked
  package static let polls = true

  package var deadline: Duration { .seconds(delay + timeout + pause + connectTimeout + 60) }

  /// In a plan what earlier tasks would bring is not there to wait for.
  package func imagined(in overlay: Overlay) -> ImaginedReading<Reading>? {
    if case .path(let path, let isThere) = condition {
      switch overlay.node(at: path) {
      case .absent where pattern == nil: return .known(Reading(isMet: !isThere, elapsed: 0))
      case .file where pattern == nil, .directory where pattern == nil, .link where pattern == nil:
        return .known(Reading(isMet: isThere, elapsed: 0))
      default: break
      }
    }
    return overlay.isEmpty ? nil : .unknown(Unknown("earlier tasks change the host"))
  }

  package static func script(_ batch: [WaitFact]) -> ShellScript {
    ShellScript(verbatim: functions + "\n") + .lines(batch.map(\.call))
  }

  private var call: ShellScript {
    let times: ShellScript =
      "\(delay) \(timeout) \(pause) \(connectTimeout) \(pattern ?? "") \(Self.extended(pattern ?? ""))"
    switch condition {
    case .time: return "omtd_wait \(script: times) omtd_never"
    case .path(let path, let isThere):
      return "omtd_wait \(script: times) \(isThere ? "omtd_there" : "omtd_gone") \(path)"
    case .port(let port, let host, let accepts):
      return
        "omtd_wait \(script: times) \(accepts ? "omtd_open" : "omtd_closed") \(host) \(port) \(hexadecimal(port))"
    case .drained(let port, let host, let states):
      return
        "omtd_locals \(host); omtd_wait \(script: times) omtd_drained \(hexadecimal(port)) \(words: states)"
    }
  }

  /// The pattern for a `grep` that only knows extended expressions; nearly the same for most.
  static func extended(_ pattern: String) -> String {
    let classes: [Character: String] = [
      "d": "[0-9]", "D": "[^0-9]", "s": "[[:space:]]", "S": "[^[:space:]]", "w": "[[:alnum:]_]",
      "W": "[^[:alnum:]_]", "A": "^", "Z": "$",
    ]
    var out = ""
    var rest = Substring(pattern)
    while let first = rest.popFirst() {
      if first == "\\", let next = rest.popFirst() {
        out += classes[next] ?? "\\\(next)"
      } else if first == "(", rest.hasPrefix("?:") {
        out += "("
        rest = rest.dropFirst(2)
      } else if first == "(", rest.hasPrefix("?P<") {
        out += "("
        rest = rest.drop { $0 != ">" }.dropFirst()
      } else {
        out.append(first)
        // What is not greedy finds the same lines.
        if "*+?".contains(first), rest.first == "?" { rest = rest.dropFirst() }
      }
    }
    return out
  }

  private func hexadecimal(_ port: Int) -> String {
    let digits = String(max(0, port), radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  /// `yes`, `no` or `! WORDS`, the seconds, and the found lines in base 64.
  package func parse(_ line: Substring) -> Reading {
    if line.hasPrefix("! ") {
      return Reading(isMet: false, elapsed: 0, trouble: String(line.dropFirst(2)))
    }
    let parts = line.split(separator: " ")
    let bytes = parts.count > 2 ? Base64.bytes(parts[2]) ?? [] : []
    return Reading(
      isMet: parts.first == "yes", elapsed: parts.count > 1 ? Int(parts[1]) ?? 0 : 0,
      text: String(decoding: bytes, as: UTF8.self))
  }

  // A test gives 0 if the condition holds, 1 if not, and 2 with words in `omtd_w` if nobody can
  // tell there. What it finds for the pattern is left in `omtd_f`.
  private static let functions = #"""
    omtd_wait() {
     omtd_b=$(date +%s); omtd_to=$2; omtd_pa=$3; omtd_ct=$4; omtd_re=$5; omtd_er=$6
     [ "$1" = 0 ] || sleep "$1"
     shift 6
     while :; do
      omtd_f=; omtd_w=
      "$@"; omtd_r=$?
      omtd_n=$(( $(date +%s) - omtd_b ))
      case $omtd_r in
       0) printf 'yes %s %s\n' "$omtd_n" "$(printf %s "$omtd_f" | omtd_b64)"; return 0;;
       2) printf '! %s\n' "$omtd_w"; return 0;;
      esac
      if [ "$omtd_n" -ge "$omtd_to" ]; then echo "no $omtd_n"; return 0; fi
      sleep "$omtd_pa"
     done
    }
    omtd_never() { return 1; }
    omtd_search() {
     if printf '' | grep -qP x 2>/dev/null; [ $? -lt 2 ]; then omtd_f=$(grep -aP -- "$omtd_re" | head -c 65536)
     else omtd_f=$(grep -E -- "$omtd_er" | head -c 65536); fi
     [ -n "$omtd_f" ]
    }
    omtd_there() {
     [ -e "$1" ] || return 1
     [ -n "$omtd_re" ] || return 0
     [ -f "$1" ] || return 1
     omtd_search <"$1"
    }
    omtd_gone() {
     [ -e "$1" ] || return 0
     [ -n "$omtd_re" ] || return 1
     ! omtd_search <"$1"
    }
    omtd_limited() {
     if command -v timeout >/dev/null 2>&1; then timeout "$omtd_ct" "$@"; else "$@"; fi
    }
    omtd_listens() {
     for omtd_x in /proc/net/tcp /proc/net/tcp6; do
      [ -r "$omtd_x" ] || continue
      while read -r omtd_s omtd_l omtd_m omtd_st omtd_y; do
       [ "$omtd_st" = 0A ] || continue
       case $omtd_l in
        00000000:$1|0100007F:$1) return 0;;
        00000000000000000000000000000000:$1) return 0;;
        00000000000000000000000001000000:$1|0000000000000000FFFF00000100007F:$1) return 0;;
       esac
      done <"$omtd_x"
     done
     return 1
    }
    # What comes is told until it holds the pattern, which no end of a line needs to follow.
    omtd_reader='exec 3<>"/dev/tcp/$0/$1" || exit
     if printf "" | grep -qP x 2>/dev/null; [ $? -lt 2 ]; then o=-aP; else o=-E; set -- "$1" "$3"; fi
     while [ ${#t} -lt 65536 ]; do
      x=; IFS= read -r -d "" -t 0.2 -n 4096 x <&3; r=$?
      if [ -n "$x" ]; then printf %s "$x"; t=$t$x; if printf %s "$t" | grep -q $o -- "$2"; then break; fi; fi
      [ $r -ne 1 ] || break
     done'
    omtd_connect() {
     if command -v bash >/dev/null 2>&1; then
      if [ -z "$omtd_re" ]; then omtd_limited bash -c ': 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; return; fi
      omtd_search <<omtd_end
    $(omtd_limited bash -c "$omtd_reader" "$1" "$2" "$omtd_re" "$omtd_er" 2>/dev/null | head -c 65536 | tr -d '\000')
    omtd_end
      return
     fi
     for omtd_x in nc 'busybox nc'; do
      command -v "${omtd_x%% *}" >/dev/null 2>&1 || continue
      if [ -z "$omtd_re" ]; then omtd_limited $omtd_x -w "$omtd_ct" "$1" "$2" </dev/null >/dev/null 2>&1; return; fi
      omtd_search <<omtd_end
    $(omtd_limited $omtd_x -w "$omtd_ct" "$1" "$2" </dev/null 2>/dev/null | head -c 65536 | tr -d '\000')
    omtd_end
      return
     done
     omtd_w='neither bash nor nc is there to connect with'
     return 2
    }
    omtd_reach() {
     if [ -z "$omtd_re" ]; then
      case $1 in 127.0.0.1|localhost|::1) if [ -r /proc/net/tcp ]; then omtd_listens "$3"; return; fi;; esac
     fi
     omtd_connect "$1" "$2"
    }
    omtd_open() { omtd_reach "$@"; case $? in 0) return 0;; 2) return 2;; *) return 1;; esac; }
    omtd_closed() { omtd_reach "$@"; case $? in 0) return 1;; 2) return 2;; *) return 0;; esac; }
    omtd_locals() {
     omtd_v=; omtd_s=$1
     # Addresses as the table of the kernel writes them; `?` is any digit.
     case $1 in
      0.0.0.0) omtd_v=' ???????? 0000000000000000FFFF0000????????'; return 0;;
      ::) omtd_v=' ????????????????????????????????'; return 0;;
      *:*) ;;
      *[!0-9.]*) omtd_s=$({ getent ahosts "$1" || [ "$1" != localhost ] || echo 127.0.0.1; } 2>/dev/null | cut -d' ' -f1 | sort -u);;
     esac
     set -f
     for omtd_x in $omtd_s; do
      case $omtd_x in
       *:*) omtd_six "$omtd_x";;
       *) omtd_ifs=$IFS; IFS=.; omtd_four $omtd_x; IFS=$omtd_ifs;;
      esac
     done
     set +f
    }
    omtd_four() {
     [ $# -eq 4 ] || return 0
     omtd_n=$(printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1")
     omtd_v="$omtd_v $omtd_n 0000000000000000FFFF0000$omtd_n"
    }
    # Groups of four digits, in the byte order of the machine within each word.
    omtd_six() {
     omtd_x=${1%%%*}; omtd_y=; omtd_m=
     case $omtd_x in *::*) omtd_y=${omtd_x##*::}; omtd_x=${omtd_x%%::*};; esac
     omtd_ifs=$IFS; IFS=:
     set -- $omtd_y; omtd_l=$#; set -- $omtd_x; omtd_l=$((omtd_l+$#))
     for omtd_g do omtd_m="$omtd_m $omtd_g"; done
     while [ "$omtd_l" -lt 8 ]; do omtd_m="$omtd_m 0"; omtd_l=$((omtd_l+1)); done
     for omtd_g in $omtd_y; do omtd_m="$omtd_m $omtd_g"; done
     IFS=$omtd_ifs; set -- $omtd_m; omtd_m=
     while [ $# -ge 2 ]; do
      omtd_g=$(printf '%04X%04X' "0x$2" "0x$1"); shift 2
      omtd_l=${omtd_g#??}; omtd_n=${omtd_g%"$omtd_l"}; omtd_g=${omtd_l#??}; omtd_l=${omtd_l%"$omtd_g"}
      omtd_m="$omtd_m${omtd_l}$omtd_n${omtd_g#??}${omtd_g%??}"
     done
     omtd_v="$omtd_v $omtd_m"
    }
    omtd_drained() {
     omtd_p=$1; shift
     if [ -z "$omtd_v" ]; then omtd_w="no address of $omtd_s is known"; return 2; fi
     if [ ! -r /proc/net/tcp ]; then omtd_w='/proc/net/tcp cannot be read'; return 2; fi
     for omtd_x in /proc/net/tcp /proc/net/tcp6; do
      [ -r "$omtd_x" ] || continue
      while read -r omtd_s omtd_l omtd_m omtd_st omtd_y; do
       case $omtd_l in *:$omtd_p) ;; *) continue;; esac
       case " $* " in *" $omtd_st "*) ;; *) continue;; esac
       set -f
       for omtd_g in $omtd_v; do case ${omtd_l%:*} in $omtd_g) set +f; return 1;; esac; done
       set +f
      done <<omtd_end
    $(cat "$omtd_x")
    omtd_end
     done
     return 0
    }
    """#
}
