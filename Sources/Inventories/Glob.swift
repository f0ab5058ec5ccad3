/// Shell patterns for whole names, by the rules of Python's `fnmatch`: `*`, `?`, `[a-z]`, `[!x]`.
package struct Glob: Sendable {
  private enum Part: Sendable {
    case one(Unicode.Scalar)
    case any
    case run
    case set([ClosedRange<UInt32>], isNegated: Bool)
  }
  private let parts: [Part]
  /// The only name that matches, where there is no wildcard.
  package let literal: String?

  package init(_ pattern: String) {
    let scalars = Array(pattern.unicodeScalars)
    var parts: [Part] = []
    var index = 0
    var isLiteral = true
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "*":
        isLiteral = false
        if case .run? = parts.last { continue }
        parts.append(.run)
      case "?":
        isLiteral = false
        parts.append(.any)
      case "[":
        if let (set, end) = Glob.set(scalars, from: index) {
          isLiteral = false
          parts.append(set)
          index = end
        } else {
          parts.append(.one("["))
        }
      default: parts.append(.one(scalar))
      }
    }
    self.parts = parts
    literal = isLiteral ? pattern : nil
  }

  private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Part, Int)? {
    var index = start
    let isNegated = index < scalars.count && scalars[index] == "!"
    if isNegated { index += 1 }
    let first = index
    if index < scalars.count, scalars[index] == "]" { index += 1 }
    guard let close = scalars[min(index, scalars.count)...].firstIndex(of: "]") else { return nil }
    var ranges: [ClosedRange<UInt32>] = []
    index = first
    while index < close {
      let low = scalars[index].value
      if index + 2 < close, scalars[index + 1] == "-" {
        let high = scalars[index + 2].value
        if low <= high { ranges.append(low...high) }
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    return (.set(ranges, isNegated: isNegated), close + 1)
  }

  /// True where the whole name fits. Takes time of pattern times name at most.
  package func matches(_ name: String) -> Bool {
    if let literal { return literal.utf8.elementsEqual(name.utf8) }
    let scalars = Array(name.unicodeScalars)
    var part = 0
    var position = 0
    var retry: (part: Int, position: Int)?
    while position < scalars.count {
      if part < parts.count {
        if case .run = parts[part] {
          retry = (part, position)
          part += 1
          continue
        }
        if fits(parts[part], scalars[position]) {
          part += 1
          position += 1
          continue
        }
      }
      guard let last = retry else { return false }
      retry = (last.part, last.position + 1)
      part = last.part + 1
      position = last.position + 1
    }
    while part < parts.count, case .run = parts[part] { part += 1 }
    return part == parts.count
  }

  private func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
    switch part {
    case .one(let wanted): wanted == scalar
    case .any: true
    case .run: false
    case .set(let ranges, let isNegated):
      ranges.contains { $0.contains(scalar.value) } != isNegated
    }
  }
}
