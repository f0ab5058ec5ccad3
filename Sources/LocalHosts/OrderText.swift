/// The text in which the scripts take an order: a line for each thing, words apart by a blank.
///
///     image debian-12
///     hostname snf-12
///     limits 2 2048
///     delay 0.0
///     nic public 02:0c:f5:00:00:01 198.18.0.10/24 198.18.0.1
///     nic 17 02:0c:f5:00:00:02 - -
///     keys HEX(user) HEX(lines)
///     password HEX(user) HEX(password)
///     file 600 HEX(owner) HEX(group) HEX(path) HEX(contents)
///
/// Whatever may hold any bytes is written in hexadecimal digits, nothing as `-`.
extension LocalMachineOrder {
  func text() throws(LocalMachineProblem) -> String {
    _ = try checked(id)
    guard !hostname.isEmpty, hostname.utf8.count <= 63, hostname.utf8.allSatisfy(isNameByte) else {
      throw LocalMachineProblem("`\(hostname)` is no name for a machine")
    }
    guard interfaces.count <= 8 else {
      throw LocalMachineProblem("a machine has 8 interfaces at most, not \(interfaces.count)")
    }
    var lines = [
      "image \(image.rawValue)", "hostname \(hostname)",
      "limits \(max(1, cpus)) \(max(64, memory))", "delay \(sshDelay > 0 ? sshDelay : 0)",
    ]
    for interface in interfaces {
      lines.append("nic " + (try interface.words()).joined(separator: " "))
    }
    for key in keys {
      let text = key.lines.map { $0 + "\n" }.joined()
      lines.append("keys \(hex(key.user.utf8)) \(hex(text.utf8))")
      guard let password else { continue }
      guard !password.utf8.contains(UInt8(ascii: "\n")) else {
        throw LocalMachineProblem("a password has one line")
      }
      lines.append("password \(hex(key.user.utf8)) \(hex(password.utf8))")
    }
    for file in files {
      guard file.path.hasPrefix("/"), !file.path.utf8.contains(0) else {
        throw LocalMachineProblem("`\(file.path)` is not an absolute path")
      }
      let words = [file.owner.utf8, file.group.utf8, file.path.utf8].map { hex($0) }
      lines.append(
        "file \(String(file.mode & 0o7777, radix: 8)) \(words.joined(separator: " ")) "
          + hex(file.contents))
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension LocalInterface {
  /// Network, hardware address, address, gateway; `-` for what is not there.
  func words() throws(LocalMachineProblem) -> [String] {
    var name = "public"
    if case .private(let id) = network { name = try checked(network: id) }
    for text in [address, gateway].compactMap(\.self) {
      guard text.utf8.contains(UInt8(ascii: ".")), text.utf8.allSatisfy(isAddressByte) else {
        throw LocalMachineProblem("`\(text)` is no address")
      }
    }
    return [name, try checked(mac: mac), address ?? "-", gateway ?? "-"]
  }
}

/// `id` if it may name a machine.
func checked(_ id: String) throws(LocalMachineProblem) -> String {
  let parts = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
  guard id.utf8.count <= 20, id.utf8.allSatisfy(isNameByte), let last = parts.last,
    parts.first?.isEmpty == false, (1...6).contains(last.count)
  else { throw LocalMachineProblem("`\(id)` is no id of a machine") }
  return id
}

/// `id` if it may name a private network.
func checked(network id: String) throws(LocalMachineProblem) -> String {
  guard (1...6).contains(id.utf8.count), id.utf8.allSatisfy(isNameByte),
    !id.utf8.contains(UInt8(ascii: "-")), id.utf8.allSatisfy({ !(65...90).contains($0) })
  else { throw LocalMachineProblem("`\(id)` is no id of a network") }
  return id
}

/// The hardware address in lower case, if it is one of a single station.
func checked(mac: String) throws(LocalMachineProblem) -> String {
  let parts = mac.lowercased().split(separator: ":", omittingEmptySubsequences: false)
  let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
  guard parts.count == 6, bytes.count == 6, bytes[0] & 1 == 0 else {
    throw LocalMachineProblem("`\(mac)` is no hardware address")
  }
  return parts.joined(separator: ":")
}

private func isNameByte(_ byte: UInt8) -> Bool {
  (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    || byte == UInt8(ascii: "-")
}

private func isAddressByte(_ byte: UInt8) -> Bool { (46...57).contains(byte) }

private func hex(_ bytes: some Collection<UInt8>) -> String {
  guard !bytes.isEmpty else { return "-" }
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
