import Diagnostics

/// A command line as Python's `argparse` reads it, turned into words for our own.
///
/// Long names may be shortened as far as they stay unique; letters may stand together, the last
/// one with its value behind it; options and operands may be mixed.
struct AnsibleLine {
  let options: [AnsibleOption]
  let program: String
  /// Options by our names, values joined to them.
  private(set) var words: [String] = []
  private(set) var operands: [String] = []

  init(options: [AnsibleOption], program: String) {
    self.options = options
    self.program = program
  }

  mutating func read(_ arguments: [String]) throws(Diagnostic) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      if word.hasPrefix("--") {
        try long(String(word.dropFirst(2)), &rest)
      } else if word.hasPrefix("-"), word.count > 1 {
        try letters(word.dropFirst(), &rest)
      } else {
        operands.append(word)
      }
    }
  }

  private mutating func long(
    _ text: String, _ rest: inout ArraySlice<String>
  ) throws(Diagnostic) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let option = try find(name)
    if parts.count == 2 {
      guard option.takesValue else { throw wrong("--\(name) takes no value") }
      return try add(option, "--\(name)", value: String(parts[1]))
    }
    try add(option, "--\(name)", value: try value(of: option, "--\(name)", &rest))
  }

  private mutating func letters(
    _ text: Substring, _ rest: inout ArraySlice<String>
  ) throws(Diagnostic) {
    var text = text
    while let letter = text.popFirst() {
      guard let option = options.first(where: { $0.names.contains(String(letter)) }) else {
        throw wrong("unknown option -\(letter)")
      }
      guard option.takesValue, !text.isEmpty else {
        try add(option, "-\(letter)", value: try value(of: option, "-\(letter)", &rest))
        continue
      }
      if text.first == "=" { text.removeFirst() }
      return try add(option, "-\(letter)", value: String(text))
    }
  }

  /// The option of that name, or the only one whose name begins so.
  private func find(_ name: String) throws(Diagnostic) -> AnsibleOption {
    func names(_ option: AnsibleOption) -> [String] { option.names.filter { $0.count > 1 } }
    if let exact = options.first(where: { names($0).contains(name) }) { return exact }
    let found = options.filter { names($0).contains { $0.hasPrefix(name) } }
    if let only = found.first, found.count == 1, !name.isEmpty { return only }
    if found.count > 1, !name.isEmpty {
      let all = found.flatMap(names).filter { $0.hasPrefix(name) }.map { "--\($0)" }
      throw wrong("--\(name) could be \(all.joined(separator: ", "))")
    }
    let hint = suggestion(for: name, among: options.flatMap(names)).map {
      "did you mean `--\($0)`?"
    }
    throw wrong("unknown option --\(name)", hint: hint)
  }

  /// The next word, unless it is an option itself: one with a space in it is none.
  private func value(
    of option: AnsibleOption, _ name: String, _ rest: inout ArraySlice<String>
  ) throws(Diagnostic) -> String? {
    guard option.takesValue else { return nil }
    guard let next = rest.first,
      !next.hasPrefix("-") || next == "-" || next.contains(" ") || Int(next) != nil
    else { throw wrong("\(name) needs a value") }
    rest.removeFirst()
    return next
  }

  private mutating func add(
    _ option: AnsibleOption, _ name: String, value: String?
  ) throws(Diagnostic) {
    switch option.meaning {
    case .ignored: break
    case .unsupported: throw wrong("\(name) is not supported")
    case .same(let ours): words.append(value.map { "\(ours)=\($0)" } ?? ours)
    }
  }

  private func wrong(_ summary: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(
      .error, "\(program): \(summary)", hint: hint ?? "`\(program) --help` lists the options",
      exitCode: ProgramName.wrongUse)
  }
}
