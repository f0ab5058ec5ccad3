import Patterns
import Values

/// Filters and tests about paths. What only the controller can tell is asked of the engine: its
/// environment by the lookup `env`, its files by calls of a filter's own name, or of the kind `is`
/// where the answer is true or false.
enum AnsiblePaths {
  static let filters: [Filter] = [
    Filter("basename") { call in .string(PosixPath.split(try call.stringValue()).tail) },
    Filter("dirname") { call in .string(PosixPath.split(try call.stringValue()).head) },
    Filter("splitext") { call in
      let (root, suffix) = PosixPath.splitSuffix(try call.stringValue())
      return .tuple([.string(root), .string(suffix)])
    },
    Filter("path_join") { call in
      guard call.value.string != nil || call.value.elements != nil else {
        throw Failure("needs a string or a list, not a value of type `\(call.value.typeName)`")
      }
      let parts = try call.value.elements?.map { part in
        guard let text = part.string else {
          throw Failure("a part of the path is not a string but of type `\(part.typeName)`")
        }
        return text
      }
      return .string(PosixPath.join(parts ?? [call.valueText]))
    },
    Filter("normpath") { call in .string(PosixPath.normal(try call.stringValue())) },
    Filter("commonpath") { call in
      .string(try PosixPath.common(try call.elements().map { $0.string ?? $0.pythonText }))
    },
    Filter("relpath", "start='.'") { call in
      let (path, start) = (try call.stringValue(), call.text("start"))
      if path.isEmpty { throw Failure("no path specified") }
      var folder = "/"
      if !path.hasPrefix("/") || !start.hasPrefix("/") {
        folder = try call.environment("PWD", fallback: "/")
      }
      return .string(
        PosixPath.relative(PosixPath.join([folder, path]), to: PosixPath.join([folder, start])))
    },
    Filter("realpath") { call in try call.ask("realpath", [.string(try call.stringValue())]) },
    Filter("expanduser") { call in
      let path = try call.stringValue()
      guard path.hasPrefix("~") else { return .string(path) }
      guard path == "~" || path.hasPrefix("~/") else {
        return try call.ask("expanduser", [.string(path)])
      }
      return .string(try call.environment("HOME", fallback: "~") + path.dropFirst())
    },
    Filter("expandvars") { call in .string(try expandVariables(try call.stringValue(), call)) },
    Filter("fileglob") { call in try call.ask("fileglob", [.string(try call.stringValue())]) },
    Filter("win_basename") { call in .string(WindowsPath.split(try call.stringValue()).tail) },
    Filter("win_dirname") { call in .string(WindowsPath.split(try call.stringValue()).head) },
    Filter("win_splitdrive") { call in
      let (drive, rest) = WindowsPath.splitDrive(try call.stringValue())
      return .tuple([.string(drive), .string(rest)])
    },
  ]

  static let tests: [Test] =
    ["abs", "is_abs"].map { name in
      Test(name) { call in try call.stringValue().hasPrefix("/") }
    }
    + [
      ("is_dir", ["directory", "is_dir"]), ("is_file", ["file", "is_file"]),
      ("is_link", ["link", "is_link"]), ("is_mount", ["mount", "is_mount"]),
      ("exists", ["exists"]), ("link_exists", ["link_exists"]),
      ("vaulted_file", ["vaulted_file"]),
    ].flatMap { question, names in
      names.map { name in
        Test(name) { call in try call.isTrue(question, [.string(call.valueText)]) }
      }
    }
    + ["same_file", "is_same_file"].map { name in
      Test(name, "other") { call in
        try call.isTrue("is_same_file", [.string(call.valueText), .string(call.text("other"))])
      }
    }

  /// `$NAME` and `${NAME}` replaced; those that are not set stay as they are.
  private static func expandVariables(_ text: String, _ call: DataCall) throws -> String {
    let pattern = try Pattern.compile(#"\$(\w+|\{[^}]*\})"#, flags: .ascii)
    var result = ""
    var end = 0
    let bytes = Array(text.utf8)
    for match in try pattern.findIterator(text) {
      let written = match.text() ?? ""
      let name = (match.text(1) ?? "").filter { $0 != "{" && $0 != "}" }
      result += String(decoding: bytes[end..<match.range.lowerBound], as: UTF8.self)
      result += try call.environment(name, fallback: written)
      end = match.range.upperBound
    }
    return result + String(decoding: bytes[end...], as: UTF8.self)
  }
}

extension Call where Payload == Value {
  /// The value of an environment variable of the controller.
  fileprivate func environment(_ name: String, fallback: String) throws -> String {
    let answer = try evaluator.impure(
      kind: "lookup", name: "env", arguments: [.string(name)],
      options: ["default": .string(fallback)], location: location)
    return answer.elements?.first?.string ?? answer.string ?? fallback
  }

  /// Asks the engine for what only the controller can tell.
  fileprivate func ask(_ name: String, _ arguments: [Value]) throws -> Value {
    try evaluator.impure(kind: name, name: name, arguments: arguments, location: location)
  }

  fileprivate func isTrue(_ question: String, _ arguments: [Value]) throws -> Bool {
    try evaluator.impure(kind: "is", name: question, arguments: arguments, location: location)
      .isTrue
  }
}
