@preconcurrency import Glibc
import Synchronization
import Transport

final class Counter: Sendable {
  private let number = Atomic<Int>(0)
  /// The number before.
  func increment() -> Int { number.add(1, ordering: .relaxed).oldValue }
}

extension Connection {
  func text(_ script: String, input: String = "") async throws -> String {
    let reply = try await run(ShellRequest(script: script, input: [Array(input.utf8)]))
    return String(decoding: reply.stdout, as: UTF8.self)
  }
}

extension Connection {
  /// Whether the process whose number is in a file is over, or soon is.
  func isGone(_ file: String) async throws -> Bool {
    try await text(
      """
      p=$(cat \(file)) && [ -n "$p" ] || exit
      for i in 1 2 3 4 5 6 7 8 9 10; do
      grep -q '^State:.[^Z]' /proc/$p/status 2>/dev/null || { echo gone; exit; }
      sleep 0.1
      done
      """) == "gone\n"
  }
}

extension ShellReply {
  var text: String { String(decoding: stdout, as: UTF8.self) }
  var errorText: String { String(decoding: stderr, as: UTF8.self) }
}

/// A shell under which the loop must run.
enum TestShell: String, CaseIterable, Sendable {
  case dash, bash, busybox
  /// A `dd` that knows no flags, as old ones.
  case oldDd

  /// Path of the program; for busybox one whose `PATH` has its applets only.
  func path() throws -> String {
    switch self {
    case .dash, .bash:
      let path = "/bin/" + rawValue
      guard access(path, X_OK) == 0 else { throw Missing(what: path) }
      return path
    case .busybox:
      guard
        let busybox = (["/bin/busybox", "/usr/bin/busybox"] as [String])
          .first(where: { access($0, X_OK) == 0 })
      else { throw Missing(what: "busybox") }
      let folder = try TemporaryFolder.kept("busybox")
      _ = system("\(busybox) --install -s \(folder) 2>/dev/null; ln -sf \(busybox) \(folder)/sh")
      return try wrapper(folder, "exec \(folder)/sh \"$@\"", shell: "\(folder)/sh", path: folder)
    case .oldDd:
      let folder = try TemporaryFolder.kept("old-dd")
      try TemporaryFolder.write(
        folder + "/dd",
        "#!/bin/sh\ncase $* in *iflag*) echo 'unknown operand' >&2; exit 1;; esac\n"
          + "exec /bin/dd \"$@\"\n")
      return try wrapper(
        folder, "exec /bin/dash \"$@\"", shell: "/bin/sh", path: folder + ":/usr/bin:/bin")
    }
  }

  private func wrapper(
    _ folder: String, _ line: String, shell: String, path: String
  ) throws -> String {
    let file = folder + "/omtd-shell"
    try TemporaryFolder.write(file, "#!\(shell)\nPATH=\(path)\nexport PATH\n\(line)\n")
    return file
  }
}

struct Missing: Error, CustomStringConvertible {
  var what: String
  var description: String { "this test needs \(what), which is not here" }
}

enum TemporaryFolder {
  static func make() throws -> String {
    var template = Array("/tmp/omtd-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Missing(what: "a folder in /tmp") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static let folders = Mutex<[String: String]>([:])
  private static let written = Mutex<Set<String>>([])

  /// One folder of this name in each run of the tests.
  static func kept(_ name: String) throws -> String {
    try folders.withLock { folders in
      if let folder = folders[name] { return folder }
      let folder = try make()
      folders[name] = folder
      return folder
    }
  }

  static func write(_ path: String, _ text: String) throws {
    try written.withLock { written in
      guard written.insert(path).inserted else { return }
      // A copy: a file that any process has open for writing cannot be run.
      guard let file = fopen(path + ".draft", "we") else { throw Missing(what: path) }
      fputs(text, file)
      fclose(file)
      _ = system("cp '\(path).draft' '\(path)' && chmod 755 '\(path)'")
    }
  }
}
