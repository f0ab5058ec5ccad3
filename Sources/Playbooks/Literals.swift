import Values

/// The boolean that a literal means to Ansible, or nil.
func literalBool(_ value: SourceValue) -> Bool? {
  switch value.plain {
  case .bool(let flag): return flag
  case .int(let number): return number == 1 ? true : number == 0 ? false : nil
  case .double(let number): return number == 1 ? true : number == 0 ? false : nil
  case .string(let text):
    switch text.lowercased() {
    case "yes", "y", "on", "true", "t", "1": return true
    case "no", "n", "off", "false", "f", "0": return false
    default: return nil
    }
  default: return nil
  }
}

/// What is wrong with a literal for a parameter of that type: `a boolean`, or nil where it fits.
///
/// Templates and vaulted text fit anything. Follows the conversions of Ansible's argument
/// specifications, which make text of any value and a list of any scalar.
func expectation(of type: ParameterKind, unmetBy value: SourceValue) -> String? {
  if value.isTemplate || value.isNull { return nil }
  let plain = value.plain
  switch type {
  case .any: return nil
  case .bool: return literalBool(value) == nil ? "a boolean" : nil
  case .int:
    switch plain {
    case .int, .bigInt, .bool: return nil
    case .double(let number): return number.rounded() == number ? nil : "a whole number"
    case .string(let text): return isNumber(text, allowsFraction: false) ? nil : "a whole number"
    default: return "a whole number"
    }
  case .float:
    switch plain {
    case .int, .bigInt, .bool, .double: return nil
    case .string(let text): return isNumber(text, allowsFraction: true) ? nil : "a number"
    default: return "a number"
    }
  case .percentage:
    guard case .string(let text) = plain, text.hasSuffix("%") else {
      return expectation(of: .float, unmetBy: value)
    }
    return isNumber(String(text.dropLast()), allowsFraction: true) ? nil : "a number"
  case .list: return value.entries == nil ? nil : "a list"
  case .map:
    switch plain {
    case .map: return nil
    case .string(let text):
      // Ansible reads JSON and `k=v` words here.
      let isData = text.utf8.first == UInt8(ascii: "{") || text.utf8.contains(UInt8(ascii: "="))
      return isData ? nil : "a mapping"
    default: return "a mapping"
    }
  case .scalar:
    return value.items != nil || value.entries != nil ? "a text" : nil
  }
}

/// The kinds of literals that parameters and keywords ask for.
enum ParameterKind { case any, bool, int, float, percentage, list, map, scalar }

private func isNumber(_ text: String, allowsFraction: Bool) -> Bool {
  var digits = text.trimmed
  if let sign = digits.first, sign == "-" || sign == "+" { digits.removeFirst() }
  guard !digits.isEmpty else { return false }
  if allowsFraction { return Double(digits) != nil }
  return digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
}

extension String {
  /// Without blanks, tabs and line ends at both ends.
  var trimmed: String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }
    var scalars = unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }
}
