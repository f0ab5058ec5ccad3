import ModuleKit
import Modules
import TestKit
import Testing
import Values

/// Facts as the real module told them, against the answers of the same host to our script.
@Suite struct SetupModuleTests {
  private func facts(_ arguments: ValueMap = [:], answer: String? = nil) throws -> ValueMap {
    let answer = try answer ?? Cases.text("setup-debian12.txt")
    let checked = try Arguments.check(
      arguments.map { ($0.key.string ?? "", $0.value, nil) }, for: SetupModule.specification,
      at: nil)
    let module = try SetupModule(checked)
    var table = FactTable()
    do throws(Interruption) {
      _ = try module.plan(HostView(table: table))
    } catch {
      guard case .needs(let all) = error, let fact = all.first as? SystemFact else { return [:] }
      table.set(.known(fact.parse(answer[...]), line: ""), for: fact)
    }
    guard case .done(let result) = try module.plan(HostView(table: table)) else { return [:] }
    return result.values["ansible_facts"]?.map ?? [:]
  }

  /// What differs, with the path to it; lists of names may be in another order.
  private func differences(_ real: Value, _ ours: Value?, _ path: String) -> [String] {
    guard let ours else { return ["\(path) is missing"] }
    if case .map(let map) = real, case .map(let own) = ours {
      let extra = own.keys.filter { map[$0] == nil }.map {
        "\(path).\($0.string ?? "") is too much"
      }
      return extra + map.flatMap { differences($1, own[$0], "\(path).\($0.string ?? "")") }
    }
    if let list = real.elements, let own = ours.elements, list.count == own.count {
      if Set(list) == Set(own) { return [] }
      return zip(list, own).enumerated().flatMap { differences($1.0, $1.1, "\(path)[\($0)]") }
    }
    return real == ours ? [] : ["\(path): \(JSON.text(real)), and ours \(JSON.text(ours))"]
  }

  /// Facts that change from one moment to the next, and those of Python, which is not looked for.
  private static let changing = [
    "ansible_date_time", "ansible_loadavg", "ansible_memfree_mb", "ansible_memory_mb",
    "ansible_uptime_seconds", "ansible_python", "ansible_python_version",
  ]

  @Test func factsAreTheRealOnes() throws {
    var real = try JSON.parse(Cases.text("setup-debian12.json")).map ?? [:]
    var ours = try facts()
    #expect(real.count > 90)
    for key in Self.changing {
      real[.string(key)] = nil
      ours[.string(key)] = nil
    }
    // Free blocks change as well.
    for name in [
      "block_available", "block_used", "size_available", "inode_available", "inode_used",
    ] {
      for (index, mount) in (real["ansible_mounts"]?.elements ?? []).enumerated() {
        guard var map = mount.map, var list = real["ansible_mounts"]?.elements else { continue }
        guard var own = ours["ansible_mounts"]?.elements, var ourMap = own[index].map else {
          continue
        }
        map[.string(name)] = nil
        ourMap[.string(name)] = nil
        list[index] = .map(map)
        own[index] = .map(ourMap)
        real["ansible_mounts"] = .list(list)
        ours["ansible_mounts"] = .list(own)
      }
    }
    #expect(differences(.map(real), .map(ours), "") == [])
  }

  @Test func whatChangesHasTheSameKeys() throws {
    let real = try JSON.parse(Cases.text("setup-debian12.json")).map ?? [:]
    let ours = try facts()
    for key in ["ansible_date_time", "ansible_loadavg", "ansible_memory_mb"] {
      let names = Set(real[.string(key)]?.map?.keys.elements ?? [])
      #expect(Set(ours[.string(key)]?.map?.keys.elements ?? []) == names)
    }
    #expect(ours["ansible_date_time"]?["iso8601_micro"] == "2026-11-25T02:27:20.112299Z")
    #expect(ours["ansible_date_time"]?["iso8601_basic"] == "20261125T022720112299")
    #expect(ours["ansible_date_time"]?["tz_dst"] == "UTC")
    #expect(ours["ansible_uptime_seconds"] == 5571)
  }

  // Expected values from the real `setup` on a machine with a bridge `omtd-ced2d` and these hosts.
  @Test func namesOfInterfacesAndOfTheHostAreTheRealOnes() throws {
    let answer = """
      \u{1E}lc-all
      \u{1E}files
      /etc/hosts:127.0.0.1 localhost
      /etc/hosts:127.0.0.1 vm
      /proc/sys/kernel/hostname:vm
      /sys/class/net/omtd-ced2d/mtu:1500
      \u{1E}env
      LC_ALL=C\0HOME=/root\0
      \u{1E}ip
      8: omtd-ced2d: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
          inet 198.18.2.1/24 brd 198.18.2.255 scope global omtd-ced2d
      \u{1E}end

      """
    let facts = try facts(answer: answer)
    #expect(facts["ansible_fqdn"] == "localhost")
    #expect(facts["ansible_hostname"] == "vm")
    #expect(facts["ansible_interfaces"] == ["omtd-ced2d"])
    #expect(facts["ansible_omtd_ced2d"]?["device"] == "omtd-ced2d")
    #expect(facts["ansible_omtd_ced2d"]?["ipv4"]?["address"] == "198.18.2.1")
    #expect(facts["ansible_env"]?["LC_ALL"] == nil)
  }

  @Test func subsetsAndFiltersChoose() throws {
    let least = try facts(["gather_subset": ["!all"]])
    #expect(least["ansible_distribution"] == "Debian")
    #expect(least["ansible_memtotal_mb"] == nil)
    #expect(least["gather_subset"] == ["!all"])
    let network = try facts(["gather_subset": ["!all", "!min", "network"]])
    #expect(network["ansible_default_ipv4"]?["address"] == "192.0.2.131")
    #expect(network["ansible_distribution"] == nil)
    let some = try facts(["filter": ["ansible_mem*", "distribution"]])
    #expect(
      Set(some.keys.compactMap(\.string)) == [
        "ansible_memtotal_mb", "ansible_memfree_mb", "ansible_memory_mb", "ansible_distribution",
      ])
    #expect(throws: (any Error).self) { try facts(["gather_subset": ["netwrk"]]) }
  }

  @Test(arguments: ScratchShell.shells)
  func theScriptAnswersInOneLineInEveryShell(shell name: String) throws {
    let shell = ScratchShell(name)
    let folder = shell.root + "/facts.d"
    shell.run(
      """
      mkdir \(folder); cd \(folder); echo '{"a": [1]}' >json.fact; echo 'no' >bad.fact
      printf '[S]\\nKey = v\\n' >ini.fact; printf '#!/bin/sh\\nexit 3\\n' >fails.fact
      printf '#!/bin/sh\\necho "{}"\\n' >runs.fact; chmod +x fails.fact runs.fact
      """)
    let run = try ModuleRun(SetupModule.self, ["fact_path": .string(folder)], on: shell)
    let facts = run.result?.values["ansible_facts"]
    #expect(run.rounds == 2)
    #expect(facts?["ansible_system"] == "Linux")
    #expect(facts?["ansible_local"]?["json"] == ["a": [1]])
    #expect(facts?["ansible_local"]?["ini"] == ["S": ["key": "v"]])
    #expect(facts?["ansible_local"]?["runs"] == [:])
    #expect(facts?["ansible_local"]?["fails"]?.string?.contains("status 3") == true)
    #expect(run.result?.warnings.count == 2)
    #expect((facts?["ansible_memtotal_mb"]?.int ?? 0) > 0)
  }
}
