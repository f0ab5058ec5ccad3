import ModuleKit
import Values

// Interfaces from `/sys/class/net`, addresses and routes from `ip`.

extension SystemAnswers {
  var network: ValueMap {
    guard !lines("ip").isEmpty else { return [:] }
    var names: [String] = []
    for path in filePaths where path.hasPrefix("/sys/class/net/") {
      let name = Self.component(path, 4)
      if !names.contains(name) { names.append(name) }
    }
    var interfaces: [String: ValueMap] = [:]
    for name in names { interfaces[name] = interface(name) }
    var default4 = route(to: "8.8.8.8")
    var default6 = route(to: "2404:6800:400a:800::1012")
    var all4: [Value] = []
    var all6: [Value] = []
    for address in addresses {
      var own = interfaces[address.interface] ?? ["device": .string(address.interface)]
      let link: ValueMap = [
        "macaddress": own["macaddress"] ?? "00:00:00:00:00:00", "mtu": own["mtu"] ?? .null,
        "type": own["type"] ?? "unknown",
      ]
      if address.isSix {
        let values: ValueMap = [
          "address": .string(address.address), "prefix": .string(address.prefix),
          "scope": .string(address.scope),
        ]
        own["ipv6"] = .list((own["ipv6"]?.elements ?? []) + [.map(values)])
        if default6["address"] == .string(address.address) {
          default6["prefix"] = .string(address.prefix)
          default6["scope"] = .string(address.scope)
          default6.merge(link) { $1 }
        }
        if address.address != "::1" { all6.append(.string(address.address)) }
      } else {
        let values = address.values
        if own["ipv4"] == nil, !address.isSecondary {
          own["ipv4"] = .map(values)
        } else {
          own["ipv4_secondaries"] = .list(
            (own["ipv4_secondaries"]?.elements ?? []) + [.map(values)])
        }
        if default4["address"] == .string(address.address) {
          default4.merge(values) { $1 }
          default4.merge(link) { $1 }
          default4["alias"] = .string(address.label)
        }
        if !address.address.hasPrefix("127.") { all4.append(.string(address.address)) }
      }
      if interfaces[address.interface] == nil { names.append(address.interface) }
      interfaces[address.interface] = own
    }
    var facts: ValueMap = [
      "interfaces": .list(names.map { .string(Self.plain($0)) }), "default_ipv4": .map(default4),
      "default_ipv6": .map(default6), "all_ipv4_addresses": .list(all4),
      "all_ipv6_addresses": .list(all6),
      "locally_reachable_ips": ["ipv4": local(isSix: false), "ipv6": local(isSix: true)],
    ]
    for name in names { facts[.string(Self.key(name))] = .map(interfaces[name] ?? [:]) }
    return facts
  }

  /// A name as part of the name of a fact.
  private static func key(_ name: String) -> String {
    String(name.map { $0 == ":" || $0 == "-" ? "_" : $0 })
  }

  private static func plain(_ name: String) -> String {
    String(name.map { $0 == ":" ? "_" : $0 })
  }

  /// The n-th part of a path before the first colon, counted from 0 before the first slash.
  static func component(_ line: String, _ index: Int) -> String {
    let parts = line.prefix { $0 != ":" }.split(separator: "/", omittingEmptySubsequences: false)
    return parts.indices.contains(index) ? String(parts[index]) : ""
  }

  private func link(_ path: String) -> String? {
    links[path].map { RemotePath.name(of: $0) }
  }

