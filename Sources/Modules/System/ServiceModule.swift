import Diagnostics
import ModuleKit
import Values

/// `service`: whether a service runs and starts at boot, by systemd or the host's init scripts.
package struct ServiceModule: Module {
  package static let specification = Specification(
    "service", aliases: ["sysvinit"], summary: "Services by systemd, init scripts or OpenRC",
    parameters: [
      Parameter("name", isRequired: true),
      Parameter("state", choices: ["reloaded", "restarted", "started", "stopped"]),
      Parameter("enabled", .bool), Parameter("sleep", .int), Parameter("pattern"),
      Parameter("runlevel", default: "default"),
      Parameter("arguments", aliases: ["args"], default: ""), Parameter("use", default: "auto"),
    ], rules: [.requiredOneOf(["state", "enabled"])])

  private let unit: UnitRequest
  private let pause: Int
  private let runLevel: String
  private let words: [String]

  package init(_ arguments: Arguments) throws(Diagnostic) {
    guard let unit = try UnitRequest(arguments, scope: .system) else {
      throw arguments.missing("name")
    }
    self.unit = unit
    pause = max(0, arguments.number("sleep") ?? 0)
    runLevel = arguments.text("runlevel") ?? "default"
    words = ShellWords.split(arguments.text("arguments") ?? "") ?? []
    if let use = arguments.text("use"),
      !["auto", "systemd", "service", "sysvinit", "openrc", "ansible.builtin.systemd"].contains(use)
    {
      throw .error(
        "`use: \(use)` is not supported: the host's own manager is found",
        at: arguments.location(of: "use"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    try UnitRequest.checkLastOutput(host, "the service manager")
    let (manager, _) = try host.require(ServiceManagerFact(), UnitFact(unit.name))
    switch manager {
    case .systemd: return try unit.plan(host, after: 0)
    case .openRC, .scripts: return try planScript(manager, host)
    }
  }

  private func planScript(
    _ manager: ServiceManagerFact.Reading, _ host: HostView
  ) throws(Interruption) -> Outcome {
    let fact = InitScriptFact(unit.name)
    let script = try host[fact]
    if host.hasStepped { return .done(result(changed: true)) }
    guard script.isThere else {
      throw .failed("there is no service `\(unit.name)` on the host")
    }
    var after = script
    var steps: [(label: String, script: ShellScript)] = []
    if let enabled = unit.enabled, enabled != script.isEnabled {
      after.isEnabled = enabled
      steps.append(enabling(enabled, manager))
    }
    let verb: String? =
      switch unit.state {
      case "started": script.isRunning ? nil : "start"
      case "stopped": script.isRunning ? "stop" : nil
      case "restarted": script.isRunning ? "restart" : "start"
      case "reloaded": script.isRunning ? "reload" : "start"
      default: nil
      }
    if let verb {
      after.isRunning = verb != "stop"
      steps.append(calling(verb, manager))
    }
    if steps.isEmpty { return .done(result(changed: false)) }
    return .steps(
      steps.map {
        .run(
          Run(
            $0.label, $0.script, effect: .makes([.becomes(fact, after)]), deadline: .seconds(900)))
      }, diff: [.state(unit.name, script.words, after.words)])
  }

  private func enabling(
    _ enabled: Bool, _ manager: ServiceManagerFact.Reading
  ) -> (label: String, script: ShellScript) {
    if manager == .openRC {
      let words = ["rc-update", enabled ? "add" : "del", unit.name, runLevel]
      return (words.joined(separator: " "), "omtd_apart \(words: words)")
    }
    let verb = enabled ? "enable" : "disable"
    return (
      "update-rc.d \(unit.name) \(verb)",
      """
      omtd_enable() {
       if command -v update-rc.d >/dev/null 2>&1; then
        update-rc.d \(unit.name) defaults && update-rc.d \(unit.name) \(verb)
       else chkconfig \(unit.name) \(enabled ? "on" : "off"); fi
      }
      omtd_apart omtd_enable
      """
    )
  }

  private func calling(
    _ verb: String, _ manager: ServiceManagerFact.Reading
  ) -> (label: String, script: ShellScript) {
    let tool = manager == .openRC ? "rc-service" : "service"
    func call(_ verb: String) -> ShellScript {
      if manager == .openRC { return "omtd_apart rc-service \(words: [unit.name, verb] + words)" }
      return """
        if command -v service >/dev/null 2>&1; then omtd_apart service \(words: [unit.name, verb] + words)
        else omtd_apart /etc/init.d/\(unit.name) \(words: [verb] + words); fi
        """
    }
    guard verb == "restart", pause > 0 else { return ("\(tool) \(unit.name) \(verb)", call(verb)) }
    return (
      "\(tool) \(unit.name) restart",
      "{ \(script: call("stop"))\n}; sleep \(pause)\n\(script: call("start"))"
    )
  }

  private func result(changed: Bool) -> ModuleResult {
    var values: ValueMap = ["name": .string(unit.name)]
    if let state = unit.state { values["state"] = state == "stopped" ? "stopped" : "started" }
    if let enabled = unit.enabled { values["enabled"] = .bool(enabled) }
    return ModuleResult(changed: changed, values)
  }
}

/// What starts services on the host.
package struct ServiceManagerFact: Fact {
  package enum Reading: String, Sendable { case systemd, openRC, scripts }

  package init() {}

  package static func script(_ batch: [ServiceManagerFact]) -> ShellScript {
    """
    if [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then echo systemd
    elif command -v rc-service >/dev/null 2>&1; then echo openRC; else echo scripts; fi
    """
  }

  package func parse(_ line: Substring) -> Reading { Reading(rawValue: String(line)) ?? .scripts }
}

/// A service that an init script starts: whether it is there, runs, and starts at boot.
package struct InitScriptFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  package struct Reading: Hashable, Sendable {
    package var isThere: Bool
    package var isRunning: Bool
    package var isEnabled: Bool

    package init(isThere: Bool, isRunning: Bool, isEnabled: Bool) {
      self.isThere = isThere
      self.isRunning = isRunning
      self.isEnabled = isEnabled
    }

    package var words: String {
      (isRunning ? "running" : "stopped") + (isEnabled ? ", enabled" : ", not enabled")
    }
  }

  package static func script(_ batch: [InitScriptFact]) -> ShellScript {
    """
    for omtd_u in \(words: batch.map(\.name)); do
     if [ ! -x "/etc/init.d/$omtd_u" ]; then echo '- - -'; continue; fi
     if command -v rc-service >/dev/null 2>&1; then rc-service "$omtd_u" status >/dev/null 2>&1
     elif command -v service >/dev/null 2>&1; then service "$omtd_u" status >/dev/null 2>&1
     else "/etc/init.d/$omtd_u" status >/dev/null 2>&1; fi && omtd_r=running || omtd_r=-
     omtd_e=-
     for omtd_x in /etc/rc[2-5S].d/S[0-9][0-9]"$omtd_u" /etc/runlevels/*/"$omtd_u"; do
      if [ -e "$omtd_x" ]; then omtd_e=enabled; fi
     done
     echo "there $omtd_r $omtd_e"
    done
    """
  }

  package func parse(_ line: Substring) -> Reading {
    let parts = line.split(separator: " ")
    guard parts.count == 3 else {
      return Reading(isThere: false, isRunning: false, isEnabled: false)
    }
    return Reading(
      isThere: parts[0] == "there", isRunning: parts[1] == "running",
      isEnabled: parts[2] == "enabled")
  }
}
