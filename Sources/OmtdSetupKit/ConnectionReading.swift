import Configuration
import Diagnostics
import ModuleKit
import Running
import Templating
import Transport
import Values

/// What options and settings say of connections: options win.
enum ConnectionReading {
  /// - Throws: where a password cannot be had.
  static func defaults(
    _ arguments: ConnectionArguments, _ settings: Settings
  ) throws(Diagnostics) -> ConnectionDefaults {
    var defaults = withoutPasswords(arguments, settings)
    defaults.password = try password(
      asks: arguments.askPassword || settings.asksPassword.value, "SSH password: ",
      file: arguments.passwordFile ?? settings.connectionPasswordFile.value)
    defaults.becomePassword = try password(
      asks: arguments.askBecomePassword || settings.asksBecomePassword.value,
      "BECOME password: ",
      file: arguments.becomePasswordFile ?? settings.becomePasswordFile.value)
    return defaults
  }

  static func withoutPasswords(
    _ arguments: ConnectionArguments, _ settings: Settings
  ) -> ConnectionDefaults {
    var defaults = ConnectionDefaults()
    defaults.user = arguments.user ?? settings.remoteUser.value
    defaults.port = settings.remotePort.value
    defaults.keyFile = arguments.privateKey ?? settings.privateKeyFile.value
    defaults.kind = arguments.connection ?? nonstandard(settings.connection)
    let timeout = arguments.timeout ?? nonstandard(settings.timeout)
    if let timeout, timeout > 0 { defaults.timeout = .seconds(timeout) }
    defaults.hostKeyChecking =
      arguments.acceptNew ? .acceptNew : settings.hostKeyChecking.value ? .strict : .off
    defaults.sshArguments = words(settings.sshArguments.value)
    defaults.commonArguments = words(
      arguments.sshCommonArguments ?? settings.sshCommonArguments.value)
    defaults.extraArguments = words(
      arguments.sshExtraArguments ?? settings.sshExtraArguments.value)
    defaults.shellExecutable = nonstandard(settings.shellExecutable)
    defaults.become = arguments.become || settings.become.value
    defaults.becomeUser = arguments.becomeUser ?? nonstandard(settings.becomeUser)
    defaults.becomeMethod = arguments.becomeMethod ?? nonstandard(settings.becomeMethod)
    defaults.becomeFlags = settings.becomeFlags.value
    defaults.becomeExecutable = settings.becomeExecutable.value
    defaults.becomesSameUser = settings.becomesSameUser.value
    return defaults
  }

  private static func nonstandard<Text>(_ setting: Setting<Text>) -> Text? {
    setting.origin == .standard ? nil : setting.value
  }

  private static func words(_ text: String?) -> [String] {
    text.flatMap { ShellWords.split($0) } ?? []
  }

  /// A password that is asked for wins over one in a file.
  private static func password(
    asks: Bool, _ prompt: String, file: String?
  ) throws(Diagnostics) -> Password? {
    if asks {
      guard let text = Platform.readSecret(prompt) else {
        throw Diagnostics([.error("a password was to be asked for, but there is no terminal")])
      }
      return Password(text)
    }
    guard let file else { return nil }
    do throws(Diagnostic) {
      return Password(String(decoding: try PasswordFile.read(file), as: UTF8.self))
    } catch {
      throw Diagnostics([error])
    }
  }
}

/// A file that holds a password, or a program that prints one.
enum PasswordFile {
  /// - Throws: where there is none, or nothing in it.
  static func read(_ name: String) throws(Diagnostic) -> [UInt8] {
    let path = Platform.expanded(name)
    var bytes: [UInt8]
    if name == "-" {
      bytes = Platform.readInput()
    } else {
      guard Platform.kind(path) == .file else { throw .error("password file `\(name)` not found") }
      if Platform.isExecutable(path) {
        let result = try Platform.output(
          of: [Platform.absolute(path)], within: VaultSources.programDeadline)
        guard result.status == 0 else {
          throw .error("password program `\(name)` ended with status \(result.status)")
        }
        bytes = result.output
      } else {
        guard let content = Platform.readBytes(path) else {
          throw .error("cannot read password file `\(name)`")
        }
        bytes = content
      }
    }
    while let last = bytes.last, [0x0A, 0x0D, 0x20, 0x09].contains(last) { bytes.removeLast() }
    guard !bytes.isEmpty else { throw .error("password file `\(name)` is empty") }
    return bytes
  }
}
