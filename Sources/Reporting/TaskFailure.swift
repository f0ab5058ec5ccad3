import Diagnostics
import Running

/// A mistake in a file that only the task's turn could show, told with the host and the task.
enum TaskFailure {
  static func diagnostic(
    _ cause: Diagnostic, _ host: String, _ task: TaskHeader
  ) -> Diagnostic {
    var diagnostic = cause
    diagnostic.summary = "task failed on `\(host)`, task \"\(task.name)\""
    var reason = cause.summary
    // The message keeps Python's form, which playbooks test for; people read ours.
    if reason.hasPrefix("'"), reason.hasSuffix("' is undefined") {
      let name = reason.dropFirst().dropLast("' is undefined".count)
      reason = "`\(name)` is undefined"
      diagnostic.length = max(diagnostic.length, name.unicodeScalars.count)
    }
    diagnostic.evidence.insert(.init("reason", reason), at: 0)
    return diagnostic
  }
}
