import Diagnostics

/// A host as written in an inventory: a name or an address, perhaps with ranges, perhaps a port.
struct HostAddress {
  var host: String
  var port: Int?

  /// Takes a port off and checks that a host name, an IPv4 or an IPv6 address is left; ranges such
  /// as `[1:5]` may stand in any part. nil for anything else.
  init?(_ text: String) {
    var scalars = Array(text.unicodeScalars)[...]
    if let end = HostAddress.portStart(scalars) {
      port = Int(String(String.UnicodeScalarView(scalars[(end + 1)...])))
      scalars = scalars[..<end]
      // `[address]:port`
      if scalars.count > 2, HostAddress.isBracketed(scalars), !HostAddress.isRange(scalars) {
        scalars = scalars.dropFirst().dropLast()
      }
    }
    guard HostAddress.isHostName(scalars) || HostAddress.isIPv6(scalars) else { return nil }
    host = String(String.UnicodeScalarView(scalars))
  }

  /// Where `:digits` at the end starts, if what stands before has no colon outside of brackets.
  private static func portStart(_ scalars: ArraySlice<Unicode.Scalar>) -> Int? {
    guard let colon = scalars.lastIndex(of: ":"), colon + 1 < scalars.endIndex,
      scalars[(colon + 1)...].allSatisfy({ ("0"..."9").contains($0) })
    else { return nil }
    var isInside = false
    for scalar in scalars[..<colon] {
      switch scalar {
      case "[" where !isInside: isInside = true
      case "]":
        if !isInside { return nil }
        isInside = false
      case ":" where !isInside: return nil
      default: break
      }
    }
    return isInside ? nil : colon
  }

  /// True where the first bracket is closed by the last scalar.
  private static func isBracketed(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    guard scalars.first == "[", scalars.last == "]" else { return false }
    var depth = 0
    for (index, scalar) in scalars.enumerated() {
      if scalar == "[" { depth += 1 }
      if scalar == "]" { depth -= 1 }
      if depth == 0 { return index == scalars.count - 1 }
    }
    return false
  }

  // MARK: Host names

  private static func isHostName(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    var isLabelStart = true
    var last: Unicode.Scalar = "-"
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      if scalar == "." {
        if isLabelStart || last == "-" || last == "_" { return false }
        isLabelStart = true
        index += 1
        continue
      }
      if scalar == "[" {
        guard let close = scalars[index...].firstIndex(of: "]"),
          isRange(scalars[index...close])
        else { return false }
        index = close + 1
        last = "]"
      } else {
        guard isWord(scalar) || (scalar == "-" && !isLabelStart) else { return false }
        index += 1
        last = scalar
      }
      isLabelStart = false
    }
    return !isLabelStart && last != "-" && last != "_"
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        || ("0"..."9").contains(scalar) || scalar == "_"
    }
    return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  /// `[a:z]`, `[1:9]`, each with an optional `:step`.
  private static func isRange(
    _ scalars: ArraySlice<Unicode.Scalar>, hexadecimal: Bool = false
  ) -> Bool {
    guard scalars.first == "[", scalars.last == "]" else { return false }
    let parts = scalars.dropFirst().dropLast()
      .split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return false }
    let isNumber = { (part: ArraySlice<Unicode.Scalar>) in
      !part.isEmpty && part.allSatisfy { ("0"..."9").contains($0) }
    }
    if parts.count == 3, !isNumber(parts[2]) { return false }
    if isNumber(parts[0]) && isNumber(parts[1]) { return true }
    if hexadecimal { return parts[..<2].allSatisfy { !$0.isEmpty && $0.allSatisfy(isHex) } }
    return parts[..<2].allSatisfy {
      $0.count == 1 && $0.allSatisfy { $0.isASCII && $0.properties.isAlphabetic }
    }
  }

  private static func isHex(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
  }

  // MARK: Addresses

  static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.count <= 3 && Int(part).map { (0...255).contains($0) } ?? false
      }
  }

  /// True for any IPv6 address, compressed or with an IPv4 tail.
  static func isIPv6(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    var parts = parts(ofIPv6: scalars)
    guard parts.count >= 3 else { return false }
    if let last = parts.last, last.contains(".") {
      let bytes = last.split(separator: ".", omittingEmptySubsequences: false)
      let isIPv4 =
        bytes.count == 4
        && bytes.allSatisfy { part in
          Int(String(String.UnicodeScalarView(part))).map { (0...255).contains($0) } ?? false
        }
      guard isIPv4 else { return false }
      parts.removeLast()
      parts += [["0"], ["0"]]
    }
    let isStartOpen = parts.count >= 2 && parts[0].isEmpty && parts[1].isEmpty
    let isEndOpen =
      parts.count >= 2 && parts[parts.count - 1].isEmpty
      && parts[parts.count - 2].isEmpty
    if isStartOpen { parts.removeFirst() }
    if isEndOpen { parts.removeLast() }
    let gaps = parts.count { $0.isEmpty }
    guard gaps <= 1, gaps == 1 ? parts.count <= 8 : parts.count == 8 else { return false }
    return parts.allSatisfy { part in
      part.isEmpty || (part.count <= 4 && part.allSatisfy(isHex))
        || isRange(part, hexadecimal: true)
    }
  }

  /// Split at colons outside of brackets.
  private static func parts(
    ofIPv6 scalars: ArraySlice<Unicode.Scalar>
  ) -> [ArraySlice<Unicode.Scalar>] {
    var parts: [ArraySlice<Unicode.Scalar>] = []
    var start = scalars.startIndex
    var isInside = false
    for index in scalars.indices {
      switch scalars[index] {
      case "[": isInside = true
      case "]": isInside = false
      case ":" where !isInside:
        parts.append(scalars[start..<index])
        start = index + 1
      default: break
      }
    }
    return parts + [scalars[start...]]
  }
}
