import Diagnostics
import ModuleKit
import Values

/// `setup`: facts about the host.
package struct SetupModule: Module {
  package static let specification = Specification(
    "setup", aliases: ["gather_facts"], summary: "Gathers facts about the host",
    parameters: [
      Parameter("gather_subset", .list(of: .string), default: ["all"]),
      Parameter("gather_timeout", .int, default: 10),
      Parameter("filter", .list(of: .string), default: []),
      Parameter("fact_path", .path, default: "/etc/ansible/facts.d"),
    ])

  private let subset: [String]
  private let filters: [String]
  private let groups: Set<String>
  private let fact: SystemFact

  package init(_ arguments: Arguments) throws(Diagnostic) {
    let given = arguments.texts("gather_subset").flatMap {
      $0.split(separator: ",").map(String.init)
    }
    subset = given.isEmpty ? ["all"] : given
    filters = arguments.texts("filter").filter { !$0.isEmpty }
    groups = try FactGroups.chosen(subset, at: arguments.location(of: "gather_subset"))
    fact = SystemFact(
      readsHardware: groups.contains("hardware"), readsNetwork: groups.contains("network"),
      factPath: arguments.text("fact_path") ?? "/etc/ansible/facts.d",
      timeout: min(3600, max(1, arguments.number("gather_timeout") ?? 10)))
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let answers = try host[fact]
    guard answers.isComplete else { throw .failed("the host did not tell its facts to the end") }
    var facts: ValueMap = [:]
    let local = groups.contains("local") ? answers.local : ([:], [])
    for (group, read) in FactGroups.readers where groups.contains(group) {
      for (key, value) in read(answers) { facts[.string("ansible_" + (key.string ?? ""))] = value }
    }
    for (key, value) in local.0 { facts[.string("ansible_" + (key.string ?? ""))] = value }
    facts["gather_subset"] = .list(subset.map { .string($0) })
    facts["module_setup"] = true
    if !filters.isEmpty { facts = facts.filter { isWanted($0.key.string ?? "") } }
    return .done(ModuleResult(changed: false, ["ansible_facts": .map(facts)], warnings: local.1))
  }

  private func isWanted(_ key: String) -> Bool {
    filters.contains { filter in
      let hasPrefix = ["ansible_", "facter", "ohai"].contains(where: filter.hasPrefix)
      return Glob.matches(key, filter) || !hasPrefix && Glob.matches(key, "ansible_" + filter)
    }
  }
}

/// The groups of facts that `gather_subset` names.
enum FactGroups {
  static let readers: [(String, @Sendable (SystemAnswers) -> ValueMap)] = [
    ("platform", { $0.platform }), ("distribution", { $0.distribution }), ("user", { $0.user }),
    ("env", { $0.environment }), ("date_time", { $0.dateTime }),
    ("service_mgr", { $0.serviceManager }), ("pkg_mgr", { $0.packageManager }),
    ("dns", { $0.nameService }), ("cmdline", { $0.commandLine }), ("lsb", { $0.standardBase }),
    ("selinux", { $0.security.selinux }), ("apparmor", { $0.security.apparmor }),
    ("fips", { $0.security.fips }), ("caps", { $0.security.caps }),
    ("chroot", { $0.security.chroot }), ("ssh_pub_keys", { $0.hostKeys }),
    ("systemd", { $0.systemd }), ("loadavg", { $0.load }), ("network", { $0.network }),
    ("virtual", { $0.virtualization }), ("iscsi", { $0.initiators }), ("nvme", { $0.nvme }),
    ("fibre_channel_wwn", { $0.fibreChannel }),
    (
      "hardware",
      { answers in
        var facts = answers.processors
        for more in [
          answers.memory, answers.firmware, answers.disks, answers.uptime, answers.mounts,
          answers.volumes,
        ] { facts.merge(more) { $1 } }
        return facts
      }
    ),
  ]

  /// Always gathered, unless `!min` says otherwise.
  private static let least: Set<String> = [
    "apparmor", "caps", "cmdline", "date_time", "distribution", "dns", "env", "fips", "local",
    "lsb",
    "pkg_mgr", "platform", "python", "selinux", "service_mgr", "ssh_pub_keys", "user",
  ]
  private static let others: Set<String> = [
    "chroot", "facter", "fibre_channel_wwn", "hardware", "iscsi", "loadavg", "network", "nvme",
    "ohai",
    "systemd", "virtual",
  ]

