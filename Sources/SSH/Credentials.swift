import Transport

/// What may be offered to a host, in this order.
struct Credentials: Sendable {
  enum Offer: Sendable {
    case file(KeyFile)
    case agent(Agent, PublicKey)
    case password(Password)
    case keyboard(Password)

    /// For messages.
    var name: String {
      switch self {
      case .file(let file): file.path
      case .agent(_, let key): "agent key \(key.fingerprint)"
      case .password: "password"
      case .keyboard: "keyboard-interactive"
      }
    }
  }

  private(set) var offers: [Offer] = []
  /// Keys that only OpenSSH can use, by name.
  private(set) var onlyOpenSSH: [String] = []
  /// The first file that was named is one of these.
  private(set) var isFirstForOpenSSH = false
  /// Files that were named and are not there.
  private(set) var missing: [String] = []

  private static let defaults = [
    "~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk", "~/.ssh/id_xmss", "~/.ssh/id_dsa",
  ]

  /// Reads the files and asks the agent; both may block for a moment.
  init(
    keyFiles: [String], onlyNamed: Bool, agent: Agent?, password: Password?, usesKeys: Bool = true
  ) {
    if usesKeys { addKeys(keyFiles, onlyNamed: onlyNamed, agent) }
    if let password { offers += [.password(password), .keyboard(password)] }
  }

  private mutating func addKeys(_ keyFiles: [String], onlyNamed: Bool, _ agent: Agent?) {
    for path in keyFiles {
      let file = KeyFile(Platform.expandingHome(path))
      if case .missing(let why) = file.kind { missing.append("\(file.path): \(why)") }
      add(file)
      if offers.isEmpty && !onlyOpenSSH.isEmpty { isFirstForOpenSSH = true }
    }
    if !onlyNamed || keyFiles.isEmpty {
      if let agent {
        for identity in agent.identities() {
          switch KeyFile.kind(of: identity.key.type) {
          case .ed25519, .ecdsa: offers.append(.agent(agent, identity.key))
          default: onlyOpenSSH.append("agent key \(identity.comment) (\(identity.key.type))")
          }
        }
      }
    }
    if keyFiles.isEmpty {
      for path in Self.defaults { add(KeyFile(Platform.expandingHome(path))) }
    }
  }

  private mutating func add(_ file: KeyFile) {
    if file.isMissing { return }
    if file.isUsableHere {
      offers.append(.file(file))
    } else {
      onlyOpenSSH.append(file.path)
    }
  }
}
