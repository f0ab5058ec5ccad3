import ArgumentParser
import Diagnostics
import Fleet
import Inventories
import Running

struct ScaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Changes how many machines a group has: GROUP=N.")
  @Argument(help: "GROUP=N.") var target: String
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "Write the change into the inventory.") var write = false
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false

  func run() async throws {
    let parts = target.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let count = Int(parts[1]), (0...100_000).contains(count) else {
      throw ValidationError("write GROUP=N")
    }
    guard inventory.sources.count == 1, let path = inventory.sources.first,
      Platform.kind(path) == .file
    else { throw Diagnostic.error("`scale` needs one inventory file: -i FILE") }
    let old = try Platform.readText(path)
    let edit = try ScaledInventory(old, group: parts[0], count: count, file: path)
    Platform.write("\(path)\n- \(edit.before)\n+ \(edit.after)\n", to: 1)
    // Beside the inventory, so that its group_vars are found.
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    let draft =
      (folder.isEmpty ? (path.hasPrefix("/") ? "/" : "") : folder + "/") + ".omtd-scale.ini"
    try Platform.replace(draft, with: edit.text, like: path)
    defer { Platform.remove(draft) }
    let before = try await CloudView.open(inventory)
    var changed = inventory
    changed.sources = [draft]
    let pipeline = try await Pipeline(
      inventory: changed, connection: .parsed, output: .quiet, selection: .parsed)
    var arguments = MachineArguments.parsed
    arguments.prune = false
    let reader = try pipeline.variableReader([])
    let described = try await Machines.read(pipeline, [], arguments)?.described ?? []
    let removed = before.described.map(\.name).filter { name in
      !described.contains { $0.name == name }
    }
    let cloud = try await before.snapshot()
    let leaving = cloud.machines(of: before.environment.text).filter {
      removed.contains($0.mark.name)
    }
    for (server, mark) in leaving {
      Platform.write(
        "  - \(mark.name)  server \(server.id)\(mark.isProtected ? ", protected" : "")\n", to: 1)
    }
    let protected =
      leaving.filter(\.mark.isProtected).map(\.mark.name)
      + before.described.filter { removed.contains($0.name) && $0.isProtected }.map(\.name)
    guard protected.isEmpty else {
      throw Diagnostic.error(
        "protected machines are not removed: \(Set(protected).sorted().joined(separator: ", "))")
    }
    if !yes {
      if Platform.isTerminal(0) {
        guard Platform.readAnswer("Apply this? Only `yes` is taken as such: ") == "yes" else {
          throw ExitStatus(code: 1)
        }
      } else if !leaving.isEmpty {
        throw Diagnostic.error(
          "machines would be removed, and there is no terminal to ask at", hint: "say --yes")
      }
    }
    if write { try Platform.replace(path, with: edit.text, like: path) }
    let fleet = try await Machines(
      pipeline, reader, described, arguments, environment: before.environment)
    try await fleet.scale(removing: leaving)
    if !write {
      Platform.write(
        "\(path) is as it was: --write keeps the change, else the next apply sees other machines\n",
        to: 1)
    }
  }
}

/// An INI inventory in which the range of a group's hosts has another end.
struct ScaledInventory {
  let text: String
  let before: String
  let after: String

  init(_ text: String, group: String, count: Int, file: String) throws(Diagnostic) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var section = ""
    var found: [Int] = []
    for (index, line) in lines.enumerated() {
      let word = line.drop { $0 == " " || $0 == "\t" }
      if word.hasPrefix("["), let close = word.firstIndex(of: "]"),
        !word.contains("[1") || word.hasPrefix("[\(group)]")
      {
        section = String(word[word.index(after: word.startIndex)..<close])
      } else if section == group, !word.isEmpty, !word.hasPrefix("#"), !word.hasPrefix(";") {
        found.append(index)
      }
    }
    guard found.count == 1, let index = found.first else {
      throw .error(
        found.isEmpty
          ? "`\(file)` has no section `[\(group)]` with hosts"
          : "`[\(group)]` has \(found.count) lines of hosts",
        hint: "`scale` changes one range, as in `\(group)-[1:4]`")
    }
    let line = lines[index]
    let host = line.prefix { $0 != " " && $0 != "\t" }
    guard let open = host.firstIndex(of: "["), let close = host[open...].firstIndex(of: "]") else {
      throw .error(
        "`\(host)` in `\(file)` is no range",
        at: SourceLocation(file: file, line: index + 1, column: 1),
        hint: "write it as `\(host)-[1:1]`")
    }
    let inside = host[host.index(after: open)..<close].split(separator: ":").map(String.init)
    guard (2...3).contains(inside.count), let first = Int(inside[0]),
      inside.count == 2 || inside[2] == "1"
    else {
      throw .error(
        "`\(host)` in `\(file)` is no range of numbers",
        at: SourceLocation(file: file, line: index + 1, column: 1))
    }
    guard count > 0 else {
      throw .error(
        "a range has one host at least",
        hint: "take the line out of the inventory, and apply with --prune")
    }
    var last = String(first + count - 1)
    if inside[0].hasPrefix("0"), inside[0].utf8.count > last.utf8.count {
      last = String(repeating: "0", count: inside[0].utf8.count - last.utf8.count) + last
    }
    before = line
    after = line.replacingRange(open, close, "[\(inside[0]):\(last)]")
    lines[index] = after
    self.text = lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate func replacingRange(_ open: Index, _ close: Index, _ new: String) -> String {
    String(self[..<open]) + new + String(self[index(after: close)...])
  }
}
