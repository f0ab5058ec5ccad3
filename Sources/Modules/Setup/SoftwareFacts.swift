import ModuleKit
import Values

// Facts of the running system: names, kernel, managers of services and packages, users, time.

extension SystemAnswers {
  var platform: ValueMap {
    let node = file("/proc/sys/kernel/hostname") ?? "localhost"
    let machine = lines("machine").first ?? ""
    let fullName = self.fullName(node)
    let is64 = !["i386", "i486", "i586", "i686", "armv6l", "armv7l"].contains(machine)
    let isIntel32 = ["i386", "i486", "i586", "i686"].contains(machine)
    var facts: ValueMap = [
      "system": .string(file("/proc/sys/kernel/ostype") ?? "Linux"),
      "kernel": .string(file("/proc/sys/kernel/osrelease") ?? ""),
      "kernel_version": .string(file("/proc/sys/kernel/version") ?? ""),
      "machine": .string(machine), "architecture": .string(isIntel32 ? "i386" : machine),
      "fqdn": .string(fullName), "nodename": .string(node),
      "hostname": .string(String(node.prefix { $0 != "." })),
      "domain": .string(fullName.split(separator: ".").dropFirst().joined(separator: ".")),
      "userspace_bits": .string(is64 ? "64" : "32"),
    ]
    if machine == "x86_64" { facts["userspace_architecture"] = "x86_64" }
    if isIntel32 { facts["userspace_architecture"] = "i386" }
    if let id = file("/var/lib/dbus/machine-id") ?? file("/etc/machine-id") {
      facts["machine_id"] = .string(String(id.prefix { $0 != "\n" }))
    }
    return facts
  }

  /// What Python's `getfqdn` finds: of the names that `/etc/hosts` gives the node's address first,
  /// the first one with a dot, else the first; else what the resolver says, else the node's own name.
  private func fullName(_ node: String) -> String {
    let hosts = fileLines("/etc/hosts").map { line in
      line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
    }
    if let own = hosts.first(where: { $0.dropFirst().contains(Substring(node)) }),
      let names = hosts.first(where: { $0.first == own.first && $0.count > 1 })?.dropFirst()
    {
      return (names.first { $0.contains(".") } ?? names.first).map(String.init) ?? node
    }
    return lines("fqdn").first { $0.contains(".") } ?? node
  }

  var user: ValueMap {
    var facts: ValueMap = [:]
    let named = entry("logname")
    let own = entry("user")
    if let entry = named ?? own {
      facts = [
        "user_id": .string(entry.name), "user_uid": .int(entry.uid ?? 0),
        "user_gid": .int(entry.gid ?? 0), "user_gecos": .string(entry.comment),
        "user_dir": .string(entry.home), "user_shell": .string(entry.shell),
      ]
    }
    let users = status("Uid")
    let groups = status("Gid")
    facts["real_user_id"] = .int(users.first ?? 0)
    facts["effective_user_id"] = .int(users.dropFirst().first ?? 0)
    facts["real_group_id"] = .int(groups.first ?? 0)
    facts["effective_group_id"] = .int(groups.first ?? 0)
    return facts
  }

  private func entry(_ record: String) -> UserFact.Entry? {
    UserFact("").parse(Substring(lines(record).first ?? ""))
  }

  private func status(_ key: String) -> [Int] {
    guard let line = fileLines("/proc/self/status").first(where: { $0.hasPrefix(key + ":") }) else {
      return []
    }
    return line.split { $0 == "\t" || $0 == " " }.dropFirst().compactMap { Int($0) }
  }

  var environment: ValueMap {
    var all: ValueMap = [:]
    for text in strings("env") {
      guard let equals = text.firstIndex(of: "=") else { continue }
      all[.string(String(text[..<equals]))] = .string(String(text[text.index(after: equals)...]))
    }
    // Our scripts run in the C locale; the login's own is told apart.
    all["LC_ALL"] = lines("lc-all").first.map { .string($0) }
    return ["env": .map(all)]
  }

  var dateTime: ValueMap {
    let lines = lines("date")
    let parts = (lines.first ?? "").split(separator: "|", omittingEmptySubsequences: false).map(
      String.init)
    guard parts.count == 13, let epoch = Int(parts[9]) else { return [:] }
    let micro = parts[12].utf8.count == 9 ? String(parts[12].prefix(6)) : "000000"
    let universal = Self.universal(epoch)
    let local = "\(parts[0])\(parts[1])\(parts[5])T\(parts[6])\(parts[7])\(parts[8])"
    // The zone's names in January and July, the earlier offset first.
    let zones = lines.dropFirst().map { $0.split(separator: "|").suffix(3).map(String.init) }
      .filter { $0.count == 3 }
    let offsets = zones.map { Int($0[1]) ?? 0 }
    let summer =
      zones.count == 2 ? (offsets[0] > offsets[1] ? zones[0][0] : zones[1][0]) : parts[10]
    return [
      "date_time": [
        "year": .string(parts[0]), "month": .string(parts[1]), "weekday": .string(parts[2]),
        "weekday_number": .string(parts[3]), "weeknumber": .string(parts[4]),
        "day": .string(parts[5]),
        "hour": .string(parts[6]), "minute": .string(parts[7]), "second": .string(parts[8]),
        "epoch": .string(parts[9]), "epoch_int": .string(parts[9]),
        "date": .string("\(parts[0])-\(parts[1])-\(parts[5])"),
        "time": .string("\(parts[6]):\(parts[7]):\(parts[8])"),
        "iso8601_micro": .string("\(universal).\(micro)Z"), "iso8601": .string("\(universal)Z"),
        "iso8601_basic": .string(local + micro), "iso8601_basic_short": .string(local),
        "tz": .string(parts[10]), "tz_dst": .string(summer), "tz_offset": .string(parts[11]),
      ]
    ]
  }

