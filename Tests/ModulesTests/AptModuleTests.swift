import ModuleKit
import Modules
import Testing
import Values

@Suite struct AptModuleTests {
  private func plan(
    _ arguments: KeyValuePairs<String, Value>, _ packages: [String: PackageFact.Reading] = [:],
    _ candidates: [String: CandidateFact.Reading] = [:]
  ) throws -> Trial.Ending {
    var table = FactTable()
    table.set(
      .known(.init(isFresh: false, updated: 7), line: "old 7"), for: AptIndexFact(validFor: 0))
    for (name, reading) in packages { table.set(.known(reading, line: ""), for: PackageFact(name)) }
    for (name, reading) in candidates {
      table.set(.known(reading, line: ""), for: CandidateFact(name))
    }
    let checked = try Arguments.check(
      arguments.map { ($0.key, $0.value, nil) }, for: AptModule.specification, at: nil)
    // Nothing may be asked: what is missing shows as a failure.
    return Trial(command: "false", mode: .imagine).run(try AptModule(checked), table: table)
  }

  private let nginx = CandidateFact.Reading(
    isKnown: true, candidate: "1.22-1", versions: ["1.22-1", "1.20-3"])

  @Test func leavesAloneWhatIsThere() throws {
    let ending = try plan(["name": "nginx"], ["nginx": .installed(version: "1.20-3")])
    #expect(ending.result?.isChanged == false)
    #expect(ending.labels.isEmpty)
    #expect(ending.result?.values["cache_update_time"] == 7)
  }

  @Test func installsAllMissingPackagesInOneCall() throws {
    let ending = try plan(
      ["name": "nginx,curl,git"],
      ["nginx": .absent, "curl": .absent, "git": .installed(version: "2")],
      ["nginx": nginx, "curl": nginx])
    #expect(ending.labels == ["apt-get install nginx curl"])
    #expect(ending.isChanged)
  }

  @Test func keepsVersionsAndUpgrades() throws {
    let there: [String: PackageFact.Reading] = ["nginx": .installed(version: "1.20-3")]
    #expect(try plan(["name": "nginx=1.20*"], there).result?.isChanged == false)
    #expect(try plan(["name": "nginx>=1.9"], there).result?.isChanged == false)
    #expect(
      try plan(["name": "nginx=1.22*"], there, ["nginx": nginx]).labels == [
        "apt-get install nginx=1.22-1"
      ])
    #expect(
      try plan(["name": "nginx", "state": "latest"], there, ["nginx": nginx]).labels == [
        "apt-get install nginx"
      ])
    #expect(try plan(["name": "nginx=9"], there, ["nginx": nginx]).failure != nil)
    let newer: [String: PackageFact.Reading] = ["nginx": .installed(version: "1.22-1")]
    #expect(try plan(["name": "nginx=1.20-3"], newer, ["nginx": nginx]).failure != nil)
    #expect(
      try plan(["name": "nginx=1.20-3", "allow_downgrade": true], newer, ["nginx": nginx]).labels
        == ["apt-get install nginx=1.20-3"])
    #expect(
      try plan(["name": "nginx", "state": "latest"], newer, ["nginx": nginx]).result?.isChanged
        == false)
  }

  @Test func removesAndPurges() throws {
    let half: [String: PackageFact.Reading] = ["nginx": .configured(version: "1")]
    #expect(try plan(["name": "nginx", "state": "absent"], half).result?.isChanged == false)
    #expect(
      try plan(["name": "nginx", "state": "absent", "purge": true], half).labels == [
        "apt-get remove nginx"
      ])
    #expect(
      try plan(["name": "nginx", "state": "absent"], ["nginx": .absent]).result?.isChanged == false)
  }

  @Test func readsTheIndexFirst() throws {
    let ending = try plan(
      ["name": "nginx", "update_cache": true], ["nginx": .absent], ["nginx": nginx])
    #expect(ending.labels == ["apt-get update", "apt-get install nginx"])
    let alone = try plan(["update_cache": true])
    #expect(alone.labels == ["apt-get update"])
    #expect(alone.isChanged)
    #expect(alone.result?.values["cache_updated"] == true)
    let unchanged = try plan(
      ["name": "nginx", "update_cache": true], ["nginx": .installed(version: "1")])
    #expect(unchanged.labels == ["apt-get update"])
    #expect(unchanged.result?.isChanged == false)
  }

  @Test func missesWhatNoIndexKnows() throws {
    let none = CandidateFact.Reading(isKnown: false, candidate: nil, versions: [])
    #expect(try plan(["name": "nginx"], ["nginx": .absent], ["nginx": none]).failure != nil)
    let ending = try plan(
      ["name": "nginx", "update_cache": true], ["nginx": .absent], ["nginx": none])
    #expect(ending.unknown != nil)
  }

  @Test(arguments: Trial.shells)
  func readsPackagesOfThisMachine(shell: String) throws {
    let trial = Trial(command: shell)
    let names = ["dpkg", "no-such-package-here", "awk", "dpkg:native", "bas[h]"]
    let output = trial.execute(PackageFact.script(names.map { PackageFact($0) })).text
    let lines = output.split(separator: "\n")
    #expect(lines.count == names.count)
    let readings = zip(names, lines).map { PackageFact($0).parse($1) }
    guard case .installed = readings[0] else {
      Issue.record("\(readings)")
      return
    }
    #expect(readings[1] == .absent)
    guard case .provided = readings[2] else {
      Issue.record("\(readings)")
      return
    }
    #expect(readings[3] == readings[0])
    guard case .installed = readings[4] else {
      Issue.record("\(readings)")
      return
    }
    let facts = ["bash", "no-such-package-here", "dpkg"].map { CandidateFact($0) }
    let candidates = zip(
      facts, trial.execute(CandidateFact.script(facts)).text.split(separator: "\n")
    )
    .map { $0.parse($1) }
    #expect(candidates.map(\.isKnown) == [true, false, true])
    #expect(candidates.first?.candidate != nil)
    #expect(candidates.first?.versions.isEmpty == false)
  }
}
