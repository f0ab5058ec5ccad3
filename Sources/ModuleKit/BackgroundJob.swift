import Values

/// Steps that run on a host after the connection that started them, as `async` asks.
///
/// A job is a file `ID` in the job folder, which holds one word of its state, and a folder `ID.d`
/// beside it with the output of each step. The folder's mode is 0700. A watcher of its own session
/// ends the job when its time is over. Nothing but `sh` is needed; with `setsid` the job is out of
/// reach of what ends the login's session.
package struct BackgroundJob: Hashable, Sendable {
  package var id: String
  /// Nil: `~/.ansible_async` of the user that the steps run as.
  package var folder: String?

  package init(id: String, folder: String? = nil) {
    self.id = id
    self.folder = folder
  }

  /// The step that starts the job. It prints the path of the job's file.
  ///
  /// - Parameter limit: seconds after which the job is killed.
  package func start(_ steps: [StepScript], limit: Int) -> Run {
    var input: [UInt8] = []
    var taking: ShellScript = ""
    func take(_ bytes: [UInt8], _ name: String) {
      if bytes.isEmpty {
        taking += ": >\"$omtd_d/\(verbatim: name)\" || exit 1\n"
      } else {
        taking +=
          "omtd_take \(bytes.count) >\"$omtd_d/\(verbatim: name)\" || exit 1\n"
        input += bytes
      }
    }
    take(Array(Self.work(steps).utf8), "work")
    take(Array(Self.watch.utf8), "watch")
    for (index, step) in steps.enumerated() { take(step.input, "in.\(index)") }
    var run = Run(
      "start job \(id)",
      """
      \(script: folderScript)
      omtd_u=$(umask); umask 077
      mkdir -p -- "$omtd_j" && chmod 700 -- "$omtd_j" || exit 1
      omtd_j=$omtd_j/\(id); omtd_d=$omtd_j.d
      mkdir -- "$omtd_d" || exit 1
      \(script: taking)echo running >"$omtd_j" || exit 1
      umask "$omtd_u"
      omtd_s=; if command -v setsid >/dev/null 2>&1; then omtd_s=setsid; fi
      trap '' HUP
      $omtd_s sh "$omtd_d/watch" "$omtd_j" \(String(limit)) $omtd_s </dev/null >/dev/null 2>&1 &
      printf %s "$omtd_j"
      """, input: input, effect: .opaque, deadline: .seconds(120))
    run.isUserCommand = false
    return run
  }

  private var folderScript: ShellScript {
    """
    omtd_j=\(folder ?? "")
    omtd_j=${omtd_j:-$HOME/.ansible_async}
    case $omtd_j in '~/'*) omtd_j=$HOME/${omtd_j#??};; esac
    """
  }

  /// The step that takes the job's files away.
  package var cleanUp: Run {
    Run(
      "remove job \(id)",
      """
      \(script: folderScript)
      omtd_j=$omtd_j/\(id)
      rm -rf -- "$omtd_j.d" "$omtd_j" && printf %s "$omtd_j"
      """, effect: .makes([]))
  }

  private static func work(_ steps: [StepScript]) -> String {
    var text = """
      omtd_d=$1
      omtd_take() { dd bs=65536 count="$1" iflag=fullblock,count_bytes 2>/dev/null; }
      [ "$(printf abc | omtd_take 2)" = ab ] || omtd_take() { dd bs=1 count="$1" 2>/dev/null; }
      \(Prelude.text)

      """
    for (index, step) in steps.enumerated() {
      text += """
        { \(step.script.text)
        } <"$omtd_d/in.\(index)" >"$omtd_d/out.\(index)" 2>"$omtd_d/err.\(index)"
        omtd_r=$?; echo "$omtd_r" >"$omtd_d/status.\(index)"
        [ "$omtd_r" = 0 ] || exit 0

        """
    }
    return text
  }

  // A zombie answers `kill -0` until it is waited for, which happens at once.
  private static let watch = #"""
    f=$1; n=$2; s=$3
    $s sh "$f.d/work" "$f.d" & w=$!
    ( while [ "$n" -gt 0 ] && kill -0 "$w"; do sleep 1; n=$((n-1)); done
     kill -0 "$w" || exit
     : >"$f.d/late"; kill -KILL "-$w" || kill -KILL "$w" ) 2>/dev/null &
    wait "$w"
    umask 077
    if [ -e "$f.d/late" ]; then echo late >"$f.new"; else echo done >"$f.new"; fi
    [ ! -e "$f" ] || mv -f "$f.new" "$f"

    """#
}

/// The state of a job, with what its steps gave.
package struct JobFact: Fact {
  package let job: BackgroundJob

  package init(_ job: BackgroundJob) { self.job = job }

  package enum Reading: Sendable {
    case missing
    case running(path: String)
    /// Killed when its time was over.
    case late(path: String)
    case done(path: String, [StepOutput.Known])
    /// The host answered in another way.
    case unreadable(String)

    package var path: String? {
      switch self {
      case .running(let path), .late(let path), .done(let path, _): path
      case .missing, .unreadable: nil
      }
    }
  }

  package static var freshness: FactFreshness { .asked }

  private static let function = ShellScript(
    verbatim: #"""
      omtd_job() {
       omtd_j=${1:-$HOME/.ansible_async}/$2
       case $omtd_j in '~/'*) omtd_j=$HOME/${omtd_j#??};; esac
       if ! read -r omtd_t <"$omtd_j"; then echo -; return; fi 2>/dev/null
       printf '%s %s ' "$omtd_t" "$(printf %s "$omtd_j" | omtd_b64)"
       if [ "$omtd_t" = done ]; then
        { omtd_k=0
         while [ -e "$omtd_j.d/status.$omtd_k" ]; do
          read -r omtd_r <"$omtd_j.d/status.$omtd_k"
          printf '%s %s %s\n' "$omtd_r" $(wc -c <"$omtd_j.d/out.$omtd_k") $(wc -c <"$omtd_j.d/err.$omtd_k")
          cat "$omtd_j.d/out.$omtd_k" "$omtd_j.d/err.$omtd_k"; omtd_k=$((omtd_k+1))
         done; } | omtd_b64
       fi
       echo
      }

      """#)

  package static func script(_ batch: [JobFact]) -> ShellScript {
    function + .lines(batch.map { "omtd_job \($0.job.folder ?? "") \($0.job.id)" })
  }

  package func parse(_ line: Substring) -> Reading {
    if line == "-" { return .missing }
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let name = Base64.bytes(parts[1]) else {
      return .unreadable(String(line.prefix(80)))
    }
    let path = String(decoding: name, as: UTF8.self)
    switch parts[0] {
    case "running": return .running(path: path)
    case "late": return .late(path: path)
    case "done":
      guard let bytes = Base64.bytes(parts[2]), let outputs = Self.outputs(bytes[...]) else {
        return .unreadable(String(line.prefix(80)))
      }
      return .done(path: path, outputs)
    default: return .unreadable(String(line.prefix(80)))
    }
  }

  /// For each step a line `STATUS OUTBYTES ERRBYTES`, then these bytes.
  private static func outputs(_ bytes: ArraySlice<UInt8>) -> [StepOutput.Known]? {
    var rest = bytes
    var outputs: [StepOutput.Known] = []
    while let end = rest.firstIndex(of: 10) {
      let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
      guard words.count == 3, let status = Int32(words[0]), let out = Int(words[1]),
        let err = Int(words[2]), out >= 0, err >= 0
      else { return nil }
      rest = rest[(end + 1)...]
      guard out <= rest.count, err <= rest.count - out else { return nil }
      outputs.append(
        .init(
          status: status, stdout: Array(rest.prefix(out)),
          stderr: Array(rest.dropFirst(out).prefix(err))))
      rest = rest.dropFirst(out + err)
    }
    return rest.isEmpty ? outputs : nil
  }
}
