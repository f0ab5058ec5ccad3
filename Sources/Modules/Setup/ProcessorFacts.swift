import Values

// Processors and memory.

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
}
