import ArgumentParser
import Diagnostics
import Fleet
import Inventories
import Reporting

struct ScaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Changes how many machines a group has: GROUP=N.")
  @Argument(help: "GROUP=N.") var target: String
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "Write the change into the inventory.") var write = false
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false
  @OptionGroup(title: "Output") var events: EventArguments

  /// The group and its number, of `GROUP=N`.
  private var wanted: (group: String, count: Int)? {
    let parts = target.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let count = Int(parts[1]), (0...100_000).contains(count) else {
      return nil
    }
    return (parts[0], count)
  }

  func validate() throws {
    guard wanted != nil else { throw ValidationError("write GROUP=N") }
  }

  func run() async throws {
    guard let wanted else { return }
    try await events.record("scale") { out in
      try await scale(wanted.group, to: wanted.count, out)
    }
  }

  private func scale(_ group: String, to count: Int, _ out: Output) async throws {
    try CloudView.refuseLimit(inventory, "`scale` is about a group as a whole")
    let before = try await CloudView.pipeline(inventory)
    let scaling = try GroupScaling(group, to: count, in: before.inventory)
    let drafts = try Drafts(scaling)
    drafts.show()
    let old = try await CloudView.open(before)
    let pipeline = try await Pipeline(
      inventory: inventory, connection: .parsed, output: .quiet, selection: .parsed,
      drafts: drafts.texts)
    let described = try await Machines.read(pipeline, [], .parsed)?.described ?? []
    try check(scaling, before.inventory, pipeline.inventory)
    try check(scaling, old.described, described)
    let fleet = try await Machines(
      pipeline, try pipeline.variableReader([]), described, .parsed, environment: old.environment)
    let leaving = Set(scaling.leaving)
    let isWritten = write && !drafts.texts.isEmpty
    let change = MachineScaling(
      leaving: leaving,
      protected: leaving.intersection(old.described.filter(\.isProtected).map(\.name)),
      members: pipeline.inventory.hosts(directlyInGroup: group),
      ask: { plan in
        if isWritten { try drafts.check() }
        guard isWritten || plan.hasChanges else { return }
        try ask(isRemoving: !leaving.isEmpty)
      },
      write: { () throws(Diagnostic) in if isWritten { try drafts.write() } })
    try await fleet.scale(change, out)
    if !write, !drafts.texts.isEmpty {
      Platform.write(
        "\(scaling.files.joined(separator: ", ")): as before; --write keeps the change, else the "
          + "next apply sees other machines\n", to: 1)
    }
  }

  private func ask(isRemoving: Bool) throws {
    if yes { return }
    if Platform.isTerminal(0) {
      guard Platform.agrees("Apply this? Only `yes` is taken as such: ") else {
        throw ExitStatus(code: 1)
      }
    } else if isRemoving {
      throw Diagnostic.error(
        "machines would be removed, and there is no terminal to ask at", hint: "say --yes")
    }
  }

  // MARK: - Checks

  /// The edited inventory differs by these hosts and in nothing else.
  private func check(
    _ scaling: GroupScaling, _ before: Inventory, _ after: Inventory
  ) throws(Diagnostic) {
    let leaving = Set(scaling.leaving)
    let joining = Set(scaling.joining)
    guard
      Set(after.hostNames) == Set(before.hostNames).subtracting(leaving).union(joining)
    else {
      throw .error(
        "the inventory cannot be edited so that group `\(scaling.group)` alone changes",
        evidence: [.init("files", scaling.files.joined(separator: ", "))])
    }
    for group in Set(before.groupNames).union(after.groupNames) {
      let old = Set(before.hosts(directlyInGroup: group)).subtracting(leaving)
      let new = Set(after.hosts(directlyInGroup: group)).subtracting(joining)
      guard old == new else {
        throw .error("the change would move hosts of group `\(group)` as well")
      }
    }
  }

  /// What leaves and joins is described as a machine: others are no matter of a cloud.
  private func check(
    _ scaling: GroupScaling, _ before: [MachineDescription], _ after: [MachineDescription]
  ) throws(Diagnostic) {
    for (names, machines) in [(scaling.leaving, before), (scaling.joining, after)] {
      let described = Set(machines.map(\.name))
      guard let other = names.first(where: { !described.contains($0) }) else { continue }
      throw .error(
        "`\(other)` is no machine: it needs `okeanos_image` and `okeanos_flavor`, and no "
          + "`ansible_host`")
    }
  }
}

/// Files of the inventory as they would be.
private struct Drafts {
  private(set) var texts: [String: String] = [:]
  private let files: [(path: String, before: String)]

  init(_ scaling: GroupScaling) throws(Diagnostic) {
    var files: [(path: String, before: String)] = []
    for path in scaling.files {
      guard let bytes = Platform.readBytes(path) else { throw .error("cannot read `\(path)`") }
      let before = String(decoding: bytes, as: UTF8.self)
      guard Array(before.utf8) == bytes else { throw .error("`\(path)` is not UTF-8") }
      texts[path] = try scaling.edited(path, before)
      files.append((path, before))
    }
    self.files = files
  }

  func show() {
    for (path, before) in files {
      let lines = ["--- \(path)", "+++ \(path)"] + UnifiedDiff.hunks(before, texts[path] ?? before)
      for line in lines { Platform.write(DiffText.sanitized(line) + "\n", to: 1) }
    }
  }

  /// - Throws: where somebody else has changed a file since it was read.
  func check() throws(Diagnostic) {
    for (path, before) in files {
      guard Platform.readBytes(path) == Array(before.utf8) else {
        throw .error(
          "`\(path)` was changed meanwhile, and is left as it is",
          hint: "run the same command again: it goes on with what is there")
      }
    }
  }

  func write() throws(Diagnostic) {
    try check()
    for (path, before) in files {
      try Platform.replace(path, with: Array((texts[path] ?? before).utf8), keepsMode: true)
    }
  }
}
