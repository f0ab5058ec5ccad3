import Patterns
import Values

/// Regular expressions in Python's syntax.
enum AnsibleRegex {
  static let filters: [Filter] =
    [
      Filter(
        "regex_replace",
        Signature(
          "pattern='', replacement='', ignorecase=False, multiline=False, count=0, "
            + "mandatory_count=0")
      ) { call in
        let pattern = try compile(call, "pattern")
        let (limit, wanted) = (try call.int("count"), try call.int("mandatory_count"))
        return try reported {
          let (text, count) = try pattern.substitute(
            call.text("replacement"), in: call.valueText, limit: limit)
          if wanted > 0, count != wanted {
            throw Failure(
              "\(call.text("pattern")) should match \(wanted) times, but matches \(count) times")
          }
          return .string(text)
        }
      },
      Filter("regex_findall", "regex, multiline=False, ignorecase=False") { call in
        let pattern = try compile(call, "regex")
        return try reported {
          let found = try pattern.findAll(call.valueText)
          return .list(
            found.map { texts in
              let values = texts.map { Value.string($0) }
              return pattern.groupCount > 1 ? .tuple(values) : values.first ?? ""
            })
        }
      },
      Filter("regex_search", "regex, *groups, **options") { call in try search(call) },
      Filter("regex_escape", "re_type='python'") { call in
        switch call.text("re_type") {
        case "python": return .string(Pattern.escape(call.valueText))
        case "posix_basic": return .string(escapeBasic(call.valueText))
        case "posix_extended": throw Failure("the type `posix_extended` is not known yet")
        default: throw Failure("Invalid regex type (\(call.text("re_type")))")
        }
      },
    ]

  static let tests: [Test] = ["match", "search", "regex"].map { name in
    Test(name, signature) { call in try isMatch(call, name) }
  }

  private static let signature: Signature =
    "pattern='', ignorecase=False, multiline=False, match_type='search'"

  private static func isMatch(_ call: DataCall, _ name: String) throws -> Bool {
    let pattern = try compile(call, "pattern")
    return try reported {
      switch name == "regex" ? call.text("match_type") : name {
      case "match": try pattern.match(call.valueText) != nil
      case "fullmatch": try pattern.fullMatch(call.valueText) != nil
      default: try pattern.search(call.valueText) != nil
      }
    }
  }

  /// The text of the match, or a list of the groups that were asked for; null without a match.
  private static func search(_ call: DataCall) throws -> Value {
    var flags = PatternFlags()
    for (name, value) in call.keywords {
      switch name {
      case "ignorecase": if value.isTrue { flags.insert(.ignoreCase) }
      case "multiline": if value.isTrue { flags.insert(.multiline) }
      default: throw Failure("has no parameter `\(name)`")
      }
    }
    let groups = try call.rest.map { try GroupReference($0) }
    return try reported {
      let pattern = try Pattern.compile(call.text("regex"), flags: flags)
      guard let match = try pattern.search(call.valueText) else { return .null }
      if groups.isEmpty { return .string(match.text() ?? "") }
      return .list(
        try groups.map { reference in
          guard let group = reference.number(in: pattern) else { throw Failure("no such group") }
          return match.text(group).map { .string($0) } ?? .null
        })
    }
  }

  /// `\1` or `\g<name>`.
  private enum GroupReference {
    case numbered(Int)
    case named(String)

    init(_ argument: Value) throws {
      guard let text = argument.string else { throw Failure("Unknown argument") }
      if text.hasPrefix("\\g") {
        let name = text.dropFirst(3).prefix { $0 != ">" }
        guard text.hasPrefix("\\g<"), text.contains(">"), !name.isEmpty else {
          throw Failure("malformed reference to a group: `\(text)`")
        }
        self = Int(name).map { .numbered($0) } ?? .named(String(name))
      } else if text.hasPrefix("\\") {
        guard let number = Int(text.dropFirst().prefix { ("0"..."9").contains($0) }) else {
          throw Failure("malformed reference to a group: `\(text)`")
        }
        self = .numbered(number)
      } else {
        throw Failure("Unknown argument")
      }
    }

    func number(in pattern: Pattern) -> Int? {
      switch self {
      case .numbered(let number): (0...pattern.groupCount).contains(number) ? number : nil
      case .named(let name): pattern.group(named: name)
      }
    }
  }

  private static func compile(_ call: DataCall, _ parameter: String) throws -> Pattern {
    var flags = PatternFlags()
    if call.bool("ignorecase") { flags.insert(.ignoreCase) }
    if call.bool("multiline") { flags.insert(.multiline) }
    return try reported { try Pattern.compile(call.text(parameter), flags: flags) }
  }

  /// The body's result, its pattern errors as failures.
  private static func reported<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as PatternError {
      throw Failure("bad regular expression: \(error)")
    }
  }

  private static func escapeBasic(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if "].[^$*\\".unicodeScalars.contains(scalar) { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }
}
