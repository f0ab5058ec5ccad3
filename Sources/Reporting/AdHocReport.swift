import Running
import Values

/// The results of one module on each host, as the program `ansible` shows them: no plays, no tasks,
/// no recap.
extension PlainReport {
  /// The modules of which the output is shown as it is.
  private static let commands: Set<String> = ["command", "shell", "raw", "script"]

  func adHocText(of event: Event) -> Output {
    var output = Output()
    switch event {
    case .taskFinished(let host, let task, let result):
      if !result.isHidden {
        for warning in result.warnings {
          output.err += "warning: \(DiffText.sanitized(warning))\n"
        }
      }
      output.out = diffs(result.rows, result.isHidden) + adHoc(host, task, result)
    case .notice(let text): output.err = "note: \(text)\n"
    case .diagnostic(let diagnostic): output.err = renderer.render(diagnostic)
    default: break
    }
    return output
  }

  private func adHoc(_ host: String, _ task: TaskHeader, _ result: TaskResult) -> String {
    let word: String
    switch result.status {
    case .ok: word = "SUCCESS"
    case .changed: word = "CHANGED"
    case .skipped: return style.paint("\(host) | SKIPPED\n", .skipped)
    case .failed, .ignored: word = "FAILED"
    case .unreachable: word = "UNREACHABLE"
    }
    let values = result.values
    let isBad = result.status.paint == .failed
    let isCommand = Self.commands.contains(task.module) && result.status != .unreachable
    if isCommand, !result.isHidden, let status = values["rc"]?.int {
      return style.paint(commandText(host, word, status, values, isBad), result.status.paint)
    }
    var shown: ValueMap = result.isHidden ? ["censored": "hidden: the task has `no_log`"] : values
    for key in ["failed", "skipped", "stdout_lines", "stderr_lines"] { shown[.string(key)] = nil }
    if task.module == "debug" { shown["changed"] = nil }
    let style =
      form == .oneLine
      ? JSONStyle(sortKeys: true, itemSeparator: ",") : JSONStyle(indent: 4, sortKeys: true)
    let text = DiffText.sanitized(JSON.text(.map(shown), style: style))
    return self.style.paint(
      "\(host) | \(word)\(isBad ? "!" : "") => \(text)\n", result.status.paint)
  }

  private func commandText(
    _ host: String, _ word: String, _ status: Int, _ values: ValueMap, _ isBad: Bool
  ) -> String {
    func text(_ key: String) -> String {
      guard let value = values[.string(key)] else { return "" }
      return DiffText.sanitized(value.string ?? JSON.text(value, style: .python))
    }
    let head = "\(host) | \(word) | rc=\(status)"
    if form == .oneLine {
      let line = text("stdout").split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\\n")
      let errors = text("stderr").split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\\n")
      return "\(head) | (stdout) \(line)" + (errors.isEmpty ? "" : " (stderr) \(errors)") + "\n"
    }
    return "\(head) >>\n" + text("stdout") + text("stderr") + (isBad ? text("msg") : "") + "\n"
  }
}
