import Values

/// A unit of systemd as `systemctl show` tells it.
package struct UnitFact: Fact {
  package enum Scope: String, Sendable { case system, user, global }

  /// With or without a suffix; `systemctl` completes it.
  package let name: String
  package let scope: Scope

  package init(_ name: String, scope: Scope = .system) {
    self.name = name
    self.scope = scope
  }

  package enum Reading: Hashable, Sendable {
    case unit(Unit)
    /// systemd is not there, or not running; its own words.
    case unreadable(String)
  }

  /// The properties that results tell. No lists of units: systemd gives those in an order that
  /// changes from call to call, and a step's guard compares whole lines.
  private static let properties =
    "Id,Description,LoadState,ActiveState,SubState,UnitFileState,UnitFilePreset,FragmentPath,"
    + "DropInPaths,SourcePath,Type,Restart,Result,NeedDaemonReload,User,Group,WorkingDirectory,"
    + "MainPID,ExecMainPID,ExecMainStatus,NRestarts,Unit,ActiveEnterTimestamp,"
    + "InactiveEnterTimestamp,LoadError"

  package static let isContained = true

  package static func script(_ batch: [UnitFact]) -> ShellScript {
    // Lines must come in the order of the batch: neighbours of one scope share a call.
    var scripts: [ShellScript] = []
    var rest = batch[...]
    while let first = rest.first {
      let run = rest.prefix { $0.scope == first.scope }
      rest = rest.dropFirst(run.count)
      // What is global has no manager to ask; the files are those of the user scope.
      let scope = first.scope == .global ? "system" : first.scope.rawValue
      let call: ShellScript = "omtd_units \(scope) \(properties) \(words: run.map(\.name))"
      // It exports where the user's manager is.
      scripts.append(first.scope == .user ? "( \(script: call) )" : call)
    }
    return .lines(scripts)
  }

  /// Units as `systemctl` parts them: by an empty line behind each.
  package static func answers(in output: String) -> [Substring] {
    var answers: [Substring] = []
    var rest = output[...].utf8
    while let end = rest.indices.first(where: {
      rest[$0] == 0x0A && rest[rest.index(after: $0)...].first == 0x0A
    }) {
      answers.append(Substring(rest[...end]))
      rest = rest[end...].dropFirst(2)
    }
    return rest.isEmpty ? answers : answers + [Substring(rest)]
  }

  package func parse(_ answer: Substring) -> Reading {
    let lines = answer.split(ascii: "\n")
    if let first = lines.first, first.hasPrefix("! ") {
      return .unreadable(String(first.dropFirst(2)))
    }
    var properties: [(String, String)] = []
    for part in lines {
      guard let equals = part.firstIndex(of: "=") else { continue }
      properties.append(
        (String(part[..<equals]), String(part[part.index(after: equals)...])))
    }
    guard !properties.isEmpty else { return .unreadable("`systemctl show` told nothing") }
    return .unit(Unit(properties))
  }

  /// A unit whose file an earlier task writes is there, not running and not enabled.
  package func adjusted(_ reading: Reading, by overlay: Overlay) -> Reading {
    guard case .unit(var unit) = reading else { return reading }
    for folder in ["/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/"] {
      guard case .file? = overlay.node(at: folder + completeName), !unit.isFound else { continue }
      unit["LoadState"] = "loaded"
      unit["UnitFileState"] = "disabled"
    }
    return .unit(unit)
  }

  package var completeName: String {
    let suffixes = [
      "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer",
      "slice", "scope",
    ]
    return suffixes.contains { name.hasSuffix("." + $0) } ? name : name + ".service"
  }

  package struct Unit: Hashable, Sendable {
    private var properties: [String: String] = [:]
    private var order: [String] = []

    package init(_ properties: [(String, String)]) {
      for (name, value) in properties { self[name] = value }
    }

    package subscript(name: String) -> String {
      get { properties[name] ?? "" }
      set {
        if properties[name] == nil { order.append(name) }
        properties[name] = newValue
      }
    }

    package var isFound: Bool { !["not-found", "bad-setting", ""].contains(self["LoadState"]) }
    package var isMasked: Bool {
      self["LoadState"] == "masked" || self["UnitFileState"] == "masked"
    }
    package var isActive: Bool { ["active", "activating"].contains(self["ActiveState"]) }
    package var isDeactivating: Bool { self["ActiveState"] == "deactivating" }

    /// As `systemctl is-enabled` succeeds, but for states that are only transient or borrowed, in
    /// which Ansible enables again.
    package var isEnabled: Bool {
      switch self["UnitFileState"] {
      case "enabled", "static", "transient": true
      case "generated": self["Enabled"] == "enabled"
      default: false
      }
    }

    package var values: ValueMap {
      var map = ValueMap()
      for name in order where name != "Enabled" { map[.string(name)] = .string(self[name]) }
      return map
    }
  }
}