  private static func universal(_ epoch: Int) -> String {
    guard epoch >= 0, epoch < 1 << 40 else { return "" }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    let second = epoch % 86400
    return
      "\(AccountRequest.date(days: epoch / 86400))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }

  var serviceManager: ValueMap {
    var first = file("/proc/1/comm") ?? lines("init").first.map { RemotePath.name(of: $0) }
    if let name = first, name == "init" || name.hasSuffix("sh") { first = nil }
    let names = [
      "procd": "openwrt_init", "runit-init": "runit", "svscan": "svc", "openrc-init": "openrc",
    ]
    let isBooted = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"].contains(
      where: exists)
    let name: String
    if let first {
      name = names[first] ?? first
    } else if exists("systemctl"), isBooted {
      name = "systemd"
    } else if exists("initctl"), exists("/etc/init") {
      name = "upstart"
    } else if exists("/sbin/openrc") {
      name = "openrc"
    } else if exists("systemctl"), RemotePath.name(of: lines("init").first ?? "") == "systemd" {
      name = "systemd"
    } else if exists("/etc/init.d") {
      name = "sysvinit"
    } else {
      name = exists("/etc/dinit.d") ? "dinit" : "service"
    }
    return ["service_mgr": .string(name)]
  }

  var packageManager: ValueMap {
    let family = distribution["os_family"]?.string
    if family == "RedHat" {
      if exists("/run/ostree-booted") { return ["pkg_mgr": "atomic_container"] }
      guard exists("/usr/bin/dnf") || exists("/usr/bin/microdnf") else {
        return ["pkg_mgr": "unknown"]
      }
      return ["pkg_mgr": exists("dnf=dnf5") ? "dnf5" : "dnf"]
    }
    if family == "Debian" { return ["pkg_mgr": "apt"] }
    // The last that is there, as Ansible walks its list.
    let known: [(path: String, name: String)] = [
      ("/usr/bin/rpm-ostree", "atomic_container"), ("/usr/bin/yum", "dnf"),
      ("/usr/bin/dnf-3", "dnf"),
      ("/usr/bin/dnf5", "dnf5"), ("/usr/bin/apt-get", "apt"), ("/usr/bin/zypper", "zypper"),
      ("/usr/sbin/urpmi", "urpmi"), ("/usr/bin/pacman", "pacman"), ("/bin/opkg", "opkg"),
      ("/sbin/apk", "apk"), ("/usr/bin/emerge", "portage"), ("/usr/bin/pkg", "pkg5"),
      ("/usr/bin/xbps-install", "xbps"), ("/usr/bin/swupd", "swupd"),
      ("/usr/sbin/sorcery", "sorcery"),
    ]
    let found = known.last { exists($0.path) && !(family == "Altlinux" && $0.name == "pkg5") }
    let name = found?.name ?? "unknown"
    return ["pkg_mgr": .string(name == "apt" && family == "Altlinux" ? "apt_rpm" : name)]
  }

  var nameService: ValueMap {
    var dns: ValueMap = [:]
    for line in fileLines("/etc/resolv.conf") where !line.hasPrefix("#") && !line.hasPrefix(";") {
      let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard let key = words.first else { continue }
      let rest = words.dropFirst().map { Value.string($0) }
      switch key {
      case "nameserver":
        dns["nameservers"] = .list((dns["nameservers"]?.elements ?? []) + rest)
      case "domain": if let name = rest.first { dns["domain"] = name }
      case "search", "sortlist": dns[.string(key)] = .list(rest)
      case "options":
        var options: ValueMap = [:]
        for word in words.dropFirst() {
          let pair = word.split(separator: ":", maxSplits: 1).map(String.init)
          options[.string(pair.first ?? word)] = pair.count == 2 ? .string(pair[1]) : true
        }
        dns["options"] = .map(options)
      default: break
      }
    }
    return ["dns": .map(dns)]
  }

  var commandLine: ValueMap {
    guard let text = file("/proc/cmdline") else { return [:] }
    var last: ValueMap = [:]
    var all: ValueMap = [:]
    for word in Self.shellWords(text) {
      let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      let key = Value.string(pair[0])
      guard pair.count == 2 else {
        last[key] = true
        all[key] = true
        continue
      }
      let value = Value.string(pair[1])
      last[key] = value
      switch all[key] {
      case nil: all[key] = value
      case .list(let items)?: all[key] = .list(items + [value])
      case let old?: all[key] = .list([old, value])
      }
    }
    return ["cmdline": .map(last), "proc_cmdline": .map(all)]
  }

