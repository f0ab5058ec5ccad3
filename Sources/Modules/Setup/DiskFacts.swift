import ModuleKit
import Values

// Disks, their parts, and what LVM makes of them.

extension SystemAnswers {
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
    for (path, target) in links where path.hasPrefix("/dev/disk/by-") {
      let kind = path.dropFirst(13).prefix { $0 != "/" } + "s"
      let device = RemotePath.name(of: target)
      kinds[String(kind), default: [:]][device, default: []].append(RemotePath.name(of: path))
    }
    var masters: [String: [String]] = [:]
    for path in lines("paths")
    where path.hasPrefix("/sys/block/") && Self.component(path, 4) == "slaves" {
      masters[Self.component(path, 5), default: []].append(Self.component(path, 3))
    }
    return Links(
      all: ["ids", "uuids", "labels"].map { ($0, kinds[$0] ?? [:]) } + [("masters", masters)])
  }

  private func holders(_ root: String) -> Value {
    let suffix = "/slaves/" + RemotePath.name(of: root)
    return .list(
      lines("paths").filter { $0.hasPrefix("/sys/block/dm-") && $0.hasSuffix(suffix) }.map { path in
        let name = Self.component(path, 3)
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
    for path in lines("disks") {
      let name = RemotePath.name(of: path)
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
      disk["host"] = .string(controller(self.links[path] ?? ""))
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
}
