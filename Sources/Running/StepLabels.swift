import ModuleKit

extension Step {
  var isOpaque: Bool {
    if case .run(let run) = self, case .opaque = run.effect { true } else { false }
  }
  var isQuiet: Bool { if case .run(let run) = self { run.isQuiet } else { false } }
  var isUserCommand: Bool { if case .run(let run) = self { run.isUserCommand } else { false } }
  var deadline: Duration? { if case .run(let run) = self { run.deadline } else { nil } }

  /// How the step reads in a plan or an error.
  package var label: String {
    switch self {
    case .write(let write): "write \(write.path)"
    case .makeDirectory(let path, _): "make directory \(path)"
    case .setAttributes(let path, let attributes, _):
      "set "
        + [
          attributes.mode.map { "mode \($0.octal)" }, attributes.owner.map { "owner \($0)" },
          attributes.group.map { "group \($0)" },
        ].compactMap { $0 }.joined(separator: ", ") + " of \(path)"
    case .remove(let path): "remove \(path)"
    case .link(let path, let target, _): "link \(path) to \(target)"
    case .touch(let path, _, _, _, _): "touch \(path)"
    case .run(let run): run.label
    }
  }
}
