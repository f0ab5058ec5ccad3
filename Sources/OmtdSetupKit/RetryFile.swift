import Configuration
import Diagnostics
import Running

/// The list of hosts that failed, for `--limit @FILE` of another run.
enum RetryFile {
  /// Writes it where settings ask for it and a host failed.
  static func write(_ recap: Recap, playbooks: [String], _ settings: Settings) {
    guard settings.retryFiles.value, let playbook = playbooks.first else { return }
    let failed = recap.hosts.filter { $0.1.failed > 0 || $0.1.unreachable > 0 }.map(\.0)
    guard !failed.isEmpty else { return }
    let parts = Platform.absolute(playbook).split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.last ?? ""
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    let beside = parts.dropLast().joined(separator: "/")
    let folder = settings.retryFilesFolder.value ?? beside
    let path = "\(folder)/\(stem).retry"
    do throws(Diagnostic) {
      try Platform.replace(path, with: Array((failed.joined(separator: "\n") + "\n").utf8))
      Platform.write("\tto retry, use: --limit @\(path)\n\n", to: 1)
    } catch {
      Terminal.show(Diagnostics([.warning("no retry file: \(error.summary)")]))
    }
  }
}
