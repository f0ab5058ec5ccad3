import Diagnostics
import ModuleKit
import Values

/// `group`: a group of the host.
package struct GroupModule: Module {
  package static let specification = Specification(
    "group", summary: "Groups of the host",
    parameters: [
      Parameter("name", isRequired: true),
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("gid", .int), Parameter("system", .bool, default: false),
      Parameter("force", .bool, default: false), Parameter("local", .bool, default: false),
      Parameter("non_unique", .bool, default: false), Parameter("gid_min", .int),
      Parameter("gid_max", .int),
    ], rules: [.requiredIf("non_unique", equals: true, needs: ["gid"], anyIsEnough: false)])

  private let name: String
  private let isPresent: Bool
  private let gid: Int?
  private let isSystem: Bool
  private let isForced: Bool
  private let isUnique: Bool
  private let isLocal: Bool
  private let limits: [String]

  package init(_ arguments: Arguments) throws(Diagnostic) {
    name = try arguments.requiredText("name")
    isPresent = arguments.text("state") != "absent"
    gid = arguments.number("gid")
    isSystem = arguments.flag("system")
    isForced = arguments.flag("force")
    isUnique = !arguments.flag("non_unique")
    isLocal = arguments.flag("local")
    limits = [("gid_min", "GID_MIN"), ("gid_max", "GID_MAX")].flatMap { parameter, key in
      arguments.number(parameter).map { ["-K", "\(key)=\($0)"] } ?? []
    }
    if isLocal, isForced || !limits.isEmpty {
      throw .error(
        "`local` excludes `force`, `gid_min` and `gid_max`", at: arguments.location(of: "local"))
    }
    guard AccountName.isValid(name) else {
      throw .error("`name` is not the name of a group", at: arguments.location(of: "name"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let fact = GroupFact(name)
    var there = try host[fact]
    // The database finds numbers as well.
    if there?.name != name { there = nil }
    if let failed = try AccountTool.failure(host) {
      throw .failed(failed.words, ["name": .string(name), "rc": .int(failed.status)])
    }
    guard isPresent else {
      guard there != nil else { return done(host, nil) }
      let tool = AccountTool(isLocal ? "lgroupdel" : "groupdel", busybox: "delgroup")
      return .steps(
        [
          .run(
            Run(
              "groupdel \(name)", tool.script((isForced ? ["-f"] : []) + [name], [name]),
              effect: .makes([.becomes(fact, nil)])))
        ], diff: [.state("group \(name)", "present", "absent")])
    }
    if let there, gid == nil || there.gid == gid { return done(host, there) }
    if host.hasStepped { throw .failed("the group was changed, and the host does not show it") }
    var options = gid.map { ["-g", String($0)] + (isUnique ? [] : ["-o"]) } ?? []
    if let there, let gid {
      var after = there
      after.gid = gid
      return .steps(
        [
          .run(
            Run(
              "groupmod \(name)",
              AccountTool(isLocal ? "lgroupmod" : "groupmod").script(options + [name]),
              effect: .makes([.becomes(fact, after)])))
        ],
        diff: [
          .attributes(
            path: "group \(name)", before: ["gid": .int(there.gid ?? -1)], after: ["gid": .int(gid)]
          )
        ])
    }
    if isSystem { options.append("-r") }
    let busybox = (gid.map { ["-g", String($0)] } ?? []) + (isSystem ? ["-S"] : []) + [name]
    let tool = AccountTool(isLocal ? "lgroupadd" : "groupadd", busybox: "addgroup")
    let made = GroupFact.Entry(name: name, gid: gid, members: [])
    return .steps(
      [
        .run(
          Run(
            "groupadd \(name)", tool.script(options + limits + [name], busybox),
            effect: .makes([.becomes(fact, made)])))
      ], diff: [.state("group \(name)", "absent", "present")])
  }

  private func done(_ host: HostView, _ entry: GroupFact.Entry?) -> Outcome {
    var values: ValueMap = [
      "name": .string(name), "state": isPresent ? "present" : "absent",
    ]
    if let entry {
      values["system"] = .bool(isSystem)
      values["gid"] = entry.gid.map { .int($0) } ?? .unknown(Unknown("the host numbers the group"))
    }
    return .done(ModuleResult(changed: host.hasStepped, values))
  }
}

/// A program that keeps the account databases, by its name in shadow-utils and in busybox.
struct AccountTool {
  var name: String
  var busybox: String?

  init(_ name: String, busybox: String? = nil) {
    self.name = name
    self.busybox = busybox
  }

  /// System programs are not on every login's path.
  static let path: ShellScript = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"

  func script(_ arguments: [String], _ busyboxArguments: [String] = []) -> ShellScript {
    guard let busybox else { return Self.path + "\(name) \(words: arguments)" }
    return Self.path + """
      if command -v \(name) >/dev/null 2>&1; then \(name) \(words: arguments)
      elif command -v \(busybox) >/dev/null 2>&1; then \(busybox) \(words: busyboxArguments)
      else echo \("neither \(name) nor \(busybox) is installed") >&2; exit 127; fi
      """
  }

  /// What the step that ran last says, if it failed.
  static func failure(_ host: HostView) throws(Interruption) -> (words: String, status: Int)? {
    for index in host.outputs.indices {
      guard let output = try host.output(index), output.status != 0 else { continue }
      let words = output.errorText.split(separator: "\n").joined(separator: "; ")
      return (
        words.isEmpty ? "the tool ended with status \(output.status)" : words, Int(output.status)
      )
    }
    return nil
  }
}

enum AccountName {
  /// False for what the databases cannot hold; what the tools refuse beyond that they say themselves.
  static func isValid(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-")
      && !name.unicodeScalars.contains {
        $0 == ":" || $0 == "\n" || $0 == "\0" || $0 == "/" || $0 == ","
      }
  }
}
