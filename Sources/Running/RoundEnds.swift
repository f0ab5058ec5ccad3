import Diagnostics
import ModuleKit
import Playbooks
import Values

// How the rounds of an item end: its result in Ansible's form, with rows and effects.

extension HostTask {
  func done(_ result: ModuleResult, _ progress: Progress, _ seat: Seat) -> ItemOutcome {
    var values = result.values
    let hasFailed =
      values["failed"] == true || (values["rc"]?.int ?? 0) != 0 && values["failed"] == nil
    values["failed"] = nil
    // In the order in which Ansible's results have them.
    values = ValueMap(
      [("changed", .bool(result.isChanged))] + values.filter { $0.key != "changed" }.map { $0 },
      uniquingKeysWith: { $1 })
    values["failed"] = .bool(hasFailed)
    values.merge(progress.jobValues) { $1 }
    if result.isSkipped { values["skipped"] = true }
    addLines(to: &values)
    var item = ItemResult(
      status: hasFailed
        ? .failed : result.isSkipped ? .skipped : result.isChanged ? .changed : .ok,
      values: values)
    item.rows = progress.rows
    item.warnings = result.warnings
    item.location = task.location
    if world.run.isDiffShown, !progress.diffs.isEmpty {
      item.values["diff"] = Diff.result(progress.diffs)
    }
    var effects: [Effect] = []
    if case .map(let facts)? = values["ansible_facts"] {
      effects.append(.learn(facts, host: seat.learner))
    }
    return ItemOutcome(
      result: item, effects: effects, stepped: progress.stepped, isOpaque: progress.isOpaque)
  }

  /// `stdout_lines` and `stderr_lines`, as every result with such output has them.
  private func addLines(to values: inout ValueMap) {
    for name in ["stdout", "stderr"] {
      guard let text = values[.string(name)]?.string, values[.string(name + "_lines")] == nil
      else { continue }
      values[.string(name + "_lines")] = .list(Self.lines(text).map { .string($0) })
    }
  }

  /// As Python's `splitlines`, for the breaks that occur in output.
  private static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var scalars = text.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\r":
        if scalars.first == "\n" { scalars.removeFirst() }
        fallthrough
      case "\n", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}":
        lines.append(String(line))
        line = String.UnicodeScalarView()
      default: line.append(scalar)
      }
    }
    return line.isEmpty ? lines : lines + [String(line)]
  }

  func failed(_ failure: ModuleKit.Failure, _ progress: Progress, _ seat: Seat)
    -> ItemOutcome
  {
    var values = failure.values
    values["msg"] = .string(failure.message)
    values["failed"] = true
    values.merge(progress.jobValues) { $1 }
    addLines(to: &values)
    if values["changed"] == nil {
      values["changed"] = .bool(progress.hasChanged && !progress.isOpaque)
    }
    var item = ItemResult(status: .failed, values: values)
    item.rows = progress.rows
    item.location = task.location
    return ItemOutcome(result: item, stepped: progress.stepped, isOpaque: progress.isOpaque)
  }

  /// A command under `--check` or `check_mode`: skipped, but changed where `creates` or `removes`
  /// says that it would have run.
  private func notRun(_ progress: Progress) -> ItemOutcome {
    let isGuarded = task.arguments.contains {
      ["creates", "removes"].contains($0.key.string ?? "")
    }
    var values: ValueMap = [
      "changed": .bool(isGuarded), "failed": false,
      "msg": "Command would have run if not in check mode", "rc": 0, "stdout": "", "stderr": "",
    ]
    if !isGuarded { values["skipped"] = true }
    var item = ItemResult(status: isGuarded ? .changed : .skipped, values: values)
    item.rows = progress.rows
    return ItemOutcome(result: item, isOpaque: true)
  }

  /// Steps were imagined whose output nobody knows, or a fact is not known in the plan.
  func known(later reason: Unknown, _ progress: Progress, _ seat: Seat) -> ItemOutcome {
    if progress.isOpaque, !seat.keepsImagined || world.run.mode == .check {
      return notRun(progress)
    }
    if progress.isOpaque {
      var item = ItemResult(
        status: .changed, values: ["changed": true, "failed": false, "skipped": false],
        rest: reason)
      item.rows = progress.rows
      return ItemOutcome(result: item, stepped: progress.stepped, isOpaque: true)
    }
    var outcome = conditional(reason, label: nil)
    outcome.result.rows = progress.rows + outcome.result.rows
    if !progress.rows.isEmpty {
      outcome.result.rows = progress.rows
      outcome.result.status = .changed
      outcome.result.values["changed"] = true
    }
    return outcome
  }
}
