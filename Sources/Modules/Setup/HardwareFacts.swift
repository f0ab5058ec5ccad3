import ModuleKit
import Values

// Processors, memory, firmware, disks and mounts.

extension SystemAnswers {
  var processors: ValueMap {
    let lines = fileLines("/proc/cpuinfo")
    guard !lines.isEmpty else { return [:] }
    var names: [Value] = []
    var vendors = 0
    var models = 0
    var numbers = 0
    var count = 0
    var socket = "0"
    var core = "0"
    // In the order in which they appear, as the first of each counts.
    var sockets: [(id: String, number: Int)] = []
    var cores: [(id: String, number: Int)] = []
    var flags: [Value]?
    func put(_ list: inout [(id: String, number: Int)], _ id: String, _ number: Int) {
      if let index = list.firstIndex(where: { $0.id == id }) {
        list[index].number = number
      } else {
        list.append((id, number))
      }
    }
    for line in lines {
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      let key = Self.trimmed(line[..<colon])
      let value = Self.trimmed(line[colon...].dropFirst())
      switch key {
      case "flags": flags = value.split(separator: " ").map { .string(String($0)) }
      case "model name", "Processor", "vendor_id", "cpu", "Vendor", "processor":
        names.append(.string(value))
        count += 1
        if key == "vendor_id" { vendors += 1 }
        if key == "model name" { models += 1 }
        if key == "processor" { numbers += 1 }
      case "physical id":
        socket = value
        if !sockets.contains(where: { $0.id == value }) { sockets.append((value, 1)) }
      case "core id":
        core = value
        if !sockets.contains(where: { $0.id == value }) { put(&cores, value, 1) }
      case "cpu cores": put(&sockets, socket, Int(value) ?? 1)
      case "siblings": put(&cores, core, Int(value) ?? 1)
      default: break
      }
    }
    if vendors > 0, vendors == models { count = vendors }
    let machine = self.lines("machine").first ?? ""
    if ["armv", "aarch", "ppc"].contains(where: machine.hasPrefix) { count = numbers }
    let chips = sockets.isEmpty ? count : sockets.count
    let perChip = max(1, sockets.first?.number ?? 1)
    let siblings = cores.first?.number ?? 1
    // Rounded as Python does: halves to the even number.
    let threads = Int((Double(siblings) / Double(perChip)).rounded(.toNearestOrEven))
    var facts: ValueMap = [
      "processor": .list(names), "processor_count": .int(chips), "processor_cores": .int(perChip),
      "processor_threads_per_core": .int(threads),
      "processor_vcpus": .int(threads &* chips &* perChip),
      "processor_nproc": .int(allowedProcessors ?? numbers),
    ]
    if let flags { facts["flags"] = .list(flags) }
    return facts
  }

