import Diagnostics
import Running

/// What only the task's turn could show, told with the host and the task: a mistake in a file, a
/// step that failed, a host that cannot be reached.
enum TaskFailure {
  static func diagnostic(
    _ cause: Diagnostic, _ host: String, _ task: TaskHeader, _ status: Status
  ) -> Diagnostic {
    var diagnostic = cause
    let word = status == .unreachable ? "host is unreachable" : "task failed"
    let link = status == .unreachable ? ":" : " on"
    let (host, name) = (TerminalText.name(host), TerminalText.name(task.name))
    diagnostic.summary = "\(word)\(link) `\(host)`, task \"\(name)\""
    var reason = cause.summary
    // The message keeps Python's form, which playbooks test for; people read ours.
    if reason.hasPrefix("'"), reason.hasSuffix("' is undefined") {
      let name = reason.dropFirst().dropLast("' is undefined".count)
      reason = "`\(name)` is undefined"
      diagnostic.length = max(diagnostic.length, name.unicodeScalars.count)
    }
    if reason.hasSuffix(": Too many open files"), diagnostic.hint == nil {
      diagnostic.hint = "raise the limit, as with `ulimit -n 4096`, or take fewer hosts a run"
    }
    diagnostic.evidence.insert(.init("reason", DiffText.sanitized(reason)), at: 0)
    return diagnostic
  }
}
