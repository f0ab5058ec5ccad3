import Values

/// The shell text of a step and the bytes that it reads from standard input: the one place where
/// effects are carried out.
package struct StepScript: Sendable {
  package var script: ShellScript
  package var input: [UInt8]
  /// What it starts may live on with our streams in its hands.
  package private(set) var mayLeaveProcesses = false
  package private(set) var isUserCommand = false

  /// How many bytes of each stream of a command come back.
  package static let outputLimit = 16 << 20

  /// Output as it came back, which says so where it was cut.
  package static func told(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > outputLimit else { return bytes }
    return bytes[..<outputLimit]
      + Array("\n[omtd-setup: the output goes on; more than 16 MiB are not read]\n".utf8)
  }

  /// - Parameter environment: variables of the task, for the user's own commands.
  package init(_ step: Step, environment: [(name: String, value: String)] = []) {
    input = []
    switch step {
    case .write(let write):
      script =
        "omtd_write \(write.path) \(write.payload.bytes.count) \(script: Self.words(write.attributes)) \(write.backsUp ? "yes" : "") \(write.validate ?? "")"
      if !write.note.isEmpty { script += " && printf %s \(write.note)" }
      if write.backsUp { script += " && printf '\\0%s' \"$omtd_b\"" }
      input = write.payload.bytes
      mayLeaveProcesses = write.validate != nil
    case .makeDirectory(let path, let attributes):
      script = "omtd_mkdir \(path) \(script: Self.words(attributes))"
    case .setAttributes(let path, let attributes, let followsLinks):
      script =
        "\(verbatim: followsLinks ? "omtd_set_followed" : "omtd_set") \(path) \(script: Self.words(attributes))"
    case .remove(let path): script = "rm -rf -- \(path)"
    case .link(let path, let target, let isHard):
      script = "omtd_link \(path) \(target) \(isHard ? "hard" : "soft")"
    case .touch(let path, let accessed, let modified, let attributes, _):
      script =
        "omtd_touch \(path) \(accessed ?? "now") \(modified ?? "now") \(script: Self.words(attributes))"
    case .run(let run):
      var exports: ShellScript = ""
      for (name, value) in environment {
        exports += Self.export(name, value, isForUser: run.isUserCommand)
      }
      input = run.input
      // The user's commands write to files.
      mayLeaveProcesses = !run.isUserCommand
      isUserCommand = run.isUserCommand
      let body =
        run.isUserCommand
        ? Self.collecting(exports + run.script, readsInput: !run.input.isEmpty)
        : "( \(script: exports)\(script: run.script)\n)"
      // Exactly its own bytes reach the command, so that the next step finds the next ones.
      script = run.input.isEmpty ? body : "omtd_take \(run.input.count) | {\n\(script: body)\n}"
    }
  }

  /// Sets a variable of the task's environment. Our own fragments find their tools behind a `PATH`
  /// of the task, as Ansible's modules do.
  package static func export(_ name: String, _ value: String, isForUser: Bool) -> ShellScript {
    isForUser || name != "PATH"
      ? "export \(verbatim: name)=\(value)\n"
      : "export PATH=\(value)\"${PATH:+:$PATH}\"\n"
  }

  // Output goes to files of our own, so that a daemon that keeps it open cannot write into what we
  // send next, and the command ends when it ends.
  private static func collecting(_ command: ShellScript, readsInput: Bool) -> ShellScript {
    """
    omtd_scratch && {
    ( \(script: command)
    ) >"$omtd_out" 2>"$omtd_err" \(verbatim: readsInput ? "" : "</dev/null")
    omtd_told $?
    }
    """
  }

  // Five digits: with fewer, chmod keeps the set-id bits of a directory.
  private static func words(_ attributes: FileAttributes) -> ShellScript {
    "\(attributes.mode.map { "0" + $0.octal } ?? "") \(attributes.owner ?? "") \(attributes.group ?? "")"
  }
}
