import TestKit
import Values

/// The results of each host, in the words of `expected.json`, made of the events of a run.
struct ExampleRows {
  private(set) var hosts: [String: [ValueMap]] = [:]
  private var items: [String: [ValueMap]] = [:]
  private var task: Value = .null

  init(_ events: [Value]) { for event in events { take(event) } }

  private mutating func take(_ event: Value) {
    let host = event["host"]?.string ?? ""
    let key = "\(event["task_id"]?.int ?? 0) \(host)"
    let isHidden = (event["result"] ?? .null).isNull || event["result"]?["censored"] != nil
    switch event["event"]?.string {
    case "task": task = event["task"] ?? .null
    case "item":
      var row: ValueMap = [
        "item": event["item"] ?? "(censored due to no_log)", "status": event["status"] ?? .null,
      ]
      if isHidden {
        row["censored"] = true
      } else {
        let action = Self.short(task["action"])
        row.merge(Self.content(event, action)) { _, new in new }
      }
      items[key, default: []].append(row)
    case "result":
      let action = Self.short(event["action"])
      let status = event["status"]?.string ?? ""
      let known = items.removeValue(forKey: key)
      if Self.including.contains(action), status == "ok" || status == "changed" { return }
      var row: ValueMap = [
        "task": event["name"] ?? .null, "action": .string(action), "status": .string(status),
      ]
      if isHidden {
        row["censored"] = true
      } else if known == nil || event["result"]?["results"] == nil {
        row.merge(Self.content(event, action)) { _, new in new }
      }
      if let delegate = event["delegated_to"] { row["delegated_to"] = delegate }
      if let known { row["items"] = .list(known.map { .map($0) }) }
      hosts[host, default: []].append(row)
    case "included":
      let action = Self.short(event["action"])
      for host in event["hosts"]?.elements ?? [] {
        hosts[host.string ?? "", default: []].append([
          "task": event["name"] ?? .null, "action": .string(action), "status": "ok",
          "included": .string(Self.place(event["path"]?.string ?? "", action)),
        ])
      }
    default: break
    }
  }

  private static let including: Set<String> = ["include_tasks", "include_role"]
  private static let saying: Set<String> = ["debug", "fail", "assert"]
  private static let running: Set<String> = ["command", "shell", "raw", "script"]

  private static func short(_ action: Value?) -> String {
    action?.string?.split(separator: ".").last.map(String.init) ?? ""
  }

  private static func place(_ path: String, _ action: String) -> String {
    let parts = path.split(separator: "/")
    if action == "include_role" { return parts.last.map(String.init) ?? "" }
    return parts.first == "@PROJECT@" ? parts.dropFirst().joined(separator: "/") : path
  }

  /// What of a result is compared: the rules of Tests/Recording/callback.
  private static func content(_ event: Value, _ action: String) -> ValueMap {
    var kept = ValueMap()
    let values = event["result"]?.map ?? [:]
    let status = event["status"]?.string ?? ""
    let hasFailed = ["failed", "ignored", "rescued"].contains(status)
    if saying.contains(action), status != "skipped", !(action == "debug" && hasFailed) {
      if let message = values["msg"] {
        kept["msg"] = message
      } else if action == "debug" {
        let rest = values.filter { key, _ in
          let name = key.string ?? ""
          return !around.contains(name) && !name.hasPrefix("_ansible")
        }
        kept["var"] = .map(rest)
      }
    }
    if running.contains(action) {
      for key: Value in ["rc", "stdout"] { if let value = values[key] { kept[key] = value } }
    }
    if let attempts = values["attempts"] { kept["attempts"] = attempts }
    return kept
  }

  private static let around: Set<String> = [
    "changed", "failed", "item", "ansible_loop_var", "ansible_index_var", "ansible_loop",
  ]

  // Comparing

  /// What differs from the recorded rows: a line each, the first few of each host.
  func differences(from expected: Value) -> [String] {
    var problems: [String] = []
    let names = Set(hosts.keys).union((expected.map?.keys ?? []).map { $0.string ?? "" })
    for host in names.sorted() {
      let theirs = (expected[host]?.elements ?? []).map { Self.comparable($0.map ?? [:]) }
      let ours = (hosts[host] ?? []).enumerated().map { index, row in
        Self.comparable(Self.only(row, like: index < theirs.count ? theirs[index] : [:]))
      }
      for index in 0..<max(ours.count, theirs.count) {
        let us = index < ours.count ? Self.text(.map(ours[index])) : "nothing"
        let them = index < theirs.count ? Self.text(.map(theirs[index])) : "nothing"
        if us != them {
          problems.append("results of \(host), \(index): \(us) instead of \(them)")
          break
        }
      }
    }
    return problems
  }

  static func text(_ value: Value) -> String { JSON.text(value, style: style) }
  private static let style = JSONStyle(sortKeys: true)

  /// The events have no word for a failure that is rescued later, and one for all that is
  /// ignored, items of a loop among it.
  private static func comparable(_ row: ValueMap) -> ValueMap {
    var row = row
    if let items = row["items"]?.elements {
      row["items"] = .list(
        items.map { item in
          guard case .map(var map) = item, map["status"] == "ignored" else { return item }
          map["status"] = "failed"
          return .map(map)
        })
    }
    if row["status"] == "rescued" { row["status"] = "failed" }
    if row.removeValue(forKey: "ignored") == true { row["status"] = "ignored" }
    return row
  }

  /// A failure's `rc` and `stdout`, and the delegate, are only compared where they were recorded.
  private static func only(_ row: ValueMap, like recorded: ValueMap) -> ValueMap {
    var row = row
    for key: Value in ["rc", "stdout", "delegated_to"] where recorded[key] == nil { row[key] = nil }
    return row
  }
}