  /// Single facts that stand for their group.
  private static let members: [String: String] = [
    "devices": "hardware", "dmi": "hardware", "memory": "hardware", "mounts": "hardware",
    "processor": "hardware", "processor_cores": "hardware", "processor_count": "hardware",
    "interfaces": "network", "default_ipv4": "network", "default_ipv6": "network",
    "all_ipv4_addresses": "network", "all_ipv6_addresses": "network", "is_chroot": "chroot",
    "architecture": "platform", "kernel": "platform", "kernel_version": "platform",
    "machine": "platform", "machine_id": "platform", "system": "platform",
    "python_version": "platform", "os_family": "distribution",
    "distribution_version": "distribution", "distribution_release": "distribution",
    "distribution_major_version": "distribution", "user_id": "user", "user_uid": "user",
    "user_gid": "user", "user_gecos": "user", "user_dir": "user", "user_shell": "user",
    "real_user_id": "user", "effective_user_id": "user", "effective_group_ids": "user",
    "virtualization_type": "virtual", "virtualization_role": "virtual",
    "virtualization_tech_guest": "virtual", "virtualization_tech_host": "virtual",
    "system_capabilities": "caps", "system_capabilities_enforced": "caps",
    "ssh_host_key_dsa_public": "ssh_pub_keys", "ssh_host_key_rsa_public": "ssh_pub_keys",
    "ssh_host_key_ecdsa_public": "ssh_pub_keys", "ssh_host_key_ed25519_public": "ssh_pub_keys",
  ]

  static func chosen(
    _ subset: [String], at location: SourceLocation?
  ) throws(Diagnostic) -> Set<String> {
    var added = least
    var excluded: Set<String> = []
    var named: Set<String> = []
    for word in subset {
      let isExcluded = word.hasPrefix("!")
      let name = isExcluded ? String(word.dropFirst()) : word
      let group = members[name] ?? name
      switch (name, isExcluded) {
      case ("all", false): added.formUnion(others)
      case ("min", false): added.formUnion(least)
      case ("all", true): excluded.formUnion(others)
      case ("min", true): excluded.formUnion(least)
      case (_, true): excluded.insert(group)
      default:
        guard least.contains(group) || others.contains(group) else {
          let all = least.union(others).union(members.keys)
          throw .error(
            "`\(name)` is not a subset of facts", at: location,
            hint: suggestion(for: name, among: Array(all)).map { "did you mean `\($0)`?" })
        }
        added.insert(group)
        named.insert(group)
      }
    }
    return added.subtracting(excluded.subtracting(named))
  }
}

extension SystemAnswers {
  var initiators: ValueMap {
    let line = fileLines("/etc/iscsi/initiatorname.iscsi").first { $0.hasPrefix("InitiatorName=") }
    return ["iscsi_iqn": .string(Self.trimmed(line?.dropFirst(14) ?? ""))]
  }

  var nvme: ValueMap {
    let line = fileLines("/etc/nvme/hostnqn").first { $0.hasPrefix("nqn.") }
    return ["hostnqn": .string(line ?? "")]
  }

  var fibreChannel: ValueMap {
    let paths = filePaths.filter { $0.hasPrefix("/sys/class/fc_host/") }.sorted()
    return [
      "fibre_channel_wwn": .list(
        paths.compactMap { file($0) }.map { .string(String($0.dropFirst(2))) })
    ]
  }
}

/// Shell patterns over whole names, as Python's `fnmatch` reads them.
enum Glob {
  static func matches(_ text: String, _ pattern: String) -> Bool {
    matches(Array(text.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
  }

  // One step back to the last star is enough, so that no pattern takes long.
  private static func matches(
    _ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    var text = text
    var pattern = pattern
    var retry: (text: ArraySlice<Unicode.Scalar>, pattern: ArraySlice<Unicode.Scalar>)?
    while true {
      if pattern.first == "*" {
        pattern = pattern.dropFirst()
        retry = (text, pattern)
        continue
      }
      if let scalar = text.first, let rest = step(scalar, pattern) {
        text = text.dropFirst()
        pattern = rest
        continue
      }
      if text.isEmpty, pattern.isEmpty { return true }
      guard let last = retry, !last.text.isEmpty else { return false }
      text = last.text.dropFirst()
      pattern = last.pattern
      retry = (text, pattern)
    }
  }

  /// The pattern behind its first element, if that stands for the scalar.
  private static func step(
    _ scalar: Unicode.Scalar, _ pattern: ArraySlice<Unicode.Scalar>
  ) -> ArraySlice<Unicode.Scalar>? {
    guard let first = pattern.first else { return nil }
    if first == "?" { return pattern.dropFirst() }
    guard first == "[" else { return first == scalar ? pattern.dropFirst() : nil }
    var body = pattern.dropFirst()
    let isNegated = body.first == "!"
    if isNegated { body = body.dropFirst() }
    guard let close = body.dropFirst().firstIndex(of: "]") else {
      return scalar == "[" ? pattern.dropFirst() : nil
    }
    var set = body[..<close]
    var isIn = false
    while let low = set.popFirst() {
      if set.first == "-", let high = set.dropFirst().first {
        if low <= scalar, scalar <= high { isIn = true }
        set = set.dropFirst(2)
      } else if low == scalar {
        isIn = true
      }
    }
    return isIn != isNegated ? body[(close + 1)...] : nil
  }
}
