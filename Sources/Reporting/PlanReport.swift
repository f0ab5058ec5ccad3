import Diagnostics
import ModuleKit
import Running
import Values

/// A whole plan: rows of equal effect on several hosts shown once, with their source lines.
package struct PlanReport: Sendable {
  private struct Row: Sendable {
    var task: TaskHeader
    var item: String?
    var kind: ChangeRow.Kind
    var body: [String]
    var hosts: [String]
  }

  /// What makes rows of several hosts one.
  private struct Effect: Hashable, Sendable {
    var task: Int
    var item: String?
    var kind: ChangeRow.Kind
    var body: [String]
  }

  private struct Turn: Hashable, Sendable {
    /// The first row of the effect.
    var row: Int
    var host: String
  }

  private let renderer: Renderer
  private var rows: [Row] = []
  /// Rows by their effect: more than one where a host has it more than once.
  private var places: [Effect: [Int]] = [:]
  /// How often a host had an effect.
  private var turns: [Turn: Int] = [:]
  private var problems: [String] = []
  private var unreachable: [String] = []
  private var recap: Recap?

  package init(renderer: Renderer) { self.renderer = renderer }

  package var hasChanges: Bool { !rows.isEmpty }

  package mutating func take(_ event: Event) {
    switch event {
    case .taskFinished(let host, let task, let result):
      let items: [(Value?, [ChangeRow], Bool)] =
        result.items?.map { ($0.label, $0.rows, $0.isHidden) }
        ?? [(nil, result.rows, result.isHidden)]
      for (label, changes, isHidden) in items {
        for change in changes { add(change, label, isHidden, task, host) }
      }
      if result.status == .failed || result.status == .unreachable {
        fail(host, task, result)
      }
    case .diagnostic(let diagnostic): problems.append(renderer.render(diagnostic))
    case .runFinished(let recap): self.recap = recap
    default: break
    }
  }

  private mutating func fail(_ host: String, _ task: TaskHeader, _ result: TaskResult) {
    if result.status == .unreachable { unreachable.append(host) }
    if let diagnostic = result.diagnostic, !result.isHidden {
      let text = renderer.render(TaskFailure.diagnostic(diagnostic, host, task, result.status))
      if !problems.contains(text) { problems.append(text) }
      return
    }
    let word = result.status == .unreachable ? "host is unreachable:" : "task would fail on"
    let message = result.isHidden ? "(hidden)" : result.values["msg"]?.string ?? ""
    problems.append(
      renderer.render(
        .error(
          "\(word) `\(TerminalText.name(host))`, task \"\(TerminalText.name(task.name))\"",
          at: task.location,
          evidence: [.init("message", DiffText.sanitized(message))])))
  }

  private mutating func add(
    _ change: ChangeRow, _ label: Value?, _ isHidden: Bool, _ task: TaskHeader, _ host: String
  ) {
    var body: [String] = []
    if isHidden {
      body = ["    (hidden: no_log)"]
    } else if change.kind == .conditional {
      body = ["    (known after apply: \(change.reason ?? "an earlier result"))"]
    } else {
      body = change.diffs.flatMap { diff in
        // Lines of a text begin with the mark of a unified diff, the others are indented.
        let lines = DiffText.lines(diff)
        if case .text = diff { return lines.map { "    " + $0 } }
        return lines
      }
      if change.diffs.isEmpty { body = change.labels.map { "    " + DiffText.sanitized($0) } }
    }
    let item = isHidden ? nil : label.map(ItemText.text(of:))
    let effect = Effect(task: task.id, item: item, kind: change.kind, body: body)
    let equal = places[effect, default: []]
    let turn = Turn(row: equal.first ?? rows.count, host: host)
    let count = turns[turn, default: 0]
    turns[turn] = count + 1
    if count < equal.count {
      rows[equal[count]].hosts.append(host)
    } else {
      places[effect, default: []].append(rows.count)
      rows.append(Row(task: task, item: item, kind: change.kind, body: body, hosts: [host]))
    }
  }

  package func text(style: Style) -> String {
    var out = ""
    var last: Int?
    for row in rows {
      if row.task.id != last {
        let kind = row.task.isHandler ? "handler " : ""
        out += "\n" + style.paint("\(kind)\(TerminalText.name(row.task.name))", .bold)
        out += style.paint("   \(row.task.action)   \(row.task.location)\n", .faint)
        last = row.task.id
      }
      let mark =
        switch row.kind {
        case .change: style.paint("~", .changed)
        case .opaque: style.paint("!", .warning)
        case .conditional: style.paint("?", .skipped)
        }
      let item = row.item.map { " (item=\($0))" } ?? ""
      let hosts = row.hosts.map(TerminalText.name).joined(separator: ", ")
      out += "  \(mark) \(hosts)\(item)\n"
      for line in row.body.prefix(60) { out += style.diffLine(line) + "\n" }
      if row.body.count > 60 { out += "    … \(row.body.count - 60) more lines\n" }
    }
    for problem in problems { out += "\n" + problem }
    return out + "\n" + summary + "\n"
  }

  private var summary: String {
    guard let recap else { return "The plan did not come to an end." }
    let counts = recap.planned
    let hosts = recap.hosts.count
    if hosts == 0, problems.isEmpty { return "No host is in this plan." }
    if counts.changes + counts.opaque + counts.conditional == 0 {
      return problems.isEmpty
        ? "No changes. \(hosts == 1 ? "The host matches" : "All \(hosts) hosts match") the playbook."
        : "No changes could be planned."
    }
    var text = "Plan: \(counts.changes) to change"
    if counts.opaque > 0 { text += ", \(counts.opaque) that run and cannot be predicted (!)" }
    if counts.conditional > 0 { text += ", \(counts.conditional) known after apply (?)" }
    text += ", \(counts.unchanged) unchanged, on \(hosts) host\(hosts == 1 ? "" : "s")."
    if !unreachable.isEmpty {
      let names = unreachable.map(TerminalText.name).joined(separator: ", ")
      text += " Unreachable, so unknown: \(names)."
    }
    return text
  }
}
