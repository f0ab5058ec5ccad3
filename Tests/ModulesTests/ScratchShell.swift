@preconcurrency import Glibc
import ModuleKit

/// Runs scripts behind the prelude under a shell of this machine, in a scratch folder, or by an
/// `ssh` command line on another.
final class ScratchShell {
  static let shells = ["dash", "bash --posix", "busybox sh"]
  let root: String
  private let shell: String

  init(_ shell: String) {
    self.shell = shell
    var template = Array("/tmp/omtd-test.XXXXXX".utf8CString)
    root = String(cString: mkdtemp(&template))
  }

  deinit { _ = run("rm -rf \(root)") }

  /// Standard output; the input stands on standard input.
  @discardableResult
  func run(_ script: ShellScript, input: [UInt8] = []) -> String {
    let folder = root
    write(Array((Prelude.text + script.text + "\n").utf8), to: folder + "/.script")
    write(input, to: folder + "/.input")
    var command = "\(shell) \(folder)/.script <\(folder)/.input 2>\(folder)/.errors"
    if shell.hasPrefix("ssh ") {
      // A host of its own: the script is put there first, since its input is the step's.
      command =
        "\(shell) 'cat >/tmp/.omtd' <\(folder)/.script && "
        + "\(shell) 'sh /tmp/.omtd' <\(folder)/.input 2>\(folder)/.errors"
    }
    guard let pipe = popen(command, "r") else { return "" }
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 {
      out += buffer.prefix(count)
    }
    pclose(pipe)
    return String(decoding: out, as: UTF8.self)
  }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      out += buffer.prefix(count)
    }
    return String(decoding: out, as: UTF8.self)
  }

  func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}
