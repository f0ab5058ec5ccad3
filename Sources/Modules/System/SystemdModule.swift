import Diagnostics
import ModuleKit
import Values

/// `systemd`: whether a unit runs, starts at boot, is masked; and the manager's own reloading.
package struct SystemdModule: Module {
  package static let specification = Specification(
    "systemd", aliases: ["systemd_service"], summary: "Units of systemd",
    parameters: [
      Parameter("name", aliases: ["service", "unit"]),
      Parameter("state", choices: ["reloaded", "restarted", "started", "stopped"]),
      Parameter("enabled", .bool), Parameter("force", .bool), Parameter("masked", .bool),
      Parameter("daemon_reload", .bool, aliases: ["daemon-reload"], default: false),
      Parameter("daemon_reexec", .bool, aliases: ["daemon-reexec"], default: false),
      Parameter("scope", default: "system", choices: ["system", "user", "global"]),
      Parameter("no_block", .bool, default: false),
    ],
    rules: [
      .requiredOneOf(["state", "enabled", "masked", "daemon_reload", "daemon_reexec"]),
      .requiredBy("state", needs: ["name"]), .requiredBy("enabled", needs: ["name"]),
      .requiredBy("masked", needs: ["name"]),
    ])

  private let unit: UnitRequest?
  private let scope: UnitFact.Scope
  /// `daemon-reload` and its like, before anything else.
  private let reloads: [String]

  package init(_ arguments: Arguments) throws(Diagnostic) {
    scope = UnitFact.Scope(rawValue: arguments.text("scope") ?? "") ?? .system
    unit = try UnitRequest(arguments, scope: scope)
    reloads = [("daemon_reload", "daemon-reload"), ("daemon_reexec", "daemon-reexec")]
      .filter { arguments.flag($0.0) }.map(\.1)
    if scope == .global, arguments.text("state") != nil {
      throw .error(
        "`scope: global` only enables, disables and masks", at: arguments.location(of: "scope"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let count = scope == .global ? 0 : reloads.count
    try UnitRequest.checkLastOutput(host, "systemd")
    if host.outputs.count < count {
      // Asked for now, so that the reading travels back with the step.
      if let unit { try unit.lookAhead(host) }
      return .steps(
        reloads.map { verb in
          var run = UnitRequest.call([verb], scope)
          run.isQuiet = true
          return .run(run)
        })
    }
    guard let unit else { return .done(ModuleResult(changed: false, ["name": .null])) }
    return try unit.plan(host, after: count)
  }
}

/// What a task wants of one unit: shared by `systemd` and `service`.
struct UnitRequest: Sendable {
  var name: String
  var scope: UnitFact.Scope
  var state: String?
  var enabled: Bool?
  var masked: Bool?
  var forces: Bool
  var blocks: Bool

  /// Nil without a name.
  init?(_ arguments: Arguments, scope: UnitFact.Scope) throws(Diagnostic) {
    guard let name = arguments.text("name") else { return nil }
    guard !name.isEmpty, !name.hasPrefix("-") else {
      throw .error("`name` must name a unit", at: arguments.location(of: "name"))
    }
    self.name = name
    self.scope = scope
    state = arguments.text("state")
    enabled = arguments.optionalFlag("enabled")
    masked = arguments.optionalFlag("masked")
    forces = arguments.flag("force")
    blocks = !arguments.flag("no_block")
  }

  private var fact: UnitFact { UnitFact(name, scope: scope) }

  func lookAhead(_ host: HostView) throws(Interruption) { _ = try host[fact] }

  /// - Parameter count: how many steps of the task came before.
  func plan(_ host: HostView, after count: Int) throws(Interruption) -> Outcome {
    let unit: UnitFact.Unit
    switch try host[fact] {
    case .unreadable(let words):
      throw .failed("cannot ask systemd about \(name): \(words)", ["name": .string(name)])
    case .unit(let found): unit = found
    }
    if host.outputs.count > count { return .done(result(unit, changed: true)) }
    let wantsMore = state != nil || enabled != nil
    if !unit.isFound, !unit.isMasked, wantsMore {
      throw .failed("there is no unit `\(name)` on the host", ["name": .string(name)])
    }
    let (verbs, after) = changes(of: unit)
    if verbs.isEmpty { return .done(result(unit, changed: false)) }
    var options = forces ? ["--force"] : []
    if !blocks { options.append("--no-block") }
    let steps = verbs.map { verb in
      Step.run(
        Self.call(options + [verb, "--", name], scope, makes: [.becomes(fact, .unit(after))]))
    }
    return .steps(steps, diff: [diff(unit, after)])
  }

  /// What to call in this order, and the unit as it is then.
  private func changes(of unit: UnitFact.Unit) -> ([String], UnitFact.Unit) {
    var verbs: [String] = []
    var after = unit
    if let masked, masked != unit.isMasked {
      verbs.append(masked ? "mask" : "unmask")
      after["UnitFileState"] = masked ? "masked" : "disabled"
      after["LoadState"] = masked ? "masked" : "loaded"
    }
    if let enabled, enabled != after.isEnabled {
      verbs.append(enabled ? "enable" : "disable")
      after["UnitFileState"] = enabled ? "enabled" : "disabled"
    }
    switch state {
    case "started" where !unit.isActive: verbs.append("start")
    case "stopped" where unit.isActive || unit.isDeactivating: verbs.append("stop")
    case "restarted": verbs.append(unit.isActive ? "restart" : "start")
    case "reloaded": verbs.append(unit.isActive ? "reload" : "start")
    default: break
    }
    if let state,
      verbs.last.map({ !["mask", "unmask", "enable", "disable"].contains($0) }) ?? false
    {
      after["ActiveState"] = state == "stopped" ? "inactive" : "active"
      after["SubState"] = state == "stopped" ? "dead" : "running"
    }
    return (verbs, after)
  }

  private func diff(_ before: UnitFact.Unit, _ after: UnitFact.Unit) -> Diff {
    var old: ValueMap = ["unit": .string(name)]
    var new = old
    for key in ["ActiveState", "UnitFileState"] where before[key] != after[key] {
      old[.string(key)] = .string(before[key])
      new[.string(key)] = .string(after[key])
    }
    if old == new, let state { new["state"] = .string(state) }
    return .attributes(path: name, before: old, after: new)
  }

  private func result(_ unit: UnitFact.Unit, changed: Bool) -> ModuleResult {
    var values: ValueMap = ["name": .string(name), "status": .map(unit.values)]
    if let state { values["state"] = .string(isUp(state) ? "started" : "stopped") }
    if let enabled { values["enabled"] = .bool(enabled) }
    return ModuleResult(changed: changed, values)
  }

  private func isUp(_ state: String) -> Bool { state != "stopped" }

  /// One call of `systemctl`, its output kept apart from what a service may leave running.
  static func call(
    _ words: [String], _ scope: UnitFact.Scope, makes: [ImaginedFact] = []
  ) -> Run {
    var script: ShellScript = ""
    if scope == .user {
      script += "export XDG_RUNTIME_DIR=\"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}\"\n"
    }
    let all = scope == .system ? words : ["--" + scope.rawValue] + words
    script += "omtd_apart systemctl \(words: all)"
    let shown = all.filter { $0 != "--" }.joined(separator: " ")
    return Run(
      "systemctl \(shown)", script, effect: .makes(makes), deadline: .seconds(900))
  }

  /// - Throws: `.failed` with the tool's words where the last step failed.
  static func checkLastOutput(_ host: HostView, _ tool: String) throws(Interruption) {
    guard let output = try host.output(host.outputs.count - 1), output.status != 0 else { return }
    let words = output.errorText.isEmpty ? output.text : output.errorText
    throw .failed(
      "\(tool) refused: \(words.split(separator: "\n").joined(separator: "; "))",
      [
        "rc": .int(Int(output.status)), "stdout": .string(output.text),
        "stderr": .string(output.errorText),
      ])
  }
}
