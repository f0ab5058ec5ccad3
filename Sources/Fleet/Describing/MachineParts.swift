import Cloud
import Diagnostics
import Values

// Networks, keys, volumes, metadata and files of a description.

extension MachineReading {
  mutating func readNetworks(_ variable: EvaluatedVariable) -> [NetworkWish] {
    let items = variable.value.elements ?? [variable.value]
    var wishes: [NetworkWish] = []
    for item in items {
      if let text = item.string, text.hasPrefix("[") || text.hasPrefix("{") {
        wrong(
          "`okeanos_networks` is text that looks like a list or a mapping", variable,
          hint: "in an INI file values are written as in Python: `True`, and texts in quotes")
        continue
      }
      guard
        checkKeys(
          item, ["public", "floating", "private", "name", "address", "ip", "cidr"], variable,
          "okeanos_networks")
      else { continue }
      if let wish = networkWish(item) {
        checkRange(wish, variable)
        wishes.append(wish)
      } else {
        wrong(
          "`okeanos_networks` has an entry that is no network", variable,
          hint: "write `public`, a name, or `{name: lan, cidr: 192.168.1.0/24}`")
      }
    }
    return wishes
  }

  /// A range that is none, and an address that is none or lies elsewhere, would only show when the
  /// cloud refuses them, behind what was made before.
  private mutating func checkRange(_ wish: NetworkWish, _ variable: EvaluatedVariable) {
    guard case .privateNetwork(_, let cidr, let address) = wish else { return }
    var range: ClosedRange<UInt32>?
    if let cidr {
      range = AddressRange.range(cidr)
      if range == nil {
        wrong(
          "`\(cidr)` in `okeanos_networks` is no range of IPv4 addresses", variable,
          hint: "write one as `192.168.1.0/24`")
      }
    }
    guard let address else { return }
    guard let number = AddressChoice.number(address) else {
      return wrong("`\(address)` in `okeanos_networks` is no IPv4 address", variable)
    }
    if let cidr, let range, !range.contains(number) {
      wrong("`\(address)` in `okeanos_networks` is not in the range \(cidr)", variable)
    }
  }

  /// `public`, `floating` and `private` say which kind it is, the last also its name, and `public`
  /// also the address.
  private func networkWish(_ item: Value) -> NetworkWish? {
    if let name = item.string, !name.isEmpty {
      return name == "public"
        ? .floating(address: nil) : .privateNetwork(name: name, cidr: nil, address: nil)
    }
    guard item.map != nil else { return nil }
    let address = text(item["address"]) ?? text(item["ip"])
    let isPrivate = item["private"]?.bool
    let name = isPrivate == nil ? text(item["private"]) ?? text(item["name"]) : text(item["name"])
    let isPublic = item["public"]?.bool == true || item["floating"]?.bool == true
    if isPublic || name == "public" {
      return isPrivate == true ? nil : .floating(address: address)
    }
    if let address = text(item["public"]), address.contains(".") {
      return .floating(address: address)
    }
    guard isPrivate != false, let name else { return nil }
    return .privateNetwork(name: name, cidr: text(item["cidr"]), address: address)
  }

  mutating func readKeys(_ variable: EvaluatedVariable) -> [KeyWish] {
    let items = variable.value.elements ?? [variable.value]
    // No word of it is shown: a line may look like a path.
    guard !items.contains(where: { $0.string.map(Self.holdsPrivateKey) ?? false }) else {
      wrong(
        "`okeanos_ssh_keys` holds a private key", variable,
        hint: "write the public one, or name its file")
      return []
    }
    var wishes: [KeyWish] = []
    for item in items {
      guard let text = item.string else {
        wrong("`okeanos_ssh_keys` holds texts", variable)
        continue
      }
      for line in PublicKeyLine.lines(of: text) { wishes += readKey(line, variable) }
    }
    return wishes
  }

  /// A key, a file with keys, or the name of a key pair.
  private mutating func readKey(_ line: String, _ variable: EvaluatedVariable) -> [KeyWish] {
    if PublicKeyLine.isKey(line) { return [.text(line)] }
    if line.contains("/") || line.hasSuffix(".pub"), !PublicKeyLine.beginsLikeKey(line) {
      return readKeyFile(line, variable)
    }
    guard line.contains(where: \.isWhitespace) else {
      return [.named(Named(line, at: variable.location))]
    }
    wrong(
      "`okeanos_ssh_keys` holds a line that is no public key", variable,
      hint: "a key is `ssh-ed25519 AAAA… name`; or write the path of its file")
    return []
  }

  private mutating func readKeyFile(_ path: String, _ variable: EvaluatedVariable) -> [KeyWish] {
    let shown = variable.isSecret ? "(redacted)" : path
    guard let bytes = readFile(path), !bytes.isEmpty else {
      wrong("cannot read the key `\(shown)`", variable)
      return []
    }
    let content = String(decoding: bytes, as: UTF8.self)
    guard !Self.holdsPrivateKey(content) else {
      wrong("`\(shown)` is a private key", variable, hint: "name the file of the public one")
      return []
    }
    let lines = PublicKeyLine.lines(of: content)
    guard !lines.isEmpty, lines.allSatisfy(PublicKeyLine.isKey) else {
      wrong(
        lines.isEmpty
          ? "`\(shown)` holds no public key" : "`\(shown)` holds a line that is no public key",
        variable)
      return []
    }
    return lines.map { .text($0) }
  }

