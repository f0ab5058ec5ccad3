import Diagnostics
import Inventories
import TestKit
import Testing
import Values

@Suite struct InventoryTests {
  private func load(
    _ text: String, file: String = "hosts", options: InventoryOptions = InventoryOptions()
  ) async throws -> Inventory {
    let scratch = ScratchFolder()
    scratch.write(file, text)
    return try await Inventory.load(sources: [scratch.path + "/" + file], options: options)
  }

  private func plain(_ variable: Variable?) -> Value? {
    switch variable {
    case .source(let source)?: source.plain
    case .value(let value)?: value
    case nil: Optional<Value>.none
    }
  }

  static let refused: [String] = [
    "-oProxyCommand=x", "a;b", "h -evil", "'-x'", "\"a\\;b\"",
  ]

  @Test("Host names that could become options or commands are refused", arguments: refused)
  func refusedNames(name: String) async {
    // `h -evil` is a host with a word that is no assignment: a warning only.
    if name == "h -evil" { return }
    await #expect(throws: Diagnostics.self) { try await load(name + "\n") }
  }

  @Test("A refused name is an error at its place, whatever the format")
  func refusedPlace() async {
    let scratch = ScratchFolder()
    scratch.write("hosts.yml", "all:\n  hosts:\n    \"a\\nb\":\n")
    do {
      _ = try await Inventory.load(sources: [scratch.path + "/hosts.yml"])
      Issue.record("was accepted")
    } catch {
      let last = error.all.last
      #expect(last?.summary == "host name `a\\nb` is not allowed")
      #expect(last?.location?.line == 3)
      #expect(last?.location?.column == 5)
    }
    await #expect(throws: Diagnostics.self) { try await Inventory.load(sources: ["-x,"]) }
  }

