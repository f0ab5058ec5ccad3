/// The command that takes another user's rights, and what its words mean.
struct Escalation {
  let become: Become
  /// What `sudo -p` prints instead of its own, perhaps localised, question.
  let prompt: String
  private let shell = "/bin/sh"

  init(_ become: Become, nonce: String) {
    self.become = become
    prompt = "omtd-password-" + nonce + ":"
  }

  /// Shell text that runs `/bin/sh -c text` as the other user; the text has no single quotes.
  ///
  /// - Parameter asks: lets the command ask for the password on stderr and read it from stdin.
  func command(running text: String, asks: Bool) -> String {
    switch become.method {
    case .sudo:
      let executable = become.executable ?? "sudo"
      let asking = asks ? "-S -p " + Quoting.word(prompt) : "-n"
      return "exec \(executable) \(sudoFlags) \(asking) -u \(Quoting.word(become.user)) -- "
        + "\(shell) -c \(Quoting.word(text))"
    case .su:
      let executable = become.executable ?? "su"
      let flags = become.flags.map { $0 + " " } ?? ""
      // The text has no single quotes. Quoted twice it would have a backslash before one, which
      // fish reads otherwise.
      return "omtd_b=\(Quoting.word(text)); exec env LC_ALL=C \(executable) \(flags)"
        + "\(Quoting.word(become.user)) -c \"exec \(shell) -c '$omtd_b'\""
    }
  }

  /// The user's flags without `-n` and `-S`, which are ours to choose.
  private var sudoFlags: String {
    let flags = (become.flags ?? "-H").split(separator: " ").filter { $0 != "-n" && $0 != "-S" }
    return flags.map { flag in
      guard flag.utf8.first == UInt8(ascii: "-"), flag.utf8.dropFirst().first != UInt8(ascii: "-"),
        flag.utf8.dropFirst().allSatisfy({ "HnSEiskK".utf8.contains($0) })
      else { return String(flag) }
      return "-" + flag.dropFirst().filter { $0 != "n" && $0 != "S" }
    }.filter { $0 != "-" }.joined(separator: " ")
  }

  /// How often the question for a password stands in what came on stderr so far.
  func questions(in stderr: [UInt8]) -> Int {
    switch become.method {
    case .sudo: return Bytes.count(of: Array(prompt.utf8), in: stderr)
    case .su:
      var end = stderr[...]
      while end.last == UInt8(ascii: " ") { end.removeLast() }
      guard end.last == UInt8(ascii: ":") else { return 0 }
      let line = end.suffix(while: { $0 != UInt8(ascii: "\n") })
      return Bytes.count(of: Array("assword".utf8), in: Array(line)) > 0 ? 1 : 0
    }
  }

  /// The failure for a command that ended before it gave us a shell.
  func failure(_ stderr: [UInt8]) -> ConnectionFailure {
    let text = Self.readable(Bytes.text(stderr.filter { $0 != 13 }))
    let known: [(String, String, String?)] = [
      (
        "password is required", "`\(become.method)` needs a password",
        "set `ansible_become_password`, or ask for it with `--ask-become-pass` (`-K`)"
      ),
      (
        "must have a tty", "sudoers demands a terminal (`requiretty`)",
        "add `Defaults:USER !requiretty` on the host"
      ),
      ("not allowed to execute", "sudoers does not let this user run a shell", nil),
      ("not allowed to run sudo", "sudoers does not let this user become anyone", nil),
      ("not in the sudoers file", "the login user is not in the sudoers file", nil),
      ("try again", "wrong password for `\(become.method)`", nil),
      ("incorrect password attempt", "wrong password for `\(become.method)`", nil),
      ("Authentication failure", "wrong password for `\(become.method)`", nil),
      ("unknown user", "no user `\(become.user)` on the host", nil),
      ("does not exist", "no user `\(become.user)` on the host", nil),
      ("not found", "`\(become.executable ?? become.method.rawValue)` is not installed", nil),
    ]
    let match = known.first { text.contains($0.0) }
    return ConnectionFailure(
      .escalate, .refused,
      match?.1 ?? "`\(become.method)` gave no shell of `\(become.user)`",
      detail: Bytes.trimmed(text), hint: match?.2, isUnreachable: false)
  }

  /// Without our own question, and without the script that `sudo` quotes when it refuses it.
  static func readable(_ text: String) -> String {
    var text = text
    while let start = text.firstRange(of: "omtd-password-"),
      let end = text[start.upperBound...].firstIndex(of: ":"),
      text[start.upperBound..<end].allSatisfy(\.isHexDigit)
    {
      text.removeSubrange(start.lowerBound...end)
    }
    if let start = text.firstRange(of: "'/bin/sh -c "),
      let end = text[start.upperBound...].ranges(of: "' as ").last
    {
      text.replaceSubrange(start.lowerBound...end.lowerBound, with: "/bin/sh")
    }
    return text
  }

  var wrongPassword: ConnectionFailure {
    ConnectionFailure(
      .escalate, .refused, "wrong password for `\(become.method)`", isUnreachable: false)
  }

  var missingPassword: ConnectionFailure {
    ConnectionFailure(
      .escalate, .refused, "`\(become.method)` needs a password",
      hint: "set `ansible_become_password`, or ask for it with `--ask-become-pass` (`-K`)",
      isUnreachable: false)
  }
}

extension Become.Method: CustomStringConvertible {
  package var description: String { rawValue }
}
