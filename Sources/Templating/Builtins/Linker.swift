import Values

/// Turns URLs and mail addresses in escaped text into links, for `urlize`.
struct Linker {
  let limit: Int?
  let relation: String
  let target: String?
  let schemes: [String]

  mutating func link(_ text: String) -> String {
    var result = ""
    var word = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isBlank(scalar) {
        result += link(word: String(word))
        word = String.UnicodeScalarView()
        result.unicodeScalars.append(scalar)
      } else {
        word.append(scalar)
      }
    }
    return result + link(word: String(word))
  }

  private func link(word: String) -> String {
    var (head, middle, tail) = ("", word, "")
    var isMoving = true
    while isMoving {
      isMoving = false
      for opening in ["(", "<", "&lt;"] where StringMethods.hasPrefix(middle, opening) {
        head += opening
        middle = StringMethods.dropping(middle, opening.unicodeScalars.count, 0)
        isMoving = true
      }
    }
    isMoving = true
    while isMoving {
      isMoving = false
      for closing in [")", ">", ".", ",", "\n", "&gt;"]
      where StringMethods.hasSuffix(middle, closing) {
        tail = closing + tail
        middle = StringMethods.dropping(middle, 0, closing.unicodeScalars.count)
        isMoving = true
      }
    }
    // Brackets that are opened inside the address are closed inside it.
    for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
      let opened = occurrences(of: open, in: middle)
      var closed = occurrences(of: close, in: middle)
      while closed < opened, let range = firstRange(of: close, in: tail) {
        let scalars = Array(tail.unicodeScalars)
        middle += text(scalars[..<range.upperBound])
        tail = text(scalars[range.upperBound...])
        closed += 1
      }
    }
    return head + (anchor(middle) ?? middle) + tail
  }

  private func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  private func firstRange(of part: String, in text: String) -> Range<Int>? {
    find(part.unicodeScalars, in: text.unicodeScalars).map {
      $0..<($0 + part.unicodeScalars.count)
    }
  }

  private func occurrences(of part: String, in text: String) -> Int {
    let (needle, hay) = (Array(part.unicodeScalars), Array(text.unicodeScalars))
    var count = 0
    var index = 0
    while let found = find(needle, in: hay, from: index, to: hay.count) {
      count += 1
      index = found + needle.count
    }
    return count
  }

  private func anchor(_ word: String) -> String? {
    if isWebAddress(word) {
      let hasScheme =
        word.lowercased().hasPrefix("https://") || word.lowercased().hasPrefix("http://")
      return anchor(hasScheme ? word : "https://" + word, shown: trimmed(word), isMail: false)
    }
    if word.hasPrefix("mailto:"), isMailAddress(String(word.dropFirst(7))) {
      return anchor(word, shown: String(word.dropFirst(7)), isMail: true)
    }
    if word.contains("@"), !word.hasPrefix("www."), !word.contains(":"), isMailAddress(word) {
      return anchor("mailto:" + word, shown: word, isMail: true)
    }
    for scheme in schemes where word.hasPrefix(scheme) && word != scheme {
      return anchor(word, shown: word, isMail: false)
    }
    return nil
  }

  private func anchor(_ address: String, shown: String, isMail: Bool) -> String {
    var attributes = ""
    if !isMail {
      if !relation.isEmpty { attributes += " rel=\"\(escapeHTML(relation))\"" }
      if let target { attributes += " target=\"\(escapeHTML(target))\"" }
    }
    return "<a href=\"\(address)\"\(attributes)>\(shown)</a>"
  }

  private func trimmed(_ word: String) -> String {
    guard let limit, limit >= 0, word.unicodeScalars.count > limit else { return word }
    return String(String.UnicodeScalarView(word.unicodeScalars.prefix(limit))) + "..."
  }

  private func isWebAddress(_ word: String) -> Bool {
    let lower = word.lowercased()
    for scheme in ["https://", "http://"] where lower.hasPrefix(scheme) {
      let rest = Array(lower.dropFirst(scheme.count))
      guard let first = rest.first else { return false }
      return first.isLetter || first.isNumber || first == "[" || first == "_"
    }
    let host = lower.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != ":" }
    guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._%".contains($0) }) else {
      return false
    }
    if host.hasPrefix("www."), host.count > 4 { return true }
    let ends = [".com", ".net", ".int", ".edu", ".gov", ".org", ".info", ".mil"]
    return ends.contains { host.hasSuffix($0) && host.count > $0.count }
  }

  private func isMailAddress(_ word: String) -> Bool {
    let parts = word.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return false }
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return labels.count >= 2
      && labels.allSatisfy { label in
        !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
      }
  }
}
