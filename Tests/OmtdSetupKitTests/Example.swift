@preconcurrency import Glibc
import TestKit
import Values

/// One project of Tests/Examples, run in a copy of it.
struct Example {
  let name: String
  let folder: String
  let expected: Value

  init(_ name: String) throws {
    self.name = name
    folder = Files.examples + "/" + name
    expected = try JSON.parse(Files.text(folder + "/expected.json"))
  }

  var needsHosts: Bool { Files.exists(folder + "/needs") }

  /// What two runs in a row did.
  struct Outcome {
    var first: Pass
    var second: Pass
  }

  /// What one run did; the scratch folders stand as `@ROOT@` and `@PROJECT@` in all of it.
  struct Pass {
    var said: Command.Result
    var events: [Value]
    var tree: [String: Value]

    var recap: Value? { events.last { $0["event"]?.string == "recap" } }
    var trips: Value { recap?["round_trips"] ?? [:] }

    /// In the words of `expected.json`.
    var stats: Value {
      var all = ValueMap()
      for (host, counts) in recap?["hosts"]?.map ?? [:] {
        var counts = counts.map ?? [:]
        counts["failures"] = counts.removeValue(forKey: "failed")
        all[host] = .map(counts)
      }
      return .map(all)
    }

    /// Standard output without the times at its end.
    var output: String {
      let mark = Array("Slowest tasks\n".utf8)
      let bytes = Array(said.stdout.utf8)
      for index in bytes.indices
      where bytes[index] == mark[0] && bytes[index...].starts(with: mark) {
        return String(decoding: bytes[..<index], as: UTF8.self)
      }
      return said.stdout
    }
  }

  /// Runs it twice on what the first run left; `prefetch` is none, full or a seed. With
  /// `verifiesFacts` a fact that is not true any more at its use ends the run.
  func run(prefetch: String, verifiesFacts: Bool = false) async throws -> Outcome {
    let scratch = ScratchFolder()
    let (project, root) = (scratch.path + "/project", scratch.path + "/root")
    try Files.copy(folder, to: project, leaving: ["expected.json", "args", "needs"])
    mkdir(root, 0o755)
    let hosts = needsHosts ? try await BootedHosts.fresh() : nil
    try await hosts?.makeFolder(root)
    if let hosts { try Files.write(hosts.inventory, to: scratch.path + "/boxes.ini") }

    func pass(_ number: Int) async throws -> Pass {
      let log = scratch.path + "/events-\(number).json"
      var words = [Files.binary, "apply", "--yes", "-i", "hosts"]
      if hosts != nil { words += ["-i", scratch.path + "/boxes.ini"] }
      words += ["site.yaml", "-e", "root=" + root, "--json", log, "--prefetch", prefetch]
      if verifiesFacts { words.append("--verify-facts") }
      words += try arguments(root)
      var said = try await Command(words: words, folder: project).run()
      func neutral(_ text: String) -> String {
        text.replacingAll(root, with: "@ROOT@").replacingAll(project, with: "@PROJECT@")
      }
      said.stdout = neutral(said.stdout)
      said.stderr = neutral(said.stderr)
      let events = Files.exists(log) ? neutral(try Files.text(log)) : ""
      let tree = try await hosts?.tree(root) ?? Tree.read(root)
      return Pass(
        said: said,
        events: try events.utf8.split(separator: 10).map { try JSON.parse(String($0) ?? "") },
        tree: try tree.mapValues { try JSON.parse(neutral(JSON.text($0))) })
    }
    return Outcome(first: try await pass(1), second: try await pass(2))
  }

  private func arguments(_ root: String) throws -> [String] {
    guard Files.exists(folder + "/args") else { return [] }
    return try Files.lines(folder + "/args").filter { !$0.isEmpty }
      .map { $0.replacingAll("@ROOT@", with: root) }
  }
}

/// All that is beneath a folder, as `expected.json` tells it.
enum Tree {
  static func read(_ root: String) throws -> [String: Value] {
    var all: [String: Value] = [:]
    try collect(root, "", &all)
    return all
  }

  private static func collect(
    _ root: String, _ folder: String, _ all: inout [String: Value]
  ) throws {
    for name in Files.names(root + "/" + folder) {
      let path = folder + name
      guard let (kind, mode) = Files.kind("\(root)/\(path)") else { continue }
      let digits = String(mode, radix: 8)
      let text = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
      switch kind {
      case .link:
        all[path] = ["type": "link", "target": .string(Files.target(ofLink: "\(root)/\(path)"))]
      case .directory:
        all[path] = ["type": "directory", "mode": .string(text)]
        try collect(root, path + "/", &all)
      case .file:
        all[path] = [
          "type": "file", "mode": .string(text),
          "content": .string(try Files.text("\(root)/\(path)")),
        ]
      case .other: all[path] = ["type": "other", "mode": .string(text)]
      }
    }
  }
}
