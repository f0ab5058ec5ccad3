import Values

// Mounted file systems.

extension SystemAnswers {
  var mounts: ValueMap {
    var sizes: [String: [Int]] = [:]
    for line in lines("sizes") {
      let parts = line.split(ascii: " ", maxSplits: 6).map(String.init)
      if parts.count == 7 { sizes[parts[6]] = parts.prefix(6).map { Int($0) ?? 0 } }
    }
    var identities: [String: String] = [:]
    for line in lines("uuids") {
      let words = line.split(ascii: " ").map(String.init)
      if words.count > 1, identities[words[0]] == nil {
        identities[words[0]] = words[words.count - 1]
      }
    }
    // A mount of a part of a file system shows another root than `/`.
    var bound: Set<String> = []
    for line in fileLines("/proc/self/mountinfo") {
      let words = line.split(ascii: " ").map(String.init)
      if words.count > 4, words[3] != "/" { bound.insert(Self.unescaped(words[4])) }
    }
    var order: [String] = []
    var found: [String: ValueMap] = [:]
    let table = fileLines("/etc/mtab").isEmpty ? "/proc/mounts" : "/etc/mtab"
    for line in fileLines(table) {
      let fields = line.split(ascii: " ").map { Self.unescaped(String($0)) }
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
    guard text.utf8.contains(0x5C) else { return text }
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
}
