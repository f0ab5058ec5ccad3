@preconcurrency import Glibc
import TestKit

/// A project on this machine with words that must not be found anywhere but in its own files and in
/// what its tasks write.
struct SecretProject {
  let scratch: ScratchFolder
  /// A word that occurs nowhere else on the machine.
  let canary: String
  var folder: String { scratch.path + "/project" }

  init(_ playbook: String) throws {
    scratch = ScratchFolder()
    let random = (0..<3).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }
    canary = "Canary" + random.joined()
    mkdir(folder, 0o755)
    mkdir(scratch.path + "/root", 0o755)
    let settings = "ansible_connection=local root=\(scratch.path)/root"
    try write("hosts", "h1 \(settings)\nh2 \(settings)\n")
    try write("secrets.yaml", "canary: \(canary)\nhide: true\n")
    try write("site.yaml", playbook)
  }

  func write(_ name: String, _ text: String) throws {
    try Files.write(text, to: "\(folder)/\(name)")
  }

  /// A `sudo` that asks as the real one does without a terminal.
  ///
  /// - Parameter accepted: the password it takes; it turns down any other.
  func writeSudo(accepting accepted: String) throws -> String {
    try write(
      "sudo",
      """
      #!/bin/sh
      prompt=
      asks=
      while [ "$1" != -- ]; do
      case $1 in
      -p) prompt=$2; shift;;
      -S) asks=y;;
      -u) shift;;
      esac
      shift
      done
      shift
      if [ -z "$asks" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
      printf %s "$prompt" >&2
      IFS= read -r word || exit 1
      if [ "$word" != '\(accepted)' ]; then
      echo 'Sorry, try again.' >&2
      printf %s "$prompt" >&2
      IFS= read -r word
      echo 'sudo: 1 incorrect password attempt' >&2
      exit 1
      fi
      exec "$@"

      """)
    chmod(folder + "/sudo", 0o755)
    return folder + "/sudo"
  }

  /// What a run left: everything it said and wrote, by where.
  struct Traces {
    var status: Int
    var texts: [(place: String, text: String)]

    /// Where the word stands.
    func places(of word: String) -> [String] {
      texts.filter { $0.text.contains(word) }.map { trace in
        let line = trace.text.split(separator: "\n").first { $0.contains(word) } ?? ""
        return "\(trace.place): \(line.prefix(400))"
      }
    }
  }

  func run(_ words: [String], environment: [String] = []) async throws -> Traces {
    let log = scratch.path + "/events.json"
    Files.remove(log)
    let isApply = words.first == "apply"
    let said = try await Command(
      words: ["/usr/bin/env"] + environment + [Files.binary] + words + (isApply ? ["--yes"] : [])
        + ["-i", "hosts", "site.yaml", "--json", log], folder: folder
    ).run()
    return Traces(
      status: said.isLate ? -1 : said.status,
      texts: [
        ("stdout", said.stdout), ("stderr", said.stderr),
        ("events", Files.exists(log) ? try Files.text(log) : ""),
      ])
  }
}

/// Argument lists of all processes of the machine.
enum ProcessList {
  /// Processes that have the word in their arguments.
  static func withArgument(_ word: String) -> [String] {
    Files.names("/proc").filter { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      .compactMap { id in
        guard let text = try? Files.text("/proc/\(id)/cmdline"), text.contains(word) else {
          return nil
        }
        return "\(id): " + text.replacingAll("\0", with: " ")
      }
  }
}
