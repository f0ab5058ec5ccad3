import Diagnostics
import ModuleKit
import Templating
import Transport
import Values

// The ways in which an item ends without its module's own result.

extension HostTask {
  func skipped(_ condition: String, label: Value?) -> ItemOutcome {
    var result = ItemResult(
      status: .skipped,
      values: [
        "changed": false, "skipped": true, "skip_reason": "Conditional result was False",
        "false_condition": .string(condition),
      ])
    result.label = label
    return ItemOutcome(result: result)
  }

  /// Only `apply` can tell whether and how it runs.
  func conditional(_ reason: Unknown, label: Value?) -> ItemOutcome {
    guard imagines else {
      // Nothing stays unknown when steps are taken.
      return failure(
        EvaluationStop.failed(
          .error("a value is not known: \(reason.reason)", at: task.location),
          isUndefined: false), label: label)
    }
    var result = ItemResult(
      status: .ok, values: ["changed": .unknown(reason)], rest: reason, label: label)
    result.rows = [
      ChangeRow(
        kind: .conditional, item: label.map(itemText), diffs: [], labels: [],
        reason: reason.reason)
    ]
    return ItemOutcome(result: result)
  }

  func failure(_ error: any Error, label: Value?) -> ItemOutcome {
    var result = ItemResult(status: .failed, values: ["changed": false, "failed": true])
    result.label = label
    result.location = task.location
    switch error {
    case EvaluationStop.failed(let diagnostic, _):
      result.diagnostic = diagnostic
      result.values["msg"] = .string(diagnostic.summary)
    case let diagnostic as Diagnostic:
      result.diagnostic = diagnostic
      result.values["msg"] = .string(diagnostic.summary)
    case let failure as ConnectionFailure: return lost(failure, label: label)
    default: result.values["msg"] = .string("\(error)")
    }
    return ItemOutcome(result: result)
  }

  /// The machine could not be asked.
  func lost(_ failure: ConnectionFailure, label: Value?) -> ItemOutcome {
    var message = failure.description
    if let hint = failure.hint { message += " (\(hint))" }
    var result = ItemResult(
      status: failure.isUnreachable ? .unreachable : .failed,
      values: ["changed": false, "msg": .string(message)])
    result.values[failure.isUnreachable ? "unreachable" : "failed"] = true
    // The program that was to change the user ran, and said no.
    if failure.phase == .escalate, failure.detail != nil { result.values["rc"] = 1 }
    if failure.phase == .run, let status = failure.output?.status, status != 0 {
      result.values["rc"] = .int(Int(status))
    }
    result.label = label
    result.location = task.location
    result.diagnostic = .error(failure.description, at: task.location, hint: failure.hint)
    return ItemOutcome(result: result)
  }

  /// The task's `timeout` is over; what ran was killed.
  func timedOut(after seconds: Int) -> ItemOutcome {
    let message = "Timed out after \(seconds) second(s)."
    var result = ItemResult(
      status: .failed,
      values: [
        "changed": false, "failed": true, "msg": .string(message),
        "timedout": ["period": .int(seconds)],
      ])
    result.location = task.location
    result.diagnostic = .error(message, at: task.location)
    return ItemOutcome(result: result)
  }

  func itemText(_ value: Value) -> String {
    value.opened.string ?? JSON.text(value, style: .python)
  }
}
