import Diagnostics
import Values

/// The levels that take keywords, each with the name that messages use.
enum Level: String {
  case play = "a play"
  case block = "a block"
  case task = "a task"
  case handler = "a handler"
  case include = "an include"
  case role = "a role entry"
  case importPlaybook = "an import of a playbook"

  var words: Set<String> {
    switch self {
    case .play: Vocabulary.play
    case .block: Vocabulary.block
    case .task: Vocabulary.task
    case .handler: Vocabulary.handler
    case .include: Vocabulary.include
    case .role: Vocabulary.role
    case .importPlaybook: Vocabulary.importPlaybook
    }
  }
}

extension SourceEntry {
  /// The key as text; a key that is no text as it would be written.
  var name: String { key.string ?? key.quoted }
}

extension Session {
  /// Takes an entry that every level knows (`when`, `tags`, `vars`, a setting) into the keywords.
  ///
  /// - Returns: false where the entry is none of these.
  func takeInheritable(_ entry: SourceEntry, into keywords: inout Keywords, of level: Level)
    -> Bool
  {
    let value = entry.value
    switch entry.name {
    case "when": keywords.when = conditions(entry)
    case "tags": keywords.tags = tags(value)
    case "vars": keywords.vars = variables(value, of: level)
    default:
      guard let keyword = Keyword(rawValue: entry.name) else { return false }
      if !value.isNull {
        checkLiteral(entry, keyword)
        keywords[keyword] = value
      }
    }
    return true
  }

  /// Takes a keyword of old releases, warning about it.
  func takeRemoved(_ entry: SourceEntry, into keywords: inout Keywords, of level: Level) -> Bool {
    let name = entry.name
    guard let replacement = Vocabulary.removed[name], name != "user" || level == .play else {
      return false
    }
    if name == "always_run" {
      if literalBool(entry.value) != false {
        keywords[.checkMode] = SourceValue(.scalar(.bool(false)), at: entry.value.location)
      }
    } else if let replacement, let keyword = Keyword(rawValue: replacement) {
      if keywords[keyword] == nil { keywords[keyword] = entry.value }
      if name.hasPrefix("su"), !name.hasPrefix("sudo") {
        keywords[.becomeMethod] = SourceValue(.scalar("su"), at: entry.value.location)
      }
    }
    warn(
      "`\(name)` is a keyword of old releases", at: entry.keyLocation, length: name.scalarCount,
      hint: name == "always_run"
        ? "write `check_mode: false`"
        : (replacement ?? nil).map { "write `\($0)`" } ?? "remove it")
    return true
  }

  /// The conditions of `when` and its kin: one, or a list that is and-ed.
  func conditions(_ entry: SourceEntry) -> [SourceValue] {
    let items = entry.value.items ?? (entry.value.isNull ? [] : [entry.value])
    for item in items where item.items != nil || item.entries != nil {
      let isLikelyText = item.entries?.count == 1
      error(
        "a condition of `\(entry.name)` must be an expression, not \(item.kindName)",
        at: item.location,
        hint: isLikelyText ? "quote the whole expression" : nil)
    }
    return items.filter { $0.items == nil && $0.entries == nil }
  }

  func tags(_ value: SourceValue) -> [SourceValue] {
    switch value.content {
    case .list(let items):
      for item in items where item.items != nil || item.entries != nil {
        error("a tag must be a text, not \(item.kindName)", at: item.location, exitCode: 1)
      }
      return items.filter { $0.items == nil && $0.entries == nil && !$0.isNull }
    case .scalar(.null): return []
    case .scalar(.string(let text)) where !value.isTemplate:
      // Commas part the tags of a text, not those of a list's elements.
      return splitTags(text).map { SourceValue(.scalar(.string($0)), at: value.location) }
    case .scalar(.string), .unsafe(.string): return [value]
    default:
      error(
        "`tags` must be a text or a list, not \(value.kindName)", at: value.location, exitCode: 1)
      return []
    }
  }

  /// The variables of a `vars` mapping, their names checked.
  func variables(_ value: SourceValue, of level: Level?) -> [SourceEntry] {
    if value.isNull { return [] }
    guard let entries = value.entries else {
      let place = level.map { " of \($0.rawValue)" } ?? ""
      error("`vars`\(place) must be a mapping, not \(value.kindName)", at: value.location)
      return []
    }
    for entry in entries { checkVariableName(entry.key, at: entry.keyLocation) }
    return entries
  }