  /// How many processors a process may use: `0-3,8` is five.
  private var allowedProcessors: Int? {
    let key = "Cpus_allowed_list:"
    guard let line = fileLines("/proc/self/status").first(where: { $0.hasPrefix(key) }) else {
      return nil
    }
    var count = 0
    for range in Self.trimmed(line.dropFirst(key.count)).split(separator: ",") {
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, last >= first, last < 1 << 20 else {
        return nil
      }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  var memory: ValueMap {
    var sizes: [String: Int] = [:]
    for line in fileLines("/proc/meminfo") {
      let words = line.split { $0 == " " || $0 == ":" }
      if words.count > 1, let size = Int(words[1]) { sizes[String(words[0])] = size / 1024 }
    }
    guard !sizes.isEmpty else { return [:] }
    func value(_ number: Int?) -> Value { number.map { .int($0) } ?? .null }
    func difference(_ a: Int?, _ b: Int?) -> Int? {
      if let a, let b { a - b } else { nil }
    }
    var nocache: Int?
    if let cached = sizes["Cached"], let free = sizes["MemFree"], let buffers = sizes["Buffers"] {
      nocache = cached + free + buffers
    }
    var facts: ValueMap = [:]
    for key in ["MemTotal", "SwapTotal", "MemFree", "SwapFree"] {
      if let size = sizes[key] { facts[.string(key.lowercased() + "_mb")] = .int(size) }
    }
    facts["memory_mb"] = [
      "real": [
        "total": value(sizes["MemTotal"]),
        "used": value(difference(sizes["MemTotal"], sizes["MemFree"])),
        "free": value(sizes["MemFree"]),
      ],
      "nocache": [
        "free": value(nocache), "used": value(difference(sizes["MemTotal"], nocache)),
      ],
      "swap": [
        "total": value(sizes["SwapTotal"]), "free": value(sizes["SwapFree"]),
        "used": value(difference(sizes["SwapTotal"], sizes["SwapFree"])),
        "cached": value(sizes["SwapCached"]),
      ],
    ]
    return facts
  }

  var firmware: ValueMap {
    let keys = [
      "bios_date", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
      "board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor",
      "chassis_version", "product_name", "product_serial", "product_uuid", "product_version",
    ]
    let root = "/sys/devices/virtual/dmi/id/"
    var facts: ValueMap = [:]
    for key in keys { facts[.string(key)] = .string(file(root + key) ?? "NA") }
    facts["system_vendor"] = .string(file(root + "sys_vendor") ?? "NA")
    guard let type = file(root + "chassis_type") else {
      facts["form_factor"] = "NA"
      return facts
    }
    let forms = Self.chassis
    let number = Int(type) ?? -1
    facts["form_factor"] = .string(
      forms.indices.contains(number) ? forms[number] : "unknown (\(type))")
    return facts
  }

  /// The chassis types of the SMBIOS specification (DSP0134), by number.
  private static let chassis = [
    "Unknown", "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower",
    "Tower",
    "Portable", "Laptop", "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook",
    "Space-saving", "Lunch Box", "Main Server Chassis", "Expansion Chassis", "Sub Chassis",
    "Bus Expansion Chassis", "Peripheral Chassis", "RAID Chassis", "Rack Mount Chassis",
    "Sealed-case PC", "Multi-system", "CompactPCI", "AdvancedTCA", "Blade", "Blade Enclosure",
    "Tablet",
    "Convertible", "Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC",
  ]

  // MARK: - Disks

  private struct Links {
    /// Kind (`ids`, `uuids`, `labels`, `masters`), then device, then names.
    var all: [(kind: String, byDevice: [String: [String]])]

    func values(_ device: String) -> Value {
      .map(
        ValueMap(
          all.map {
            (.string($0.kind), .list(($0.byDevice[device] ?? []).sorted().map { .string($0) }))
          },
          uniquingKeysWith: { $1 }))
    }

    subscript(kind: String) -> [String: [String]] { all.first { $0.kind == kind }?.byDevice ?? [:] }
  }

  private var deviceLinks: Links {
    var kinds: [String: [String: [String]]] = [:]
    var kind = ""
    for line in lines("disk-links") {
      if line.hasPrefix("/dev/disk/by-") {
        let name = line.dropFirst(13)
        kind = String(name.prefix { $0 != ":" }) + "s"
        continue
      }
      guard let arrow = line.firstRange(of: " -> ") else { continue }
      let device = RemotePath.name(of: String(line[arrow.upperBound...]))
      let name = line[..<arrow.lowerBound].split(separator: " ").last.map(String.init) ?? ""
      kinds[kind, default: [:]][device, default: []].append(name)
    }
    var masters: [String: [String]] = [:]
    for path in lines("disk-paths") where Self.component(path, 4) == "slaves" {
      masters[Self.component(path, 5), default: []].append(Self.component(path, 3))
    }
    return Links(
      all: ["ids", "uuids", "labels"].map { ($0, kinds[$0] ?? [:]) } + [("masters", masters)])
  }

  private func holders(_ root: String) -> Value {
    let prefix = root + "/holders/dm-"
    return .list(
      lines("disk-paths").filter { $0.hasPrefix(prefix) }.map { path in
        let name = RemotePath.name(of: path)
        return .string(file("/sys/block/\(name)/dm/name") ?? name)
      })
  }

  var disks: ValueMap {
    guard records["disks"] != nil else { return [:] }
    let links = deviceLinks
    var partitions: [String: [String]] = [:]
    for path in filePaths where path.hasPrefix("/sys/block/") && path.hasSuffix("/start") {
      partitions[Self.component(path, 3), default: []].append(Self.component(path, 4))
    }
    func text(_ value: String?) -> Value { value.map { .string($0) } ?? .null }
    var devices: ValueMap = [:]
    for target in lines("disks") {
      let name = RemotePath.name(of: target)
      let root = "/sys/block/\(name)"
      guard let sectors = file(root + "/size").flatMap({ Int($0) }), name != "*" else { continue }
      let unit = file(root + "/queue/logical_block_size") ?? file(root + "/queue/hw_sector_size")
      let size = max(1, unit.flatMap { Int($0) } ?? 512)
      let scaled = Int((Double(sectors) * 512 / Double(size)).rounded(.down))
      var disk: ValueMap = ["virtual": 1, "links": links.values(name)]
      for key in ["vendor", "model", "sas_address", "sas_device_handle"] {
        disk[.string(key)] = text(file("\(root)/device/\(key)"))
      }
      if let serial = file(root + "/device/serial") { disk["serial"] = .string(serial) }
      disk["removable"] = text(file(root + "/removable"))
      disk["support_discard"] =
        file(root + "/queue/discard_max_hw_bytes") == "0"
        ? "0" : text(file(root + "/queue/discard_granularity"))
      if let wwn = links["ids"][name]?.first(where: { $0.hasPrefix("wwn-") }) {
        disk["wwn"] = .string(String(wwn.dropFirst(4)))
      }
      var parts: ValueMap = [:]
      for part in (partitions[name] ?? []).sorted() where part.hasPrefix(name) {
        parts[.string(part)] = .map(partition("\(root)/\(part)", part, links))
      }
      disk["partitions"] = .map(parts)
      disk["rotational"] = text(file(root + "/queue/rotational"))
      disk["scheduler_mode"] = .string(scheduler(file(root + "/queue/scheduler")))
      disk["sectorsize"] = text(unit)
      disk["sectors"] = .int(scaled)
      disk["size"] = .string(Self.human(Double(scaled) * Double(size)))
      disk["host"] = .string(controller(target))
      disk["holders"] = holders(root)
      devices[.string(name)] = .map(disk)
    }
    let kinds = links.all.map { kind, byDevice -> (Value, Value) in
      let entries = byDevice.sorted { $0.key < $1.key }.map { device, names -> (Value, Value) in
        (.string(device), .list(names.sorted().map { .string($0) }))
      }
      return (.string(kind), .map(ValueMap(entries, uniquingKeysWith: { $1 })))
    }
    return [
      "devices": .map(devices),
      "device_links": .map(ValueMap(kinds, uniquingKeysWith: { $1 })),
    ]
  }

  private func partition(_ root: String, _ name: String, _ links: Links) -> ValueMap {
    let sectors = file(root + "/size").flatMap { Int($0) } ?? 0
    return [
      "links": links.values(name), "start": .string(file(root + "/start") ?? "0"),
      "sectorsize": 512,
      "sectors": .int(sectors), "size": .string(Self.human(Double(sectors) * 512)),
      "uuid": links["uuids"][name]?.first.map { .string($0) } ?? .null, "holders": holders(root),
    ]
  }

  private func scheduler(_ text: String?) -> String {
    guard let text, let open = text.firstIndex(of: "["),
      let close = text[open...].firstIndex(of: "]")
    else { return "" }
    return String(text[text.index(after: open)..<close])
  }

  // The last PCI address on the way to the device.
  private func controller(_ target: String) -> String {
    let known = lines("lspci")
    for part in target.split(separator: "/").reversed()
    where part.utf8.count == 12 && part.contains(".") {
      if let line = known.first(where: { $0.hasPrefix(part + " ") }) {
        return String(line.dropFirst(13))
      }
    }
    return ""
  }

  static func human(_ bytes: Double) -> String {
    var size = bytes
    var unit = "Bytes"
    for next in ["KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"] where size >= 1024 {
      size /= 1024
      unit = next
    }
    let hundredths = (size * 100).rounded(.toNearestOrEven)
    guard hundredths.isFinite, hundredths < 1e15 else { return "\(bytes) Bytes" }
    let number = Int(hundredths)
    let rest = number % 100
    return "\(number / 100).\(rest < 10 ? "0" : "")\(rest) \(unit)"
  }

  // MARK: - Mounts

  var mounts: ValueMap {
    var sizes: [String: [Int]] = [:]
    for line in lines("sizes") {
      let parts = line.split(separator: " ", maxSplits: 6).map(String.init)
      if parts.count == 7 { sizes[parts[6]] = parts.prefix(6).map { Int($0) ?? 0 } }
    }
    var identities: [String: String] = [:]
    for line in lines("lsblk") {
      let words = line.split(separator: " ").map(String.init)
      if words.count > 1, identities[words[0]] == nil {
        identities[words[0]] = words[words.count - 1]
      }
    }
    // A mount of a part of a file system shows another root than `/`.
    var bound: Set<String> = []
    for line in fileLines("/proc/self/mountinfo") {
      let words = line.split(separator: " ").map(String.init)
      if words.count > 4, words[3] != "/" { bound.insert(Self.unescaped(words[4])) }
    }
    var order: [String] = []
    var found: [String: ValueMap] = [:]
    let table = fileLines("/etc/mtab").isEmpty ? "/proc/mounts" : "/etc/mtab"
    for line in fileLines(table) {
      let fields = line.split(separator: " ").map { Self.unescaped(String($0)) }
      guard fields.count >= 6, fields[2] != "none",
        fields[0].hasPrefix("/") || fields[0].hasPrefix("\\") || fields[0].contains(":/")
      else { continue }
      let mount = fields[1]
      var facts: ValueMap = [
        "mount": .string(mount), "device": .string(fields[0]), "fstype": .string(fields[2]),
        "options": .string(fields[3]), "dump": .int(Int(fields[4]) ?? 0),
        "passno": .int(Int(fields[5]) ?? 0),
      ]
      if bound.contains(mount), !fields[3].split(separator: ",").contains("bind") {
        facts["options"] = .string(fields[3] + ",bind")
      }
      if let numbers = sizes[mount] {
        facts["size_total"] = .int(numbers[0] &* numbers[2])
        facts["size_available"] = .int(numbers[0] &* numbers[3])
        facts["block_size"] = .int(numbers[1])
        facts["block_total"] = .int(numbers[2])
        facts["block_available"] = .int(numbers[3])
        facts["block_used"] = .int(numbers[2] &- numbers[3])
        facts["inode_total"] = .int(numbers[4])
        facts["inode_available"] = .int(numbers[5])
        facts["inode_used"] = .int(numbers[4] &- numbers[5])
      }
      facts["uuid"] = .string(identities[fields[0]] ?? "N/A")
      if found[mount] == nil { order.append(mount) }
      found[mount] = facts
    }
    return ["mounts": .list(order.map { .map(found[$0] ?? [:]) })]
  }

  /// `\040` and its like, as mount tables write blanks.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    var out: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        out.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1) - 0x30 }))
        rest = rest.dropFirst(3)
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  var volumes: ValueMap {
    guard exists("vgs"), !lines("lvm").isEmpty else { return ["lvm": "N/A"] }
    var facts: [String: ValueMap] = ["vgs": [:], "lvs": [:], "pvs": [:]]
    var table = ""
    for line in lines("lvm") {
      if line.hasPrefix("=") {
        table = String(line.dropFirst())
        continue
      }
      let items = Self.trimmed(line).split(separator: ",", omittingEmptySubsequences: false)
        .map { Value.string(String($0)) }
      switch table {
      case "vgs" where items.count >= 7:
        facts["vgs"]?[items[0]] = [
          "size_g": items[items.count - 2], "free_g": items[items.count - 1], "num_lvs": items[2],
          "num_pvs": items[1],
        ]
      case "lvs" where items.count > 3:
        facts["lvs"]?[items[0]] = ["size_g": items[3], "vg": items[1]]
      case "pvs" where items.count > 5:
        facts["pvs"]?[items[0]] = ["size_g": items[4], "free_g": items[5], "vg": items[1]]
      default: break
      }
    }
    return [
      "lvm": [
        "lvs": .map(facts["lvs"] ?? [:]), "vgs": .map(facts["vgs"] ?? [:]),
        "pvs": .map(facts["pvs"] ?? [:]),
      ]
    ]
  }

  var uptime: ValueMap {
    guard let text = file("/proc/uptime")?.split(separator: ".").first, let seconds = Int(text)
    else {
      return [:]
    }
    return ["uptime_seconds": .int(seconds)]
  }
}
