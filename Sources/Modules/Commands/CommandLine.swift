import Diagnostics
import ModuleKit
import Values

/// A command of the user's: what `command`, `shell`, `raw` and `script` share.
struct CommandLine: Sendable {
  /// The script that runs it, without `chdir`.
  var script: ShellScript
  /// As results and plans show it.
  var shown: Value
  var label: String
  var directory: String?
  var creates: String?
  var removes: String?
  var input: [UInt8]
  var stripsEnds: Bool
  /// Counts as skipped where `creates` or `removes` says that there is nothing to do.
  var skipsWhenDone = false

  /// What the script says where there is no such program.
  static let missing = "omtd: no such program"

  static let parameters: [Parameter] = [
    Parameter("_raw_params"), Parameter("chdir", .path), Parameter("creates", .path),
    Parameter("removes", .path), Parameter("executable", .path), Parameter("stdin"),
    Parameter("stdin_add_newline", .bool, default: true),
    Parameter("strip_empty_ends", .bool, default: true), Parameter("warn", .bool),
  ]

  init(_ arguments: Arguments, script: ShellScript, shown: Value, label: String) {
    self.script = script
    self.shown = shown
    self.label = label
    directory = arguments.text("chdir")
    creates = arguments.text("creates")
    removes = arguments.text("removes")
    stripsEnds = arguments.optionalFlag("strip_empty_ends") ?? true
    input = []
    if var text = arguments.text("stdin") {
      if arguments.optionalFlag("stdin_add_newline") ?? true { text += "\n" }
      input = Array(text.utf8)
    }
  }

  func plan(_ host: HostView) throws(Interruption) -> Outcome {
    if let output = try host.output(0) {
      if output.status == 127, output.errorText == Self.missing {
        let name = shown.elements?.first?.string ?? label
        throw .failed(
          "no program `\(name)` on the host",
          ["cmd": shown, "rc": 2, "stdout": "", "stderr": ""])
      }
      return .done(result(output))
    }
    var guards: [PathGlobFact] = []
    if let creates { guards.append(PathGlobFact(creates, in: directory)) }
    if let removes { guards.append(PathGlobFact(removes, in: directory)) }
    var readings = try host.require(all: guards)[...]
    if let creates, readings.popFirst() == true {
      return .done(notRun("since \(creates) exists", "'\(creates)' exists"))
    }
    if let removes, readings.popFirst() == false {
      return .done(notRun("since \(removes) does not exist", "'\(removes)' does not exist"))
    }
    var whole = script
    if let directory { whole = "cd -- \(directory) || exit 1\n" + whole }
    return .steps([
      .run(Run(label, whole, input: input, effect: .opaque, isUserCommand: true))
    ])
  }

  private func result(_ output: StepOutput.Known) -> ModuleResult {
    var values: ValueMap = [
      "cmd": shown, "rc": .int(Int(output.status)), "stdout": .string(text(output.stdout)),
      "stderr": .string(text(output.stderr)), "msg": "",
    ]
    if output.status != 0 {
      values["failed"] = true
      values["msg"] = "non-zero return code"
    }
    return ModuleResult(changed: true, values)
  }

  private func notRun(_ reason: String, _ words: String) -> ModuleResult {
    ModuleResult(
      changed: false, skipped: skipsWhenDone,
      [
        "cmd": shown, "rc": 0, "stdout": .string("skipped, " + reason), "stderr": "",
        "msg": .string("Did not run command since " + words),
      ])
  }

  private func text(_ bytes: [UInt8]) -> String {
    var text = String(decoding: bytes, as: UTF8.self).unicodeScalars
    if stripsEnds { while text.last == "\n" || text.last == "\r" { text.removeLast() } }
    return String(text)
  }
}

/// True where anything matches a path that may be a shell pattern.
package struct PathGlobFact: Fact {
  package let pattern: String
  package let directory: String?

  package init(_ pattern: String, in directory: String? = nil) {
    self.pattern = pattern
    self.directory = directory
  }

  package static func script(_ batch: [PathGlobFact]) -> ShellScript {
    .lines(batch.map { "omtd_any \($0.directory ?? ".") \($0.pattern)" })
  }

  package func parse(_ line: Substring) -> Bool { line == "yes" }

  package func imagined(in overlay: Overlay) -> ImaginedReading<Bool>? {
    guard !pattern.contains(where: { "*?[".contains($0) }) else { return nil }
    switch overlay.node(at: RemotePath.join(directory ?? "/", pattern)) {
    case .absent: return .known(false)
    case .directory, .file, .link: return .known(true)
    case .unknown(let reason): return .unknown(reason)
    case nil: return nil
    }
  }
}
