@preconcurrency import Glibc
import ModuleKit

/// Runs scripts behind the prelude under a shell of this machine, in a scratch folder, or by an
/// `ssh` command line on another. A script that takes more than two minutes is ended.
package final class ScratchShell {
  package static let shells = ["dash", "bash --posix", "busybox sh"]
  private let shell: String
  private let folder = ScratchFolder()

  package init(_ shell: String) { self.shell = shell }

  /// The folder that goes with the shell.
  package var root: String { folder.path }

  /// Standard output; the input stands on standard input.
  @discardableResult
  package func run(_ script: ShellScript, input: [UInt8] = []) -> String {
    write(Array((Prelude.text + script.text + "\n").utf8), to: root + "/.script")
    write(input, to: root + "/.input")
    var command = "timeout 120 \(shell) \(root)/.script <\(root)/.input 2>\(root)/.errors"
    if shell.hasPrefix("ssh ") {
      // A host of its own: the script is put there first, since its input is the step's.
      command =
        "timeout 120 \(shell) 'cat >/tmp/.omtd' <\(root)/.script && "
        + "timeout 120 \(shell) 'sh /tmp/.omtd' <\(root)/.input 2>\(root)/.errors"
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

  package func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}