  /// In any of the formats of OpenSSH, OpenSSL or PuTTY.
  private static func holdsPrivateKey(_ text: String) -> Bool {
    text.contains("PRIVATE KEY") || text.contains("PuTTY-User-Key-File")
  }

  mutating func readVolumes(_ variable: EvaluatedVariable) -> [VolumeWish] {
    guard let items = variable.value.elements else {
      wrong("`okeanos_volumes` is a list", variable)
      return []
    }
    var wishes: [VolumeWish] = []
    for (index, item) in items.enumerated() {
      guard checkKeys(item, ["name", "size"], variable, "okeanos_volumes") else { continue }
      let size = number(item["size"]) ?? number(item)
      guard let size, size > 0 else {
        wrong(
          "`okeanos_volumes` has an entry without a size", variable,
          hint: "write `{name: data, size: 20}`: GiB")
        continue
      }
      let own = text(item["name"]) ?? "volume-\(index + 1)"
      guard !wishes.contains(where: { $0.name == host + "-" + own }) else {
        wrong("`okeanos_volumes` has two volumes `\(own)`", variable)
        continue
      }
      wishes.append(VolumeWish(name: host + "-" + own, size: size))
    }
    return wishes
  }

  mutating func readMetadata(_ variable: EvaluatedVariable) -> [String: String] {
    guard let map = variable.value.map else {
      wrong("`okeanos_metadata` is a mapping", variable)
      return [:]
    }
    var pairs: [String: String] = [:]
    for (key, item) in map {
      guard let name = text(key), let word = item == "" ? "" : text(item) else {
        wrong("`okeanos_metadata` maps names to texts", variable)
        continue
      }
      if name.hasPrefix(MachineMark.prefix) {
        wrong("`\(name)` in `okeanos_metadata` is a name of omtd-setup's own", variable)
      } else if name.unicodeScalars.count > 50 || word.unicodeScalars.count > 500 {
        wrong(
          "`\(name)` in `okeanos_metadata` is too long", variable,
          hint: "the cloud allows 50 characters for a name and 500 for its value")
      }
      pairs[name] = word
    }
    let room = MachineMark.pairLimit - MachineMark.countLimit
    if pairs.count > room {
      wrong(
        "`okeanos_metadata` has \(pairs.count) pairs, but there is room for \(room)", variable,
        hint: "the cloud allows 10, of which omtd-setup needs \(MachineMark.countLimit)")
    }
    return pairs
  }

  mutating func readFiles(_ variable: EvaluatedVariable) -> [PersonalityFile] {
    guard let items = variable.value.elements else {
      wrong("`okeanos_personality` is a list", variable)
      return []
    }
    var files: [PersonalityFile] = []
    let keys = ["path", "src", "content", "contents", "owner", "group", "mode"]
    for item in items {
      guard checkKeys(item, keys, variable, "okeanos_personality") else { continue }
      guard let path = text(item["path"]), path.hasPrefix("/") else {
        wrong("`okeanos_personality` has an entry without an absolute `path`", variable)
        continue
      }
      let content: [UInt8]
      if let source = text(item["src"]) {
        guard let bytes = readFile(source) else {
          wrong("cannot read `\(source)`", variable)
          continue
        }
        content = bytes
      } else if let words = item["content"]?.string ?? item["contents"]?.string {
        content = Array(words.utf8)
      } else {
        wrong("`\(path)` in `okeanos_personality` has neither `content` nor `src`", variable)
        continue
      }
      if content.count > PersonalityFile.sizeLimit {
        wrong(
          "`\(path)` in `okeanos_personality` has \(content.count) bytes", variable,
          hint: "the cloud takes \(PersonalityFile.sizeLimit) a file")
      }
      guard let mode = fileMode(item["mode"]) else {
        wrong("the `mode` of `\(path)` in `okeanos_personality` is not octal", variable)
        continue
      }
      files.append(
        PersonalityFile(
          path: path, content: content, owner: text(item["owner"]) ?? "root",
          group: text(item["group"]) ?? "root", mode: mode))
    }
    // The host key takes two files, the login keys one.
    let room = PersonalityFile.countLimit - 3
    if files.count > room {
      wrong(
        "`okeanos_personality` has \(files.count) files, but there is room for \(room)", variable)
    }
    return files
  }

  /// A number as YAML 1.1 read it, or octal digits.
  private func fileMode(_ value: Value?) -> Int? {
    switch value {
    case nil, .null?: return 0o600
    case .int(let mode)?: return (0...0o7777).contains(mode) ? mode : nil
    case .string(let text)?:
      guard let mode = Int(text, radix: 8), (0...0o7777).contains(mode) else { return nil }
      return mode
    default: return nil
    }
  }
}
