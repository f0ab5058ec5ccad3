import ModuleKit
import Values

// The name, version and family of the distribution, from its release files in Ansible's order.

extension SystemAnswers {
  var distribution: ValueMap {
    var facts = guessedDistribution
    for (path, name, read) in Self.releaseFiles {
      let isThere =
        name == "Archlinux" && path == "/etc/arch-release" ? exists(path) : file(path) != nil
      guard isThere, let found = read(self, file(path) ?? "", facts) else { continue }
      facts["distribution"] = .string(name)
      facts["distribution_file_path"] = .string(path)
      facts["distribution_file_variety"] = .string(name)
      facts["distribution_file_parsed"] = true
      for (key, value) in found { facts[key] = value }
      break
    }
    let name = facts["distribution"]?.string ?? "Linux"
    facts["os_family"] = .string(Self.families.first { $0.names.contains(name) }?.family ?? name)
    return facts
  }

  var isRedHatLike: Bool { distribution["os_family"] == "RedHat" }

  /// The fields of a file of shell assignments, unquoted.
  func assignments(_ path: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in fileLines(path) {
      guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
      fields[String(line[..<equals])] = Self.unquoted(line[line.index(after: equals)...])
    }
    return fields
  }

  static func unquoted(_ text: Substring) -> String {
    var text = Substring(trimmed(text))
    for quote: Character in ["\"", "'"]
    where text.count > 1 && text.first == quote && text.last == quote {
      text = text.dropFirst().dropLast()
    }
    return String(text)
  }

  private typealias Reader =
    @Sendable (SystemAnswers, String, ValueMap) -> ValueMap?

  private var osRelease: [String: String] {
    let own = assignments("/etc/os-release")
    return own.isEmpty ? assignments("/usr/lib/os-release") : own
  }

  private var guessedDistribution: ValueMap {
    let fields = osRelease
    let identity = fields["ID"] ?? "NA"
    var version = fields["VERSION_ID"] ?? ""
    if identity == "debian", let exact = file("/etc/debian_version"), exact.first?.isNumber ?? false
    {
      version = exact
    }
    if identity == "centos", let text = file("/etc/centos-release") {
      let number = text.split(separator: " ").first { $0.first?.isNumber ?? false } ?? ""
      if !number.isEmpty {
        version = number.split(separator: ".").prefix(2).joined(separator: ".")
      }
    }
    var release = fields["VERSION_CODENAME"] ?? fields["UBUNTU_CODENAME"]
    if release == nil, let text = fields["VERSION"] { release = Self.inParentheses(text) }
    let major = version.split(separator: ".").first.map(String.init) ?? "NA"
    let name = identity.prefix(1).uppercased() + identity.dropFirst()
    return [
      "distribution": .string(name),
      "distribution_version": .string(version.isEmpty ? "NA" : version),
      "distribution_release": .string(release ?? "NA"),
      "distribution_major_version": .string(major),
    ]
  }

  private static func inParentheses(_ text: String) -> String? {
    guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else {
      return nil
    }
    return String(text[text.index(after: open)..<close])
  }

  private static let releaseFiles: [(String, String, Reader)] = [
    ("/etc/altlinux-release", "Altlinux", named("ALT", "Altlinux")),
    ("/etc/oracle-release", "OracleLinux", named("Oracle Linux", "OracleLinux")),
    ("/etc/slackware-version", "Slackware", containing("Slackware")),
    ("/etc/centos-release", "CentOS", centOS),
    ("/etc/redhat-release", "RedHat", named("Red Hat", "RedHat")),
    ("/etc/openwrt_release", "OpenWrt", containing("OpenWrt")),
    ("/etc/os-release", "Amazon", amazon), ("/etc/system-release", "Amazon", containing("Amazon")),
    ("/etc/alpine-release", "Alpine", { _, text, _ in ["distribution_version": .string(text)] }),
    ("/etc/arch-release", "Archlinux", { _, _, _ in [:] }),
    ("/etc/os-release", "Archlinux", containing("Arch Linux")),
    ("/etc/os-release", "SUSE", suse), ("/etc/gentoo-release", "Gentoo", containing("Gentoo")),
    ("/etc/os-release", "Debian", debian), ("/etc/lsb-release", "Debian", debian),
    ("/usr/lib/os-release", "ClearLinux", containing("Clear Linux")),
    ("/etc/os-release", "Flatcar", containing("Flatcar")), ("/etc/os-release", "NA", other),
  ]

  private static func containing(_ word: String) -> Reader {
    { _, text, _ in text.contains(word) ? [:] : nil }
  }

  private static func named(_ word: String, _ name: String) -> Reader {
    { _, text, _ in
      if text.contains(word) {
        return ["distribution": .string(name), "distribution_file_search_string": .string(word)]
      }
      return ["distribution": .string(text.split(separator: " ").first.map(String.init) ?? name)]
    }
  }

