import Values

/// What one step gave.
package enum StepOutput: Sendable {
  case known(Known)
  case unknown(Unknown)

  package struct Known: Sendable {
    package var status: Int32
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    /// Of a plan: the step is taken to have succeeded, and what the host would add is missing.
    package var isImagined: Bool

    package init(
      status: Int32, stdout: [UInt8] = [], stderr: [UInt8] = [], isImagined: Bool = false
    ) {
      self.status = status
      self.stdout = stdout
      self.stderr = stderr
      self.isImagined = isImagined
    }

    package var text: String { String(decoding: stdout, as: UTF8.self) }
    package var errorText: String { String(decoding: stderr, as: UTF8.self) }
  }
}

extension StepOutput.Known {
  /// The output without the name of a copy: of a write, the note that its plan gave it.
  package var note: String {
    String(decoding: stdout.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The name of the copy of the old file, if the step made one; unknown in a plan.
  package var backup: Value? {
    guard let mark = stdout.firstIndex(of: 0) else { return Optional.none }
    if isImagined { return .unknown(Unknown("the name of the copy")) }
    let name = stdout[(mark + 1)...]
    return name.isEmpty ? Optional.none : .string(String(decoding: name, as: UTF8.self))
  }
}

extension Step {
  /// What the step gives in a plan.
  package var imaginedOutput: StepOutput.Known {
    let (note, backsUp) =
      switch self {
      case .write(let write): (write.note, write.backsUp)
      case .run(let run): ("", run.backsUp)
      default: ("", false)
      }
    return .init(
      status: 0, stdout: Array(note.utf8) + (backsUp ? [0] : []), isImagined: true)
  }
}
