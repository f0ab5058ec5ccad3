import Diagnostics
import Inventories

/// Finds each setting in the environment and the configuration file and converts it.
struct SettingsReader {
  let file: ConfigFile?
  let environment: [String: String]
  let home: String?
  private(set) var diagnostics = Diagnostics()
  private var used = Set<ConfigFile.Key>()

  init(file: ConfigFile?, environment: [String: String], home: String?) {
    self.file = file
    self.environment = environment
    self.home = home
  }

  /// The names of a setting: environment variables, then `section.key` of the file, first found.
  struct Names {
    var variables: [String]
    var keys: [ConfigFile.Key]

    init(_ variables: String..., keys: String...) {
      self.variables = variables
      self.keys = keys.map { name in
        let parts = name.split(separator: ".", maxSplits: 1)
        return ConfigFile.Key(section: String(parts[0]), name: String(parts.last ?? ""))
      }
    }
  }

  private mutating func find(_ names: Names) -> (text: String, origin: SettingOrigin)? {
    used.formUnion(names.keys)
    for name in names.variables {
      if let text = environment[name] { return (text, .environment(name)) }
    }
    for key in names.keys {
      if let entry = file?.entries[key] {
        return (unquoted(entry.text), .file(entry.location))
      }
    }
    return nil
  }

  // MARK: Types

  mutating func text(_ names: Names, _ standard: String) -> Setting<String> {
    guard let found = find(names) else { return Setting(standard) }
    return Setting(found.text, found.origin)
  }

  mutating func optionalText(_ names: Names) -> Setting<String?> {
    guard let found = find(names), !found.text.isEmpty else { return Setting(nil) }
    return Setting(found.text, found.origin)
  }

  mutating func flag(_ names: Names, _ standard: Bool) -> Setting<Bool> {
    guard let found = find(names) else { return Setting(standard) }
    switch found.text.lowercased() {
    case "y", "yes", "on", "1", "true", "t", "1.0": return Setting(true, found.origin)
    case "n", "no", "off", "0", "false", "f", "0.0", "": return Setting(false, found.origin)
    default:
      complain(.warning, "`\(found.text)` is neither yes nor no; it counts as no", names, found)
      return Setting(false, found.origin)
    }
  }

  mutating func number(_ names: Names, _ standard: Int) -> Setting<Int> {
    let setting = optionalNumber(names)
    return Setting(setting.value ?? standard, setting.origin)
  }

  mutating func optionalNumber(_ names: Names) -> Setting<Int?> {
    guard let found = find(names) else { return Setting(nil) }
    guard let number = Int(found.text.filter { !$0.isWhitespace }) else {
      complain(.error, "expected a whole number, not `\(found.text)`", names, found)
      return Setting(nil)
    }
    return Setting(number, found.origin)
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ names: Names, _ standard: Choice
  ) -> Setting<Choice> where Choice.RawValue == String {
    guard let found = find(names) else { return Setting(standard) }
    guard let choice = Choice(rawValue: found.text) else {
      let all = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      complain(.error, "expected one of \(all), not `\(found.text)`", names, found)
      return Setting(standard)
    }
    return Setting(choice, found.origin)
  }

  /// Words with commas between them.
  mutating func list(_ names: Names) -> Setting<[String]> {
    guard let found = find(names) else { return Setting([]) }
    return Setting(words(found.text, ",").map(unquoted), found.origin)
  }

  mutating func path(_ names: Names) -> Setting<String?> {
    guard let found = find(names), !found.text.isEmpty else { return Setting(nil) }
    return Setting(resolved(found.text, found.origin), found.origin)
  }

  /// Paths with colons, or with commas, between them.
  mutating func paths(
    _ names: Names, separator: Character, _ standard: [String]
  ) -> Setting<[String]> {
    guard let found = find(names) else {
      return Setting(standard.map { resolved($0, .standard) })
    }
    let all = words(found.text, separator).map { resolved($0, found.origin) }
    return Setting(all, found.origin)
  }

  /// The keys of the file that nothing asked for.
  var unusedKeys: [(key: ConfigFile.Key, location: SourceLocation)] {
    (file?.entries ?? [:]).filter { !used.contains($0.key) }
      .map { ($0.key, $0.value.location) }
      .sorted { $0.1 < $1.1 }
  }

  // MARK: Text

  private func words(_ text: String, _ separator: Character) -> [String] {
    text.split(whereSeparator: { $0 == separator || $0.isNewline }).map { part in
      let start = part.drop(while: \.isWhitespace)
      let end = start.lastIndex { !$0.isWhitespace }
      return end.map { String(start[...$0]) } ?? ""
    }.filter { !$0.isEmpty }
  }

  private func unquoted(_ text: String) -> String {
    guard text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'"
    else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// `~`, `$NAME` and `{{CWD}}` written out; a relative path of the file counts from its folder.
  private func resolved(_ text: String, _ origin: SettingOrigin) -> String {
    var path = ""
    var rest = text[...]
    if rest == "~" || rest.hasPrefix("~/"), let home {
      path = home
      rest = rest.dropFirst()
    }
    while let scalar = rest.first {
      if scalar == "$", let (value, length) = variable(rest.dropFirst()) {
        path += value
        rest = rest.dropFirst(1 + length)
      } else if rest.hasPrefix("{{CWD}}") {
        path += Files.workingFolder
        rest = rest.dropFirst(7)
      } else {
        path.append(scalar)
        rest = rest.dropFirst()
      }
    }
    guard case .file(let location) = origin, !path.hasPrefix("/") else { return path }
    return Files.join(Files.parent(location.file), path)
  }

  private func variable(_ rest: Substring) -> (value: String, length: Int)? {
    let isBraced = rest.hasPrefix("{")
    let body = isBraced ? rest.dropFirst() : rest
    let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard !name.isEmpty, let value = environment[String(name)] else { return nil }
    guard isBraced else { return (value, name.count) }
    guard body.dropFirst(name.count).first == "}" else { return nil }
    return (value, name.count + 2)
  }

  private mutating func complain(
    _ severity: Diagnostic.Severity, _ summary: String, _ names: Names,
    _ found: (text: String, origin: SettingOrigin)
  ) {
    let subject: String
    switch found.origin {
    case .environment(let name): subject = name
    default: subject = names.keys.first?.name ?? ""
    }
    diagnostics.add(Diagnostic(severity, "`\(subject)`: \(summary)", at: found.origin.location))
  }
}