  // Quotes group words and stay in them.
  private static func shellWords(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if quote == nil, scalar.properties.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if scalar == quote {
        quote = nil
      } else if quote == nil, scalar == "\"" || scalar == "'" {
        quote = scalar
      }
      word.unicodeScalars.append(scalar)
    }
    return quote == nil ? words + (word.isEmpty ? [] : [word]) : []
  }

  var standardBase: ValueMap {
    var lsb: ValueMap = [:]
    let answers = [
      "Distributor ID": "id", "Description": "description", "Release": "release",
      "Codename": "codename",
    ]
    for line in lines("lsb") {
      guard let colon = line.firstIndex(of: ":"), let key = answers[String(line[..<colon])] else {
        continue
      }
      lsb[.string(key)] = .string(Self.trimmed(line[line.index(after: colon)...]))
    }
    if lsb.isEmpty {
      let fields = assignments("/etc/lsb-release")
      for (name, key) in [
        ("DISTRIB_ID", "id"), ("DISTRIB_RELEASE", "release"),
        ("DISTRIB_DESCRIPTION", "description"), ("DISTRIB_CODENAME", "codename"),
      ] {
        if let value = fields[name] { lsb[.string(key)] = .string(value) }
      }
    }
    if let release = lsb["release"]?.string {
      lsb["major_release"] = .string(String(release.prefix { $0 != "." }))
    }
    return ["lsb": .map(lsb)]
  }

  /// Security: SELinux, AppArmor, FIPS, capabilities, and the roots of chroots.
  var security:
    (selinux: ValueMap, apparmor: ValueMap, fips: ValueMap, caps: ValueMap, chroot: ValueMap)
  {
    var selinux: ValueMap = ["status": "disabled"]
    if let enforce = file("/sys/fs/selinux/enforce") {
      let config = assignments("/etc/selinux/config")
      selinux = [
        "status": "enabled",
        "policyvers": file("/sys/fs/selinux/policyvers").flatMap { Int($0) }.map { .int($0) }
          ?? "unknown",
        "config_mode": .string(config["SELINUX"] ?? "unknown"),
        "mode": enforce == "1" ? "enforcing" : "permissive",
        "type": .string(config["SELINUXTYPE"] ?? "unknown"),
      ]
    }
    var caps: ValueMap = ["system_capabilities_enforced": "N/A", "system_capabilities": "N/A"]
    if let line = lines("capsh").first(where: { $0.hasPrefix("Current:") }) {
      let text = Self.trimmed(line.dropFirst(8))
      if text == "=ep" {
        caps = ["system_capabilities_enforced": "False", "system_capabilities": []]
      } else {
        let parts = line.split(separator: "=", omittingEmptySubsequences: false)
        let names = (parts.count > 1 ? parts[1] : "").split(
          separator: ",", omittingEmptySubsequences: false)
        caps = [
          "system_capabilities_enforced": "True",
          "system_capabilities": .list(names.map { .string(Self.trimmed($0)) }),
        ]
      }
    }
    let roots = lines("roots")
    let chroot: Bool
    switch roots.first ?? "" {
    case "same": chroot = roots.count > 1
    case "other": chroot = true
    // Without the right to look, the root of a file system is known by its inode.
    case let inode: chroot = roots.count > 1 || !["2", "128", "256"].contains(inode)
    }
    return (
      ["selinux": .map(selinux), "selinux_python_present": true],
      ["apparmor": ["status": exists("/sys/kernel/security/apparmor") ? "enabled" : "disabled"]],
      ["fips": .bool(file("/proc/sys/crypto/fips_enabled") == "1")], caps,
      ["is_chroot": .bool(chroot)]
    )
  }

  var hostKeys: ValueMap {
    var facts: ValueMap = [:]
    for algorithm in ["dsa", "rsa", "ecdsa", "ed25519"] {
      let words = (file("/etc/ssh/ssh_host_\(algorithm)_key.pub") ?? "").split(separator: " ")
      guard words.count >= 2 else { continue }
      facts[.string("ssh_host_key_\(algorithm)_public")] = .string(String(words[1]))
      facts[.string("ssh_host_key_\(algorithm)_public_keytype")] = .string(String(words[0]))
    }
    return facts
  }

  var systemd: ValueMap {
    let lines = lines("systemctl")
    let isBooted = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"].contains(
      where: exists)
    guard isBooted, lines.count > 1, let version = lines[0].split(separator: " ").dropFirst().first,
      let number = Int(version)
    else { return [:] }
    return ["systemd": ["features": .string(lines[1]), "version": .int(number)]]
  }

  var load: ValueMap {
    let numbers = (file("/proc/loadavg") ?? "").split(separator: " ").compactMap { Double($0) }
    guard numbers.count >= 3 else { return [:] }
    return [
      "loadavg": ["1m": .double(numbers[0]), "5m": .double(numbers[1]), "15m": .double(numbers[2])]
    ]
  }
}
