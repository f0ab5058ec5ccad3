import OrderedCollections

/// A file of settings as Python's `configparser` reads it.
struct INIText {
  /// By section; a key without a value, where these are allowed, has none.
  private(set) var sections: OrderedDictionary<String, OrderedDictionary<String, String?>> = [:]
  private var defaults: OrderedDictionary<String, String?> = [:]

  struct Options {
    var isCaseSensitive = false
    var allowsNoValue = false
    var interpolates = true
  }
  private let options: Options
  private static let common = "DEFAULT"

  /// - Throws: `Failure` for lines that are no settings, and for what is set twice.
  init(_ text: String, _ options: Options) throws {
    self.options = options
    var section: String?
    var key: String?
    var indent = 0
    var lines: [Substring] = []
    func isSpace(_ character: Character) -> Bool { character.isWhitespace }

    func isKnown(_ name: String, _ place: String) -> Bool {
      place == Self.common ? defaults[name] != nil : sections[place]?[name] != nil
    }
    func set(_ name: String, _ value: String?, _ place: String) {
      if place == Self.common {
        defaults.updateValue(value, forKey: name)
      } else {
        sections[place, default: [:]].updateValue(value, forKey: name)
      }
    }
    func close() {
      guard let name = key, let place = section else { return }
      key = nil
      guard !lines.isEmpty else { return set(name, nil, place) }
      while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
      set(name, lines.joined(separator: "\n"), place)
    }

    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let depth = line.prefix(while: isSpace).count
      var content = line.dropFirst(depth)
      while content.last.map(isSpace) == true { content.removeLast() }
      if content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if content.isEmpty {
        // Within a value an empty line is a part of it.
        if key != nil, !lines.isEmpty { lines.append("") }
        continue
      }
      if key != nil, depth > indent {
        lines.append(content)
        continue
      }
      close()
      indent = depth
      if content.hasPrefix("["), let end = content.lastIndex(of: "]") {
        let name = String(content[content.index(after: content.startIndex)..<end])
        if sections[name] != nil { throw Failure("the section `\(name)` stands twice") }
        if name != Self.common { sections[name] = [:] }
        section = name
        continue
      }
      guard let place = section else { throw Failure("`\(content)` stands in no section") }
      let sign = content.firstIndex { $0 == "=" || $0 == ":" }
      guard sign != nil || options.allowsNoValue else { throw Failure("`\(content)` has no value") }
      var name = content[..<(sign ?? content.endIndex)]
      while name.last.map(isSpace) == true { name.removeLast() }
      guard !name.isEmpty else { throw Failure("`\(content)` has no name") }
      let found = options.isCaseSensitive ? String(name) : name.lowercased()
      if isKnown(found, place) {
        throw Failure("`\(found)` stands twice in the section `\(place)`")
      }
      key = found
      lines = sign.map { [content[content.index(after: $0)...].drop(while: isSpace)] } ?? []
    }
    close()
  }

  /// All of a section, what `[DEFAULT]` gives to each first; nil where there is none.
  func items(of section: String) throws -> OrderedDictionary<String, String?>? {
    guard section == Self.common || sections[section] != nil else { return nil }
    var all = defaults
    for (name, value) in sections[section] ?? [:] { all.updateValue(value, forKey: name) }
    guard options.interpolates else { return all }
    var result: OrderedDictionary<String, String?> = [:]
    for (name, value) in all {
      result.updateValue(try value.map { try written($0, all, 0) }, forKey: name)
    }
    return result
  }

  func key(_ name: String) -> String { options.isCaseSensitive ? name : name.lowercased() }

  /// `%(name)s` and `%%` put in.
  private func written(
    _ text: String, _ all: OrderedDictionary<String, String?>, _ depth: Int
  ) throws -> String {
    guard depth < 10 else { throw Failure("`%(…)s` is nested too deeply") }
    var result = ""
    var rest = text[...]
    while let percent = rest.firstIndex(of: "%") {
      result += rest[..<percent]
      let tail = rest[percent...].dropFirst()
      if tail.hasPrefix("%") {
        result += "%"
        rest = tail.dropFirst()
      } else if tail.hasPrefix("("), let end = tail.firstIndex(of: ")"),
        tail[end...].dropFirst().hasPrefix("s")
      {
        let name = key(String(tail[..<end].dropFirst()))
        guard let value = all[name] else { throw Failure("`%(\(name))s` names nothing") }
        result += try written(value ?? "", all, depth + 1)
        rest = tail[end...].dropFirst(2)
      } else {
        throw Failure("`%` must be followed by `%` or `(`")
      }
    }
    return result + rest
  }
}
