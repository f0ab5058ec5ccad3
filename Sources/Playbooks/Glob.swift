/// A shell pattern of `*`, `?` and `[…]` against a whole text, as Python's `fnmatch` has it.
func matchesGlob(_ text: String, _ pattern: String) -> Bool {
  let text = Array(text.unicodeScalars)
  let pattern = Array(pattern.unicodeScalars)
  var at = 0
  var place = 0
  var star: (pattern: Int, text: Int)?
  while at < text.count {
    if place < pattern.count, pattern[place] == "*" {
      star = (place, at)
      place += 1
    } else if place < pattern.count, let next = matchOne(text[at], pattern, place) {
      at += 1
      place = next
    } else if let last = star {
      star = (last.pattern, last.text + 1)
      at = last.text + 1
      place = last.pattern + 1
    } else {
      return false
    }
  }
  return pattern[place...].allSatisfy { $0 == "*" }
}

/// The position behind what matched one scalar, or nil.
private func matchOne(_ scalar: Unicode.Scalar, _ pattern: [Unicode.Scalar], _ at: Int) -> Int? {
  if pattern[at] == "?" { return at + 1 }
  guard pattern[at] == "[" else { return pattern[at] == scalar ? at + 1 : nil }
  var end = at + 1
  if end < pattern.count, pattern[end] == "!" { end += 1 }
  if end < pattern.count, pattern[end] == "]" { end += 1 }
  while end < pattern.count, pattern[end] != "]" { end += 1 }
  guard end < pattern.count else { return scalar == "[" ? at + 1 : nil }
  var set = Array(pattern[(at + 1)..<end])
  let isNegated = set.first == "!"
  if isNegated { set.removeFirst() }
  var matched = false
  var index = 0
  while index < set.count {
    if index + 2 < set.count, set[index + 1] == "-" {
      matched = matched || (set[index] <= scalar && scalar <= set[index + 2])
      index += 3
    } else {
      matched = matched || set[index] == scalar
      index += 1
    }
  }
  return matched != isNegated ? end + 1 : nil
}