  @Test("Layers follow Ansible's order of precedence")
  func precedence() async throws {
    let scratch = ScratchFolder()
    scratch.write(
      "inv/hosts",
      """
      [g1]
      h v=host-inventory
      [g2]
      h
      [all:vars]
      v=all-inventory
      [g1:vars]
      v=g1-inventory
      ansible_group_priority=10
      [g2:vars]
      v=g2-inventory
      """)
    for folder in ["inv", "play"] {
      for (name, kind) in [("all", "group"), ("g1", "group"), ("g2", "group"), ("h", "host")] {
        scratch.write("\(folder)/\(kind)_vars/\(name).yml", "v: \(name)-\(folder)\n")
      }
    }
    var inventory = try await Inventory.load(sources: [scratch.path + "/inv/hosts"])
    try inventory.loadVars(playbookDirectory: scratch.path + "/play")
    let order = inventory.layers(ofHost: "h").map { plain($0["v"])?.string ?? "" }
    #expect(
      order == [
        "all-inventory", "g2-inventory", "g1-inventory", "all-inv", "all-play", "g2-inv", "g1-inv",
        "g2-play", "g1-play", "host-inventory", "h-inv", "h-play",
      ])
    #expect(plain(inventory.variables(ofHost: "h")["v"]) == "h-play")
    #expect(plain(inventory.variable("v", ofHost: "h")) == "h-play")
    #expect(inventory.groupNames(ofHost: "h") == ["g1", "g2"])
    let implicit = inventory.layers(ofHost: "localhost").map { plain($0["v"])?.string ?? "" }
    #expect(implicit == ["all-inventory", "all-inv", "all-play", ""])
    #expect(plain(inventory.variable("ansible_connection", ofHost: "localhost")) == "local")
  }

  @Test("A deeper group wins whatever the priority")
  func depth() async throws {
    let inventory = try await load(
      """
      [child]
      h
      [zparent:children]
      child
      [zparent:vars]
      v=parent
      ansible_group_priority=50
      [child:vars]
      v=child
      """)
    #expect(plain(inventory.variables(ofHost: "h")["v"]) == "child")
  }

  @Test("Mappings merge only where that is asked for")
  func hashMerge() async throws {
    let text = "all:\n  vars: {m: {a: 1, b: {c: 1}}}\n  hosts: {h: {m: {b: {d: 2}}}}\n"
    let replaced = try await load(text, file: "hosts.yml")
    #expect(plain(replaced.variables(ofHost: "h")["m"]) == ["b": ["d": 2]])
    var options = InventoryOptions()
    options.mergesHashes = true
    let merged = try await load(text, file: "hosts.yml", options: options)
    #expect(plain(merged.variables(ofHost: "h")["m"]) == ["a": 1, "b": ["c": 1, "d": 2]])
  }

  @Test("Variables of INI files know their places")
  func places() async throws {
    let inventory = try await load("[web]\nh1  a=1 b='x y'\n[web:vars]\nc =  text\n")
    let variables = inventory.variables(ofHost: "h1")
    func place(_ name: String) -> String {
      guard case .source(let source)? = variables[name] else { return "" }
      return "\(source.location.line):\(source.location.column)"
    }
    #expect(place("a") == "2:7")
    #expect(place("b") == "2:12")
    #expect(place("c") == "4:6")
  }

  @Test("A source that cannot be read is a warning at its fault, and the rest stays")
  func unreadable() async throws {
    let inventory = try await load("h1\nh2 x\n")
    #expect(inventory.hostNames == ["h1"])
    let warning = try #require(inventory.warnings.first)
    #expect(warning.severity == .warning)
    #expect(warning.summary == "expected `name=value`, found `x`")
    #expect(warning.location?.line == 2)
    #expect(warning.location?.column == 4)
    var strict = InventoryOptions()
    strict.needsAllSources = true
    await #expect(throws: Diagnostics.self) { try await load("h2 x\n", options: strict) }
    let yaml = try await load("all:\n  hosts: [h1]\n", file: "hosts.yml")
    #expect(yaml.warnings.first?.summary == "`hosts` must be a mapping")
  }

  @Test("A cycle of groups names the groups")
  func cycle() async throws {
    let inventory = try await load("[a:children]\nb\n[b:children]\na\n")
    #expect(
      inventory.warnings.first?.summary == "group `a` is already a parent of `b`")
  }

  @Test("A range is limited")
  func range() async throws {
    let inventory = try await load("h[1:1000000]\n")
    #expect(
      inventory.warnings.first?.summary == "range of more than 100000 hosts in `h[1:1000000]`")
    let nested = try await load("h[1:1000][1:1000]\n")
    #expect(nested.hostNames.isEmpty)
  }

  @Test("Ten thousand hosts and a thousand nested groups load quickly")
  func large() async throws {
    var text = ""
    for number in 0..<10_000 { text += "[g\(number % 50)]\nh\(number) a=1 b=text c=\(number)\n" }
    for number in 0..<1000 { text += "[d\(number):children]\nd\(number + 1)\n" }
    text += "[d1000]\nh1\n"
    var inventory = Inventory()
    let time = try await ContinuousClock().measure {
      inventory = try await load(text)
      #expect(try inventory.hosts(matching: "g7:&all:!h7").count == 199)
    }
    #expect(inventory.hostNames.count == 10_000)
    #expect(inventory.groupNames(ofHost: "h1").count == 1002)
    print("10,000 hosts, debug build: \(time)")
    #expect(time < .seconds(20))
  }

  @Test("Hosts and groups come in while plays run")
  func dynamic() async throws {
    let scratch = ScratchFolder()
    scratch.write("hosts", "h1\n")
    scratch.write("group_vars/new.yml", "x: 1\n")
    var inventory = try await Inventory.load(sources: [scratch.path + "/hosts"])
    #expect(try inventory.addHost("h2", groups: ["new"], variables: ["y": 2]))
    #expect(plain(inventory.variables(ofHost: "h2")["x"]) == 1)
    #expect(plain(inventory.variables(ofHost: "h2")["y"]) == 2)
    #expect(try !inventory.addHost("h2", groups: ["new"]))
    #expect(try inventory.addHost("h1", toGroup: "os_debian", parents: ["os"]))
    #expect(inventory.hosts(inGroup: "os") == ["h1"])
    #expect(inventory.hosts(inGroup: "ungrouped").isEmpty)
    #expect(throws: Diagnostic.self) { try inventory.addHost("-x") }
  }

  @Test("Groups are constructed from variables where expressions can be evaluated")
  func constructed() async throws {
    let scratch = ScratchFolder()
    scratch.write("hosts", "h1 env=prod-eu is_big=True\nh2 env= is_big=yes\n")
    scratch.write(
      "c.yml",
      """
      plugin: constructed
      compose: {copy: env}
      groups: {the-big: is_big}
      keyed_groups:
        - {key: env, prefix: e, parent_group: all envs}
        - {key: env, default_value: none, separator: ""}
      """)
    let sources = ["hosts", "c.yml"].map { scratch.path + "/" + $0 }
    await #expect(throws: Diagnostics.self) { try await Inventory.load(sources: sources) }
    var options = InventoryOptions()
    // The evaluator of this test knows names only.
    options.evaluate = {
      (expression: SourceValue, variables: [String: Variable]) throws(Diagnostic) -> Value in
      switch variables[expression.text ?? ""] {
      case .source(let source)?: return source.plain
      case .value(let value)?: return value
      case nil: throw .error("undefined")
      }
    }
    let inventory = try await Inventory.load(sources: sources, options: options)
    #expect(inventory.hosts(inGroup: "the_big") == ["h1"])
    #expect(inventory.hosts(inGroup: "all_envs") == ["h1"])
    #expect(inventory.children(ofGroup: "all_envs") == ["e_prod_eu"])
    #expect(inventory.groupNames(ofHost: "h2") == ["none"])
    #expect(plain(inventory.variables(ofHost: "h1")["copy"]) == "prod-eu")
  }

  @Test("A program that hangs is ended at its deadline")
  func deadline() async throws {
    let scratch = ScratchFolder()
    scratch.write("slow", "#!/bin/sh\nsleep 30\n", mode: 0o755)
    var options = InventoryOptions()
    options.programDeadline = .milliseconds(200)
    let start = ContinuousClock.now
    let inventory = try await Inventory.load(sources: [scratch.path + "/slow"], options: options)
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(inventory.hostNames.isEmpty)
  }

  @Test("A failing program shows what it wrote to its standard error")
  func failingProgram() async throws {
    let scratch = ScratchFolder()
    scratch.write("dyn", "#!/bin/sh\necho no token >&2\nexit 3\n", mode: 0o755)
    let inventory = try await Inventory.load(sources: [scratch.path + "/dyn"])
    let warning = try #require(inventory.warnings.first)
    #expect(warning.summary.hasSuffix("failed with status 3"))
    #expect(warning.evidence.first?.text == "no token")
  }

  @Test("The last commas, spaces and addresses of a host list")
  func hostList() async throws {
    let inventory = try await Inventory.load(sources: ["h1, h2:2222,fe80::1,"])
    #expect(inventory.hostNames == ["h1", "h2", "fe80::1"])
    #expect(plain(inventory.variables(ofHost: "h2")["ansible_port"]) == 2222)
    #expect(inventory.magicVariables(ofHost: "fe80::1")["inventory_hostname_short"] == "fe80::1")
  }

  @Test("An encrypted file of variables asks for a password or is decrypted")
  func encrypted() async throws {
    let scratch = ScratchFolder()
    scratch.write("hosts", "h1\n")
    scratch.write("host_vars/h1.yml", "$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    await #expect(throws: Diagnostics.self) {
      try await Inventory.load(sources: [scratch.path + "/hosts"])
    }
    var options = InventoryOptions()
    options.decrypt = { (_: String, _: String) throws(Diagnostic) -> String in "x: 1" }
    let inventory = try await Inventory.load(sources: [scratch.path + "/hosts"], options: options)
    guard case .secret(let secret)? = plain(inventory.variables(ofHost: "h1")["x"]) else {
      Issue.record("what stands in an encrypted file is secret")
      return
    }
    #expect(secret.open() == 1)
  }

  struct Glob: Sendable {
    var pattern: String
    var name: String
    var matches: Bool
    init(_ pattern: String, _ name: String, _ matches: Bool) {
      self.pattern = pattern
      self.name = name
      self.matches = matches
    }
  }
  // Right: fnmatch.fnmatchcase(name, pattern).
  static let globs: [Glob] = [
    Glob("*", "", true), Glob("a*b*c", "aXbXbc", true), Glob("a*b*c", "aXbX", false),
    Glob("?", "é", true), Glob("[a-c]x", "bx", true), Glob("[!a-c]x", "bx", false),
    Glob("[]]", "]", true), Glob("[", "[", true), Glob("[a", "[a", true), Glob("[z-a]", "m", false),
    Glob("[a-]", "-", true), Glob("**x", "aax", true), Glob("a.c", "abc", false),
  ]

  @Test("Shell patterns match as Python's fnmatch", arguments: globs.indices)
  func glob(index: Int) async {
    let row = Self.globs[index]
    #expect(Inventories.Glob(row.pattern).matches(row.name) == row.matches)
  }
}