  private func interface(_ name: String) -> ValueMap {
    let root = "/sys/class/net/\(name)"
    var facts: ValueMap = ["device": .string(name)]
    if let address = file("\(root)/address"), address != "00:00:00:00:00:00" {
      facts["macaddress"] = .string(address)
    }
    if let mtu = file("\(root)/mtu").flatMap({ Int($0) }) { facts["mtu"] = .int(mtu) }
    if let state = file("\(root)/operstate") { facts["active"] = .bool(state != "down") }
    if let module = link("\(root)/device/driver/module") { facts["module"] = .string(module) }
    if let type = file("\(root)/type") {
      let types = [
        "1": "ether", "32": "infiniband", "512": "ppp", "772": "loopback", "65534": "tunnel",
      ]
      facts["type"] = .string(types[type] ?? "unknown")
    }
    if let id = file("\(root)/bridge/bridge_id") {
      facts["type"] = "bridge"
      facts["interfaces"] = .list(
        lines("paths").filter { $0.hasPrefix("\(root)/brif/") }
          .map { .string(RemotePath.name(of: $0)) })
      facts["id"] = .string(id)
      facts["stp"] = .bool(file("\(root)/bridge/stp_state") == "1")
    }
    if let mode = file("\(root)/bonding/mode") {
      func first(_ key: String) -> Value {
        .string(
          (file("\(root)/bonding/\(key)") ?? "").split(separator: " ").first.map(String.init) ?? "")
      }
      facts["type"] = "bonding"
      facts["slaves"] = .list(
        (file("\(root)/bonding/slaves") ?? "").split(separator: " ").map { .string(String($0)) })
      facts["mode"] = .string(mode.split(separator: " ").first.map(String.init) ?? "")
      facts["miimon"] = first("miimon")
      facts["lacp_rate"] = first("lacp_rate")
      if let primary = file("\(root)/bonding/primary") {
        facts["primary"] = .string(primary)
        facts["all_slaves_active"] = .bool(file("\(root)/bonding/all_slaves_active") == "1")
      }
    }
    if let address = file("\(root)/bonding_slave/perm_hwaddr") {
      facts["perm_macaddress"] = .string(address)
    }
    if let device = link("\(root)/device") { facts["pciid"] = .string(device) }
    if let speed = file("\(root)/speed").flatMap({ Int($0) }) { facts["speed"] = .int(speed) }
    if let flags = file("\(root)/flags").flatMap({ Int($0.dropFirst(2), radix: 16) }) {
      facts["promisc"] = .bool(flags & 0x100 != 0)
    }
    return facts
  }

  private func route(to target: String) -> ValueMap {
    var facts: ValueMap = [:]
    let line = lines("ip").first { $0.hasPrefix(target + " ") } ?? ""
    let words = line.split(ascii: " ").map(String.init)
    for (word, next) in zip(words, words.dropFirst()) {
      switch word {
      case "dev": facts["interface"] = .string(next)
      case "src": facts["address"] = .string(next)
      case "via" where next != target: facts["gateway"] = .string(next)
      default: break
      }
    }
    return facts
  }

  // Local routes of other tables than the local one lead nowhere by themselves.
  private func local(isSix: Bool) -> Value {
    var seen: [Value] = []
    for line in lines("ip") where line.hasPrefix("local ") {
      let words = line.split(ascii: " ").map(String.init)
      let table = zip(words, words.dropFirst()).first { $0.0 == "table" }?.1 ?? "local"
      guard table == "local", words.count > 1, words[1].contains(":") == isSix,
        !seen.contains(.string(words[1]))
      else { continue }
      seen.append(.string(words[1]))
    }
    return .list(seen)
  }

  private struct Address {
    var interface: String
    var address: String
    var prefix: String
    var broadcast = ""
    var scope = ""
    var label: String
    var isSix = false
    var isSecondary = false

    var values: ValueMap {
      let bits = address.split(ascii: ".").compactMap { UInt32($0) }.reduce(UInt32(0)) {
        $0 << 8 | $1 & 255
      }
      let length = min(32, max(0, Int(prefix) ?? 32))
      let mask: UInt32 = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
      func text(_ number: UInt32) -> Value {
        .string([24, 16, 8, 0].map { String(number >> UInt32($0) & 255) }.joined(separator: "."))
      }
      return [
        "address": .string(address), "broadcast": .string(broadcast), "netmask": text(mask),
        "network": text(bits & mask), "prefix": .string(prefix),
      ]
    }
  }

  // `2: eth0@if3: <…>` begins an interface, `inet …` and `inet6 …` lines follow.
  private var addresses: [Address] {
    var all: [Address] = []
    var interface = ""
    for line in lines("ip") {
      let words = line.split(ascii: " ").map(String.init)
      guard let first = words.first else { continue }
      if line.first?.isNumber ?? false, first.hasSuffix(":"), words.count > 1 {
        interface = String(words[1].prefix { $0 != "@" })
        if interface.hasSuffix(":") { interface.removeLast() }
        continue
      }
      guard first == "inet" || first == "inet6", words.count > 1 else { continue }
      // A point-to-point address stands before `peer`, and the peer has the prefix.
      let isPeer = words.count > 3 && words[2] == "peer"
      let parts = words[1].split(ascii: "/").map(String.init)
      let peer = isPeer ? words[3].split(ascii: "/").map(String.init) : []
      var address = Address(
        interface: interface, address: parts.first ?? "",
        prefix: parts.count > 1 ? parts[1] : first == "inet6" && peer.count > 1 ? peer[1] : "32",
        label: words.last ?? interface, isSix: first == "inet6",
        isSecondary: words.contains("secondary"))
      for (word, next) in zip(words, words.dropFirst()) {
        if word == "scope" { address.scope = next }
        if word == "brd", parts.count > 1 { address.broadcast = next }
      }
      all.append(address)
    }
    // As Ansible asks: first the primary addresses of an interface, then its secondary ones.
    return all
  }
}
