import Diagnostics
import ModuleKit
import Running
import Values

/// Events as JSON, one a line: the first tells the version, the last is the recap. A new minor
/// version only adds keys.
package struct JSONLines {
  package static let version = "1.2"
  private var count = 0
  private var hasBegun = false
  /// What becomes of each text, names of keys left out: secrets are taken out of it.
  private let shown: @Sendable (String) -> String

  package init(shown: @escaping @Sendable (String) -> String = { $0 }) { self.shown = shown }

  /// The line of an event, with its end; nil for events that have none.
  package mutating func line(of event: Event) -> String? {
    if case .runStarted = event {
      // Machines come before the plays, and the version before all.
      if hasBegun { return nil }
      hasBegun = true
    }
    guard var line = map(event) else { return nil }
    for (key, value) in line where !Self.words.contains(key.string ?? "") {
      line[key] = masked(value)
    }
    line["seq"] = .int(count)
    count += 1
    return JSON.text(.map(line), style: .compact) + "\n"
  }

  /// Keys whose values are words of ours.
  private static let words: Set = ["event", "version", "mode", "status", "severity", "command"]

  private func masked(_ value: Value) -> Value {
    switch value {
    case .string(let text): .string(shown(text))
    case .list(let items): .list(items.map(masked))
    case .tuple(let items): .tuple(items.map(masked))
    case .map(let map): .map(map.mapValues(masked))
    case .partial(let map, let rest): .partial(map.mapValues(masked), rest: rest)
    default: value
    }
  }

  private func map(_ event: Event) -> ValueMap? {
    switch event {
    case .hostStarted: return nil
    case .runStarted(let header):
      var line: ValueMap = [
        "event": "version", "version": .string(Self.version), "mode": .string(header.mode.rawValue),
        "playbooks": .list(header.playbooks.map { .string($0) }),
      ]
      if let command = header.command { line["command"] = .string(command) }
      return line
    case .playStarted(let play):
      return [
        "event": "play", "name": .string(play.name), "location": place(play.location),
        "hosts": .list(play.hosts.map { .string($0) }),
      ]
    case .playSkipped(let play): return ["event": "play_skipped", "name": .string(play.name)]
    case .taskStarted(let task): return ["event": "task", "task": .map(describe(task))]
    case .itemFinished(let host, let task, let item):
      var line: ValueMap = [
        "event": "item", "host": .string(host), "task_id": .int(task.id),
        "status": .string(item.status.rawValue),
      ]
      line["item"] = item.isHidden ? nil : item.label
      line["result"] = item.isHidden ? nil : item.value
      return line
    case .retrying(let host, let task, let left, _):
      return [
        "event": "retry", "host": .string(host), "task_id": .int(task.id),
        "retries_left": .int(left),
      ]
    case .taskFinished(let host, let task, let result):
      var line: ValueMap = [
        "event": "result", "host": .string(host), "task_id": .int(task.id),
        "status": .string(result.status.rawValue), "name": .string(task.name),
        "action": .string(task.action),
        "elapsed": .double(seconds(result.elapsed)),
      ]
      if let delegate = result.delegate { line["delegated_to"] = .string(delegate.name) }
      line["result"] = result.isHidden ? ["censored": true] : result.value
      line["rows"] = rows(result, task, host)
      return line
    case .included(let included, let task):
      var line: ValueMap = [
        "event": "included", "task_id": .int(task.id), "name": .string(task.name),
        "action": .string(task.action), "path": .string(included.path),
        "hosts": .list(included.hosts.map { .string($0) }),
      ]
      if let label = included.label, !included.isHidden { line["item"] = label }
      return line
    case .machine(let machine): return describe(machine)
    case .notice(let text): return ["event": "notice", "text": .string(text)]
    case .diagnostic(let diagnostic):
      var line: ValueMap = [
        "event": "diagnostic", "severity": .string(diagnostic.severity.rawValue),
        "location": diagnostic.location.map(place) ?? .null,
      ]
      Self.describe(diagnostic, in: &line)
      return line
    case .noMoreHosts: return ["event": "no_more_hosts"]
    case .runFinished(let recap): return finished(recap)
    }
  }

  private func describe(_ machine: MachineEvent) -> ValueMap {
    var line: ValueMap = [
      "event": "machine", "host": .string(machine.host),
      "environment": .string(machine.environment), "status": .string(machine.status.rawValue),
    ]
    if let action = machine.action {
      line["action"] = .string(action)
      line["details"] = .strings(machine.details)
    }
    if let id = machine.id { line["id"] = .string(id) }
    if let address = machine.address { line["address"] = .string(address) }
    if let elapsed = machine.elapsed { line["elapsed"] = .double(seconds(elapsed)) }
    if let problem = machine.problem { Self.describe(problem, in: &line) }
    return line
  }

  private static func describe(_ problem: Diagnostic, in line: inout ValueMap) {
    line["summary"] = .string(problem.summary)
    line["evidence"] = .strings(problem.evidence.map { "\($0.label): \($0.text)" })
    if let hint = problem.hint { line["hint"] = .string(hint) }
  }

  private func describe(_ task: TaskHeader) -> ValueMap {
    [
      "id": .int(task.id), "name": .string(task.name), "action": .string(task.action),
      "location": place(task.location), "handler": .bool(task.isHandler),
      "role": task.role.map { .string($0) } ?? .null,
    ]
  }

  /// The rows of a result, the same in a plan and in the run that follows it.
  private func rows(_ result: TaskResult, _ task: TaskHeader, _ host: String) -> Value {
    let items: [(label: Value?, rows: [ChangeRow])] =
      result.items?.map { ($0.label, $0.rows) } ?? [(nil, result.rows)]
    return .list(
      items.flatMap { label, rows in
        rows.map { row -> Value in
          var line: ValueMap = [
            "kind": .string(row.kind.rawValue), "host": .string(host),
            "task": .string(task.name), "location": place(task.location),
          ]
          if !result.isHidden {
            if let label { line["item"] = label }
            line["diff"] = .list(row.diffs.map { .strings(DiffText.lines($0)) })
            line["steps"] = .strings(row.labels)
            if let reason = row.reason { line["reason"] = .string(reason) }
          }
          return .map(line)
        }
      })
  }

  private func finished(_ recap: Recap) -> ValueMap {
    var hosts = ValueMap()
    for (host, stats) in recap.hosts {
      hosts[.string(host)] = [
        "ok": .int(stats.ok), "changed": .int(stats.changed),
        "unreachable": .int(stats.unreachable), "failed": .int(stats.failed),
        "skipped": .int(stats.skipped), "rescued": .int(stats.rescued),
        "ignored": .int(stats.ignored),
      ]
    }
    var trips = ValueMap()
    for (host, count) in recap.roundTrips.sorted(by: { $0.key < $1.key }) {
      trips[.string(host)] = .int(count)
    }
    return [
      "event": "recap", "hosts": .map(hosts), "round_trips": .map(trips),
      "elapsed": .double(seconds(recap.elapsed)), "exit_code": .int(Int(recap.exitCode)),
      "planned": [
        "changes": .int(recap.planned.changes), "opaque": .int(recap.planned.opaque),
        "conditional": .int(recap.planned.conditional),
      ],
    ]
  }

  private func place(_ location: SourceLocation) -> Value { .string(location.description) }

  private func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}

extension Value {
  fileprivate static func strings(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }
}
