import Diagnostics
import Values

/// The arguments of one task for one host and item: by canonical names, of the declared types, with
/// defaults in place. `Arguments.check` makes them; modules only read.
package struct Arguments: Sendable {
  private var values: [String: Value]
  /// What `source`, `template` and `content` parameters became.
  package var resolved: [String: Resolved]
  private var given: Set<String>
  /// The place of the task, and of each argument.
  package var location: SourceLocation?
  private var locations: [String: SourceLocation]

  package init(
    _ values: [String: Value], given: Set<String> = [], resolved: [String: Resolved] = [:],
    location: SourceLocation? = nil, locations: [String: SourceLocation] = [:]
  ) {
    self.values = values
    self.given = given
    self.resolved = resolved
    self.location = location
    self.locations = locations
  }

  package subscript(name: String) -> Value { values[name] ?? .null }
  package mutating func replace(_ name: String, with value: Value) { values[name] = value }
  /// True where the task names the parameter itself.
  package func isGiven(_ name: String) -> Bool { given.contains(name) }
  package func location(of name: String) -> SourceLocation? { locations[name] ?? location }

  package func text(_ name: String) -> String? {
    guard let text = self[name].opened.string else { return nil }
    return text
  }
  package func requiredText(_ name: String) throws(Diagnostic) -> String {
    guard let text = text(name) else { throw missing(name) }
    return text
  }
  package func flag(_ name: String) -> Bool { self[name].opened.bool ?? false }
  /// Nil where it is not given and has no default.
  package func optionalFlag(_ name: String) -> Bool? { self[name].opened.bool }
  package func number(_ name: String) -> Int? { self[name].opened.int }
  package func texts(_ name: String) -> [String] {
    (self[name].opened.elements ?? []).compactMap(\.opened.string)
  }
  package func isSecret(_ name: String) -> Bool { self[name].containsSecret }

  /// The mode as written; `preserve` and symbolic text are kept apart.
  package func mode(_ name: String = "mode") throws(Diagnostic) -> ModeChange? {
    switch self[name].opened {
    case .null: return nil
    case .int(let number):
      guard let bits = UInt16(exactly: number), bits <= 0o7777 else { throw badMode(name) }
      return .bits(bits)
    case .string(let text):
      guard let change = ModeChange(text) else { throw badMode(name) }
      return change
    default: throw badMode(name)
    }
  }

  package func missing(_ name: String) -> Diagnostic {
    .error("missing required parameter `\(name)`", at: location)
  }

  private func badMode(_ name: String) -> Diagnostic {
    .error(
      "`\(name)` must be an octal number or a symbolic mode", at: location(of: name),
      hint: "write it in quotes, as in `\"0644\"` or `\"u=rw,g=r,o=r\"`")
  }
}

/// A change of permission bits, as `chmod` reads it.
package enum ModeChange: Hashable, Sendable {
  case bits(UInt16)
  /// Comma-separated clauses such as `u=rwX,go-w`.
  case symbolic([Clause])
  /// The mode of the source file.
  case preserve

  package struct Clause: Hashable, Sendable {
    /// Letters of `ugoa`; none is everybody but what the umask withholds.
    package var who: String
    package var operation: Character
    package var permissions: String
  }

  package init?(_ text: String) {
    if text == "preserve" {
      self = .preserve
      return
    }
    let digits = text.hasPrefix("0o") || text.hasPrefix("0O") ? text.dropFirst(2) : text[...]
    if !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x37).contains($0) }) {
      guard let bits = UInt16(digits, radix: 8), bits <= 0o7777 else { return nil }
      self = .bits(bits)
      return
    }
    var clauses: [Clause] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let who = part.prefix { "ugoa".contains($0) }
      var rest = part.dropFirst(who.count)
      guard let first = rest.first, "+-=".contains(first) else { return nil }
      while let operation = rest.first, "+-=".contains(operation) {
        rest = rest.dropFirst()
        let permissions = rest.prefix { "rwxXstugo".contains($0) }
        rest = rest.dropFirst(permissions.count)
        clauses.append(
          Clause(
            who: String(who), operation: operation, permissions: String(permissions)))
      }
      guard rest.isEmpty else { return nil }
    }
    guard !clauses.isEmpty else { return nil }
    self = .symbolic(clauses)
  }

  /// The bits that result for a file that has `current`; for `preserve`, `source`.
  package func applied(to current: UInt16, isDirectory: Bool, source: UInt16? = nil) -> UInt16 {
    switch self {
    case .bits(let bits): return bits
    case .preserve: return source ?? current
    case .symbolic(let clauses):
      var mode = current
      for clause in clauses { mode = clause.applied(to: mode, isDirectory: isDirectory) }
      return mode
    }
  }
}

extension ModeChange.Clause {
  // As ansible-core has it, which differs from `chmod`: `=` takes the set-id bits of directories as
  // well, where nobody is named the umask holds back, and user, group and others follow each other,
  // so that `-u` finds nothing of the user left for the group.
  fileprivate func applied(to mode: UInt16, isDirectory: Bool) -> UInt16 {
    var mode = mode
    let isExecutable = isDirectory || mode & 0o111 != 0
    for (letter, shift, special, mark) in [
      ("u", 6, 0o4000, "s"), ("g", 3, 0o2000, "s"), ("o", 0, 0o1000, "t"),
    ] as [(Character, UInt16, UInt16, Character)]
    where who.isEmpty || who.contains("a") || who.contains(letter) {
      let withheld = who.isEmpty ? Self.usualUmask >> shift : 0
      var set = bits(mode, isExecutable: isExecutable, withheld: withheld) << shift
      if permissions.contains(mark) { set |= special }
      switch operation {
      case "+": mode |= set
      case "-": mode &= ~set
      default: mode = mode & ~(0o7 << shift | special) | set
      }
    }
    return mode
  }

  private static let usualUmask: UInt16 = 0o022

  private func bits(_ mode: UInt16, isExecutable: Bool, withheld: UInt16) -> UInt16 {
    var bits: UInt16 = 0
    for letter in permissions {
      switch letter {
      case "r": bits |= 4 & ~withheld
      case "w": bits |= 2 & ~withheld
      case "x": bits |= 1 & ~withheld
      case "X": if isExecutable { bits |= 1 & ~withheld }
      case "u": bits |= mode >> 6 & 7
      case "g": bits |= mode >> 3 & 7
      case "o": bits |= mode & 7
      default: break
      }
    }
    return bits
  }
}

extension UInt16 {
  /// Four octal digits, as results show a mode.
  package var octal: String {
    let digits = String(self, radix: 8)
    return String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
  }
}
