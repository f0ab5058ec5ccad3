import Diagnostics

/// A name of Ansible's that the program answers to when it is called by it.
enum ProgramName: String, CaseIterable {
  case playbook = "ansible-playbook"
  case adHoc = "ansible"
  case inventory = "ansible-inventory"
  case vault = "ansible-vault"

  /// The name that a program was started by; nil for any other.
  init?(path: String) {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    self.init(rawValue: last)
  }

  /// What Ansible ends with where options are wrong: its own status, not the one of this program.
  static let wrongUse: Int32 = 2

  enum Meaning {
    case usage
    case version
    /// The words of our own command line that mean the same.
    case words([String])
  }

  /// - Throws: what is not understood or not supported, with status 2.
  func meaning(of arguments: [String]) throws(Diagnostic) -> Meaning {
    var line = AnsibleLine(options: options, program: rawValue)
    try line.read(arguments)
    if line.words.contains("--help") { return .usage }
    if line.words.contains("--version") { return .version }
    return .words(try words(line))
  }

  private func words(_ line: AnsibleLine) throws(Diagnostic) -> [String] {
    switch self {
    case .playbook:
      // Ansible never asks whether to go on.
      return ["apply", "--yes"] + line.words + ["--"] + line.operands
    case .adHoc:
      return ["exec", "--ansible"] + line.words + ["--"] + line.operands
    case .inventory:
      let actions = line.words.filter {
        ["--list", "--graph"].contains($0) || $0.hasPrefix("--host=")
      }
      guard !actions.isEmpty else {
        throw wrong("one of --list, --host and --graph is needed", exitCode: 5)
      }
      guard actions.count == 1 else {
        throw wrong("only one of --list, --host and --graph can be used", exitCode: 5)
      }
      return ["inventory"] + quiet(line.words) + ["--"] + line.operands
    case .vault:
      guard let verb = line.operands.first, Self.verbs.contains(verb) else {
        throw wrong("an action is needed: \(Self.verbs.joined(separator: ", "))")
      }
      return ["vault", verb] + quiet(line.words) + ["--"] + line.operands.dropFirst()
    }
  }

  /// These commands have nothing more to tell.
  private func quiet(_ words: [String]) -> [String] { words.filter { $0 != "--verbose" } }

  private func wrong(_ summary: String, exitCode: Int32 = wrongUse) -> Diagnostic {
    Diagnostic(.error, "\(rawValue): \(summary)", exitCode: exitCode)
  }

  private static let verbs = [
    "create", "decrypt", "edit", "view", "encrypt", "encrypt_string", "rekey",
  ]

  private var options: [AnsibleOption] {
    switch self {
    case .playbook:
      AnsibleOption.common + AnsibleOption.inventory + AnsibleOption.connection
        + AnsibleOption.playbook
    case .adHoc:
      AnsibleOption.common + AnsibleOption.inventory + AnsibleOption.connection
        + AnsibleOption.adHoc
    case .inventory: AnsibleOption.common + AnsibleOption.inventory + AnsibleOption.listing
    case .vault: AnsibleOption.common + AnsibleOption.vaulting
    }
  }

  /// A few lines on how it is called.
  var usage: String {
    let operands =
      switch self {
      case .playbook: "playbook [playbook ...]"
      case .adHoc: "pattern"
      case .inventory: "[group]"
      case .vault: "\(Self.verbs.joined(separator: "|")) [file ...]"
      }
    var text = "usage: \(rawValue) [options] \(operands)\n\n"
    for option in options {
      let names = option.names.map { name in
        let dashes = name.count == 1 ? "-" : "--"
        return dashes + name
      }.joined(separator: ", ")
      let value = option.takesValue ? " VALUE" : ""
      switch option.meaning {
      case .unsupported: text += "  \(names)\(value): not supported\n"
      case .ignored: text += "  \(names)\(value): has no effect\n"
      case .same: text += "  \(names)\(value)\n"
      }
    }
    return text + "\nThis is omtd-setup \(OmtdSetup.version), called \(rawValue).\n"
  }
}
