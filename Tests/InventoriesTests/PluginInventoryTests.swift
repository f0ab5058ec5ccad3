import Diagnostics
import Inventories
import TestKit
import Testing
import Values

/// Files of which a plugin of the caller knows the hosts. The evaluator here knows names only.
@Suite struct PluginInventoryTests {
  private static let hosts = [
    ListedHost(name: "web-1", variables: ["ansible_host": "198.51.100.1", "role": "web"]),
    ListedHost(name: "db-1", variables: ["role": "db", "inner": "10.0.0.2"]),
  ]

  private func load(
    _ text: String, _ hosts: [ListedHost] = Self.hosts
  ) async throws(Diagnostics) -> Inventory {
    let scratch = ScratchFolder()
    scratch.write("inv/a-hosts", "other role=lone\n")
    scratch.write("inv/machines.yml", text)
    var options = InventoryOptions()
    let plugin: InventoryOptions.Plugin = {
      (file: SourceValue) async throws(Diagnostic) -> HostListing in
      if let odd = file.entries?.first(where: { $0.key != "plugin" && $0.key != "cloud" }) {
        throw .error("no key `\(odd.key.string ?? "")`", at: odd.keyLocation)
      }
      return HostListing(hosts: hosts, warnings: [.warning("listed")])
    }
    options.plugins["machines"] = plugin
    options.evaluate = {
      (expression: SourceValue, variables: [String: Variable]) throws(Diagnostic) -> Value in
      switch variables[expression.text ?? ""] {
      case .source(let source)?: return source.plain
      case .value(let value)?: return value
      case nil: throw .error("undefined", at: expression.location)
      }
    }
    return try await Inventory.load(sources: [scratch.path + "/inv"], options: options)
  }

  @Test("Listed hosts have their variables; who has no address is left out and told")
  func lists() async throws {
    let inventory = try await load(
      "plugin: machines\ncloud: x\nkeyed_groups: [{key: role, prefix: role}]\n")
    #expect(inventory.hostNames == ["other", "web-1"])
    #expect(inventory.hosts(inGroup: "role_web") == ["web-1"])
    #expect(!inventory.hasGroup("role_lone"), "hosts of other files are not looked at")
    #expect(inventory.hosts(inGroup: "ungrouped") == ["other"])
    let summaries = inventory.warnings.map(\.summary)
    #expect(summaries == ["listed", "left out, for they have no address: `db-1`"])
  }

  @Test("`compose` can give the address that a host lacks, and must then give it")
  func composes() async throws {
    let inventory = try await load("plugin: machines\ncompose: {ansible_host: inner}\n")
    #expect(inventory.hostNames == ["other", "web-1", "db-1"])
    guard case .value(let address)? = inventory.variables(ofHost: "db-1")["ansible_host"] else {
      Issue.record("no address")
      return
    }
    #expect(address == "10.0.0.2")
    await #expect(throws: Diagnostics.self) {
      try await load("plugin: machines\ncompose: {ansible_host: none_such}\n")
    }
  }

  /// What is wrong, and where.
  static let wrong: [(text: String, summary: String, line: Int, column: Int)] = [
    ("plugin: machines\nkind: x\n", "no key `kind`", 2, 1),
    ("plugin: machines\nstrict: maybe\n", "`strict` is yes or no", 2, 9),
    ("plugin: machines\ngroups: [a]\n", "`groups` is a mapping of names to expressions", 2, 9),
    ("plugin: machines\ncompose: {1: role}\n", "a name in `compose` is text", 2, 11),
    (
      "plugin: machines\nkeyed_groups: {key: role}\n", "`keyed_groups` is a list of mappings", 2, 15
    ),
    (
      "plugin: machines\nkeyed_groups:\n  - {key: role, prefx: r}\n",
      "`keyed_groups` has no key `prefx`", 3, 17
    ),
    ("plugin: machines\nkeyed_groups: [{key: role, prefix: 1}]\n", "`prefix` is text", 2, 36),
    (
      "plugin: machines\nkeyed_groups: [{prefix: r}]\n", "an entry of `keyed_groups` needs a `key`",
      2, 16
    ),
    ("plugin: machines\nstrict: true\ngroups: {a: none_such}\n", "undefined", 3, 13),
    (
      "plugin: machines\nkeyed_groups: [{key: role, default_value: a, trailing_separator: no}]\n",
      "`trailing_separator` has no use beside `default_value`", 2, 66
    ),
    ("plugin: nothing\n", "inventory plugin `nothing` is not supported", 1, 9),
  ]

  @Test(
    "What is wrong in the file of a plugin stops at its place, also inside a folder",
    arguments: wrong)
  func refuses(_ row: (text: String, summary: String, line: Int, column: Int)) async {
    do {
      _ = try await load(row.text)
      Issue.record("was accepted")
    } catch {
      let last = error.all.last
      #expect(last?.summary == row.summary)
      #expect(last?.location?.line == row.line)
      #expect(last?.location?.column == row.column)
    }
  }

  @Test("A key that gives nothing is an error where `strict` is set, unless there is a default")
  func strictKeys() async throws {
    let empty = [ListedHost(name: "h", variables: ["ansible_host": "198.51.100.1", "tier": ""])]
    let text = "plugin: machines\nstrict: true\nkeyed_groups: [{key: tier, prefix: tier"
    await #expect(throws: Diagnostics.self) { try await load(text + "}]\n", empty) }
    let inventory = try await load(text + ", default_value: none}]\n", empty)
    #expect(inventory.groupNames(ofHost: "h") == ["tier_none"])
  }
}
