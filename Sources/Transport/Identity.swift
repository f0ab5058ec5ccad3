import Values

/// Whose rights a request has on the host.
package enum Identity: Hashable, Sendable {
  /// The user that logged in.
  case login
  case become(Become)
}

/// How another user's rights are taken: Ansible's `become_*` settings.
package struct Become: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable, CaseIterable { case sudo, su }

  package var method: Method
  package var user: String
  package var password: Password?
  /// `become_flags`, words of shell text; nil takes the method's default (`-H` for sudo).
  package var flags: String?
  /// `become_exe`, words of shell text; nil is the method's name.
  package var executable: String?

  package init(
    method: Method = .sudo, user: String = "root", password: Password? = nil,
    flags: String? = nil, executable: String? = nil
  ) {
    self.method = method
    self.user = user
    self.password = password
    self.flags = flags
    self.executable = executable
  }
}

/// A password or passphrase: compared by its bytes, shown as `(redacted)`.
package struct Password: Hashable, Sendable {
  private let text: String

  package init(_ text: String) { self.text = text }

  /// The text in a secret; nil where it holds anything but text or a number.
  package init?(_ secret: Secret) {
    switch secret.open() {
    case .string(let text): self.text = text
    case .int(let number): self.text = String(number)
    default: return nil
    }
  }

  /// Only for the wire and for libraries that log in with it.
  package func open() -> String { text }

  package static func == (left: Password, right: Password) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { Secret.redacted }
  package var debugDescription: String { Secret.redacted }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
