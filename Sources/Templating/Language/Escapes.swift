/// Python's escape sequences in a string constant; nil where one is malformed. Unknown ones stay.
func unescape(_ text: String) -> String? {
  let scalars = Array(text.unicodeScalars)
  var result = String.UnicodeScalarView()
  var index = 0
  while index < scalars.count {
    guard scalars[index] == "\\", index + 1 < scalars.count else {
      result.append(scalars[index])
      index += 1
      continue
    }
    let mark = scalars[index + 1]
    index += 2
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{07}",
      "b": "\u{08}", "f": "\u{0C}", "v": "\u{0B}",
    ]
    if let scalar = simple[mark] {
      result.append(scalar)
    } else if mark == "\n" {
      continue
    } else if mark == "x" || mark == "u" || mark == "U" {
      let width = mark == "x" ? 2 : mark == "u" ? 4 : 8
      let digits = scalars[index..<min(index + width, scalars.count)]
      let number = String(String.UnicodeScalarView(digits))
      guard digits.count == width, let value = UInt32(number, radix: 16),
        let scalar = Unicode.Scalar(value)
      else { return nil }
      result.append(scalar)
      index += width
    } else if mark >= "0" && mark <= "7" {
      var value = mark.value - 48
      var count = 1
      while count < 3, index < scalars.count, scalars[index] >= "0", scalars[index] <= "7" {
        value = value * 8 + scalars[index].value - 48
        index += 1
        count += 1
      }
      result.append(Unicode.Scalar(value) ?? "?")
    } else if mark == "N" {
      guard index < scalars.count, scalars[index] == "{",
        let end = scalars[index...].firstIndex(of: "}"),
        let scalar = scalar(
          named: String(String.UnicodeScalarView(scalars[(index + 1)..<end])))
      else { return nil }
      result.append(scalar)
      index = end + 1
    } else {
      result.append("\\")
      result.append(mark)
    }
  }
  return String(result)
}

func scalar(named name: String) -> Unicode.Scalar? {
  let wanted = name.uppercased()
  for value in UInt32(0x20)...0x1FFFF {
    guard let scalar = Unicode.Scalar(value) else { continue }
    if scalar.properties.name == wanted || scalar.properties.nameAlias == wanted { return scalar }
  }
  return nil
}
