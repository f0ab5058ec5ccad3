import ModuleKit
import Values

// Facts that the host's owner wrote: JSON, INI, or programs that print either.

extension SystemAnswers {
  var local: (facts: ValueMap, warnings: [String]) {
    var all: ValueMap = [:]
    var warnings: [String] = []
    for fact in localFacts {
      let key = Value.string(fact.name)
      if fact.isRun, fact.status != 0 {
        let words = Self.trimmed(String(decoding: fact.output, as: UTF8.self))
        let text =
          fact.status == 124
          ? "\(fact.name).fact took too long"
          : "\(fact.name).fact ended with status \(fact.status): \(words)"
        all[key] = .string(text)
        warnings.append(text)
        continue
      }
      guard let text = String(validating: fact.output, as: UTF8.self) else {
        all[key] = .string("\(fact.name).fact is not UTF-8")
        warnings.append("\(fact.name).fact is not UTF-8")
        continue
      }
      if let value = try? JSON.parse(text, file: fact.name) {
        all[key] = value
      } else if let sections = INIFacts.parse(text) {
        all[key] = .map(sections)
      } else {
        let words = "\(fact.name).fact is neither JSON nor INI"
        all[key] = .string(words)
        warnings.append(words)
      }
    }
    return (["local": .map(all)], warnings)
  }
}

/// The sections of an INI file as Python's `configparser` reads them, without interpolation.
enum INIFacts {
  /// Nil for text that is no INI file.
  static func parse(_ text: String) -> ValueMap? {
    var sections: ValueMap = [:]
    var defaults: ValueMap = [:]
    var section: Value?
    var option: Value?
    func put(_ key: Value, _ value: String) {
      guard let section else { return }
      if section == "DEFAULT" {
        defaults[key] = .string(value)
      } else if case .map(var entries)? = sections[section] {
        entries[key] = .string(value)
        sections[section] = .map(entries)
      }
    }
    func current(_ key: Value) -> String {
      guard let section else { return "" }
      let entries = section == "DEFAULT" ? defaults : sections[section]?.map ?? [:]
      return entries[key]?.string ?? ""
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = SystemAnswers.trimmed(line)
      if bare.isEmpty || bare.hasPrefix("#") || bare.hasPrefix(";") { continue }
      if let option, line.first == " " || line.first == "\t" {
        put(option, current(option) + "\n" + bare)
        continue
      }
      if bare.hasPrefix("["), let close = bare.firstIndex(of: "]") {
        let name = Value.string(String(bare[bare.index(after: bare.startIndex)..<close]))
        if sections[name] != nil { return nil }
        section = name
        option = nil
        if name != "DEFAULT" { sections[name] = .map([:]) }
        continue
      }
      guard section != nil, let mark = bare.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
        return nil
      }
      let key = Value.string(SystemAnswers.trimmed(bare[..<mark]).lowercased())
      put(key, SystemAnswers.trimmed(bare[bare.index(after: mark)...]))
      option = key
    }
    if !defaults.isEmpty {
      for (name, value) in sections {
        sections[name] = .map((value.map ?? [:]).merging(defaults) { own, _ in own })
      }
    }
    return sections
  }
}