  private static let centOS: Reader = { _, text, _ in
    guard text.contains("CentOS Stream") else { return nil }
    return ["distribution_release": "Stream"]
  }

  private static let amazon: Reader = { answers, text, _ in
    guard text.contains("Amazon") else { return nil }
    let version = answers.assignments("/etc/os-release")["VERSION_ID"] ?? "NA"
    let parts = version.split(separator: ".").map(String.init)
    return [
      "distribution_version": .string(version),
      "distribution_major_version": .string(parts.first ?? "NA"),
      "distribution_minor_version": .string(parts.count > 1 ? parts[1] : "NA"),
    ]
  }

  private static let suse: Reader = { answers, text, _ in
    guard text.lowercased().contains("suse") else { return nil }
    let fields = answers.assignments("/etc/os-release")
    let version = (fields["VERSION_ID"] ?? "NA").split(separator: ".").map(String.init)
    let minor = version.count > 1 ? version[1] : text.lowercased().contains("open") ? "" : "0"
    var facts: ValueMap = [
      "distribution": .string(fields["NAME"] ?? "SUSE"),
      "distribution_version": .string(version.joined(separator: ".")),
      "distribution_major_version": .string(version.first ?? "NA"),
      "distribution_release": .string(minor),
    ]
    switch fields["VARIANT_ID"] {
    case "server-sap", "sles-sap": facts["distribution"] = "SLES_SAP"
    case "transactional": facts["distribution"] = "SL-Micro"
    default: break
    }
    return facts
  }

  private static let debian: Reader = { answers, text, _ in
    let pretty = answers.osRelease["PRETTY_NAME"] ?? ""
    if text.contains("Debian") || text.contains("Raspbian") {
      var facts: ValueMap = ["distribution": "Debian"]
      if let release = inParentheses(pretty) { facts["distribution_release"] = .string(release) }
      let parts = (answers.file("/etc/debian_version") ?? "").split(separator: ".")
      if parts.count > 1, parts[0].last?.isNumber ?? false {
        facts["distribution_minor_version"] = .string(String(parts[1].prefix { $0.isNumber }))
      }
      return facts
    }
    for name in ["Ubuntu", "SteamOS", "Kali", "Parrot", "Devuan", "Cumulus Linux"]
    where text.contains(name) {
      var facts: ValueMap = ["distribution": .string(name)]
      if name == "Devuan", let release = inParentheses(pretty) {
        facts["distribution_release"] = .string(release)
      }
      return facts
    }
    if text.contains("Mint") {
      return [
        "distribution": "Linux Mint",
        "distribution_major_version": .string(
          (answers.osRelease["VERSION_ID"] ?? "NA").split(separator: ".").first.map(String.init)
            ?? "NA"),
      ]
    }
    return nil
  }

  private static let other: Reader = { answers, _, facts in
    let fields = answers.osRelease
    guard let name = fields["NAME"] else { return [:] }
    return ["distribution": .string(name)]
  }

  /// The families of Ansible, for Linux.
  private static let families: [(family: String, names: Set<String>)] = [
    (
      "RedHat",
      [
        "RedHat", "RHEL", "Fedora", "CentOS", "Scientific", "SLC", "Ascendos", "CloudLinux", "PSBM",
        "OracleLinux", "OVS", "OEL", "Amazon", "Amzn", "Virtuozzo", "XenServer", "Alibaba",
        "EulerOS",
        "openEuler", "AlmaLinux", "Rocky", "TencentOS", "EuroLinux", "Kylin Linux Advanced Server",
        "MIRACLE",
      ]
    ),
    (
      "Debian",
      [
        "Debian", "Ubuntu", "Raspbian", "Neon", "KDE neon", "Linux Mint", "SteamOS", "Devuan",
        "Kali",
        "Cumulus Linux", "Pop!_OS", "Parrot", "Pardus GNU/Linux", "Uos", "Deepin", "OSMC",
        "Linux Mint Debian Edition",
      ]
    ),
    (
      "Suse",
      [
        "SuSE", "SLES", "SLED", "openSUSE", "openSUSE Tumbleweed", "SLES_SAP", "SUSE_LINUX",
        "openSUSE Leap", "ALP-Dolomite", "SL-Micro", "openSUSE MicroOS",
      ]
    ),
    ("Archlinux", ["Archlinux", "Antergos", "Manjaro"]), ("Mandrake", ["Mandrake", "Mandriva"]),
    ("Gentoo", ["Gentoo", "Funtoo"]), ("ClearLinux", ["Clear Linux OS", "Clear Linux Mix"]),
  ]
}
