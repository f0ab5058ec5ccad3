extension String {
  /// The text as a terminal may be shown it: control characters, with which somebody else's words
  /// could move its cursor or set its title, as `\x1b`. Tabs and line ends stay.
  package var withVisibleControls: String {
    guard unicodeScalars.contains(where: \.isHiddenControl) else { return self }
    var out = ""
    for scalar in unicodeScalars {
      if scalar.isHiddenControl {
        out += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

extension Unicode.Scalar {
  fileprivate var isHiddenControl: Bool {
    (value < 32 && self != "\t" && self != "\n") || (127..<160).contains(value)
  }
}
