import Diagnostics
import ModuleKit
import Values

/// `command`: a program with its arguments, without a shell.
package struct CommandModule: Module {
  package static let specification = Specification(
    "command", summary: "Runs a program without a shell",
    parameters: CommandLine.parameters + [
      Parameter("cmd"), Parameter("argv", .list(of: .string)),
      Parameter("expand_argument_vars", .bool, default: true),
    ], takesFreeForm: true, rules: [.mutuallyExclusive(["cmd", "argv"])],
    effect: .opaque)

  private let line: CommandLine

  package init(_ arguments: Arguments) throws(Diagnostic) {
    var words = arguments.texts("argv")
    if words.isEmpty {
      let text = arguments.text("_raw_params") ?? arguments.text("cmd") ?? ""
      guard let split = ShellWords.split(text) else {
        throw .error("a quote in the command is not closed", at: arguments.location)
      }
      words = split
    }
    guard let program = words.first, !program.isEmpty else {
      throw .error("no command given", at: arguments.location)
    }
    let expands = arguments.optionalFlag("expand_argument_vars") ?? true
    let quotedWords = words.map { expands ? ShellWords.expanding($0) : quoted($0) }
    // A program that is not there is told apart from one that ends with 127.
    let check: ShellScript =
      "command -v -- \(verbatim: quotedWords[0]) >/dev/null 2>&1 || { printf %s \(CommandLine.missing) >&2; exit 127; }\n"
    line = CommandLine(
      arguments, script: check + ShellScript(verbatim: quotedWords.joined(separator: " ")),
      shown: .list(words.map { .string($0) }), label: words.joined(separator: " "))
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome { try line.plan(host) }
}

/// `shell`: text for a shell.
package struct ShellModule: Module {
  package static let specification = Specification(
    "shell", summary: "Runs text in a shell",
    parameters: CommandLine.parameters + [Parameter("cmd")], takesFreeForm: true,
    effect: .opaque)

  private let line: CommandLine

  package init(_ arguments: Arguments) throws(Diagnostic) {
    guard let text = arguments.text("_raw_params") ?? arguments.text("cmd"), !text.isEmpty else {
      throw .error("no command given", at: arguments.location)
    }
    let shell = arguments.text("executable") ?? "/bin/sh"
    line = CommandLine(
      arguments, script: "\(shell) -c \(text)", shown: .string(text), label: text)
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome { try line.plan(host) }
}

/// `raw`: text for the login's shell; nothing is checked before.
package struct RawModule: Module {
  package static let specification = Specification(
    "raw", summary: "Runs text as it is",
    parameters: [Parameter("_raw_params", isRequired: true), Parameter("executable", .path)],
    takesFreeForm: true, effect: .opaque)

  private let line: CommandLine

  package init(_ arguments: Arguments) throws(Diagnostic) {
    let text = try arguments.requiredText("_raw_params")
    let shell = arguments.text("executable") ?? "/bin/sh"
    var line = CommandLine(
      arguments, script: "\(shell) -c \(text)", shown: .string(text), label: text)
    line.stripsEnds = false
    self.line = line
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome { try line.plan(host) }
}

/// `script`: a script of the controller, run on the host.
package struct ScriptModule: Module {
  package static let specification = Specification(
    "script", summary: "Runs a script of the controller on the host",
    parameters: [
      Parameter("_raw_params", .source), Parameter("cmd", .source),
      Parameter("chdir", .path), Parameter("creates", .path), Parameter("removes", .path),
      Parameter("executable", .path), Parameter("decrypt", .bool, default: true),
    ], takesFreeForm: true, rules: [.requiredOneOf(["_raw_params", "cmd"])], effect: .opaque)

  private let line: CommandLine?
  private let unknown: Unknown

  package init(_ arguments: Arguments) throws(Diagnostic) {
    let text = arguments.text("_raw_params") ?? arguments.text("cmd") ?? ""
    let resolved = arguments.resolved["_raw_params"] ?? arguments.resolved["cmd"]
    guard case .file(let payload)? = resolved else {
      if case .unknown(let reason)? = resolved { unknown = reason } else { unknown = Unknown("") }
      line = nil
      return
    }
    unknown = Unknown("")
    let words = ShellWords.split(text) ?? [text]
    let runner: ShellScript = arguments.text("executable").map { "\($0) " } ?? ""
    var line = CommandLine(
      arguments,
      script: """
        omtd_script=$(mktemp) && cat >"$omtd_script" && chmod 700 "$omtd_script" || exit 1
        \(script: runner)"$omtd_script" \(words: Array(words.dropFirst())) </dev/null
        omtd_status=$?; rm -f "$omtd_script"; exit $omtd_status
        """,
      shown: .string(text), label: text)
    line.input = payload.bytes
    line.skipsWhenDone = true
    line.stripsEnds = false
    self.line = line
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    guard let line else { throw .unknown(unknown) }
    return try line.plan(host)
  }
}