  func checkVariableName(_ key: Value, at location: SourceLocation) {
    if let name = key.string, isVariableName(name) { return }
    let shown = key.quoted
    let repaired = String(
      String.UnicodeScalarView(
        shown.unicodeScalars.map { isNameScalar($0) ? $0 : "_" }))
    error(
      "`\(shown)` is not a valid variable name", at: location, length: shown.scalarCount,
      hint: repaired != shown && isVariableName(repaired) ? "use `\(repaired)`" : nil)
  }

  private func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9") ~= scalar)
  }

  /// Reports an unknown word of a level.
  func reportUnknown(_ entry: SourceEntry, of level: Level) {
    let name = entry.name
    let near = suggestion(for: name, among: level.words.sorted())
    error(
      "unknown keyword `\(name)` for \(level.rawValue)", at: entry.keyLocation,
      length: name.scalarCount, hint: near.map { "did you mean `\($0)`?" })
  }

  /// Reports a literal that cannot be the value of that keyword.
  func checkLiteral(_ entry: SourceEntry, _ keyword: Keyword) {
    switch keyword {
    case .anyErrorsFatal, .become, .checkMode, .delegateFacts, .diff, .ignoreErrors,
      .ignoreUnreachable, .noLog, .runOnce:
      checkKeyword(entry, is: .bool)
    case .port, .throttle, .timeout: checkKeyword(entry, is: .int)
    case .debugger:
      checkChoice(entry, ["always", "never", "on_failed", "on_unreachable", "on_skipped"])
    case .environment:
      let parts = entry.value.items ?? [entry.value]
      for part in parts where part.entries == nil && !part.isTemplate && !part.isNull {
        warn(
          "`environment` must be a mapping, not \(part.kindName)", at: part.location,
          length: part.width, hint: "write `NAME: value` under `environment`")
      }
    case .moduleDefaults:
      let parts = entry.value.items ?? [entry.value]
      for part in parts where part.entries == nil && !part.isTemplate {
        error("`module_defaults` must be a mapping, not \(part.kindName)", at: part.location)
      }
    case .becomeExe, .becomeFlags, .becomeMethod, .becomeUser, .connection, .delegateTo,
      .remoteUser:
      checkKeyword(entry, is: .scalar)
    case .collections: break
    }
  }

  func checkKeyword(_ entry: SourceEntry, is kind: ParameterKind) {
    guard let wanted = expectation(of: kind, unmetBy: entry.value) else { return }
    error(
      "`\(entry.name)` must be \(wanted), not \(shown(entry.value))", at: entry.value.location,
      length: entry.value.width)
  }

  /// Reports a size of a batch that is neither a number nor whole percents.
  func checkSerial(_ value: SourceValue) {
    for part in value.items ?? [value] where !part.isTemplate && !part.isNull {
      switch part.plain {
      case .int: continue
      case .string(let text):
        if Int(text.hasSuffix("%") ? String(text.dropLast()) : text) != nil { continue }
      default: break
      }
      error(
        "`serial` must be a number of hosts, or whole percents, not \(shown(part))",
        at: part.location, length: part.width)
    }
  }

  func checkChoice(_ entry: SourceEntry, _ choices: [String]) {
    guard let text = entry.value.text, !entry.value.isTemplate, !choices.contains(text) else {
      return
    }
    let near = suggestion(for: text, among: choices).map { "did you mean `\($0)`?" }
    error(
      "`\(text)` is not a value of `\(entry.name)`", at: entry.value.location,
      length: entry.value.width, hint: near ?? "use one of: \(choices.joined(separator: ", "))")
  }

  /// A literal as messages show it: quoted where it is a scalar, else its kind.
  func shown(_ value: SourceValue) -> String {
    switch value.plain {
    case .string(let text): "`\(firstLine(text))`"
    case .int, .double, .bool: "`\(value.plain.quoted)`"
    default: value.kindName
    }
  }

  private func firstLine(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let line = scalars.prefix { $0 != "\n" }
    return line.count == scalars.count ? text : String(line) + "…"
  }
}

extension String {
  var scalarCount: Int { unicodeScalars.count }
}
