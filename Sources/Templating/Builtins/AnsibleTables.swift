import Diagnostics
import Patterns
import Values
import YAMLReader

/// `ini` and `csvfile`: values looked up in a file of the controller, which the engine reads.
enum AnsibleTables {
  static let lookups: [Lookup] = [Lookup("ini", data: ini), Lookup("csvfile", data: csv)]

  // MARK: ini

  private static let iniOptions: Set<String> = [
    "type", "file", "section", "re", "encoding", "default", "case_sensitive", "allow_no_value",
    "allow_none", "interpolation",
  ]

  private static func ini(_ call: DataCall) throws -> [Value] {
    try call.rest.flatMap { term in
      var options: [String: Value] = [:]
      for (name, value) in call.keywords { options[name] = value }
      var key = ""
      var last: String?
      for word in term.pythonText.split(whereSeparator: \.isWhitespace) {
        let sign = word.firstIndex(of: "=")
        if let sign, iniOptions.contains(String(word[..<sign])) {
          last = String(word[..<sign])
          options[last ?? ""] = .string(String(word[sign...].dropFirst()))
        } else if let name = last {
          options[name] = .string((options[name]?.string ?? "") + " " + word)
        } else {
          key += (key.isEmpty ? "" : " ") + word
        }
      }
      let isProperties = options["type"]?.string == "properties"
      let text = try file(options["file"], "ansible.ini", call)
      let read = INIText.Options(
        isCaseSensitive: flag(options["case_sensitive"]) ?? false,
        allowsNoValue: flag(options["allow_no_value"] ?? options["allow_none"]) ?? false,
        interpolates: flag(options["interpolation"]) ?? true)
      let section = isProperties ? "properties" : options["section"]?.pythonText ?? "global"
      let content = try INIText(isProperties ? "[properties]\n" + text.shown : text.shown, read)
      guard let items = try content.items(of: section) else {
        throw Failure("no section `\(section)` in the file")
      }
      if flag(options["re"]) ?? false {
        let pattern = try compiled(key)
        return try items.filter { try pattern.match($0.key) != nil }
          .map { text.value($0.value ?? "") }
      }
      guard let found = items[content.key(key)] else { return [options["default"] ?? ""] }
      return found.map { [text.value($0)] } ?? []
    }
  }

  private static func compiled(_ text: String) throws -> Pattern {
    do {
      return try Pattern.compile(text)
    } catch {
      throw Failure("bad regular expression: \(error)")
    }
  }

  // MARK: csvfile

  private static func csv(_ call: DataCall) throws -> [Value] {
    try call.rest.flatMap { term -> [Value] in
      var options: [String: Value] = [:]
      for (name, value) in call.keywords { options[name] = value }
      let written: KeyValueArguments
      do {
        written = try KeyValue.parse(term.pythonText, at: call.location)
      } catch let fault as Diagnostic {
        throw Failure(fault.summary)
      }
      guard let key = written.freeForm, !key.isEmpty else {
        throw Failure("needs the key to search for")
      }
      for option in written.options { options[option.name] = .string(option.text) }
      let sign = options["delimiter"]?.pythonText ?? "TAB"
      let delimiter = sign == "TAB" || sign == "\\t" ? "\t" : sign
      guard delimiter.unicodeScalars.count == 1, let separator = delimiter.unicodeScalars.first
      else { throw Failure("`delimiter` must be one character, not `\(delimiter)`") }
      let text = try file(options["file"], "ansible.csv", call)
      let (keyColumn, column) = (try index(options["keycol"], 0), try index(options["col"], 1))
      for row in CSVText.rows(text.shown, separator: separator) where !row.isEmpty {
        guard keyColumn < row.count else { throw Failure("a row has no column \(keyColumn)") }
        guard row[keyColumn] == key else { continue }
        guard column < row.count else {
          throw Failure("the row of `\(key)` has no column \(column)")
        }
        return [text.value(row[column])]
      }
      return options["default"].map { [$0] } ?? []
    }
  }

  private static func index(_ value: Value?, _ standard: Int) throws -> Int {
    guard let value else { return standard }
    guard let number = value.int ?? Int(value.pythonText), number >= 0 else {
      throw Failure("a column is a number from 0, not `\(value.pythonText)`")
    }
    return number
  }

  private static func flag(_ value: Value?) -> Bool? {
    value.flatMap { $0.asBoolean }
  }

  // MARK: The file

  /// A file's text; what is taken of a secret one is secret.
  private struct Text {
    let shown: String
    let isSecret: Bool

    func value(_ part: String) -> Value {
      isSecret ? .secret(Secret(.string(part))) : .string(part)
    }
  }

  private static func file(_ name: Value?, _ standard: String, _ call: DataCall) throws -> Text {
    let answer = try call.evaluator.impure(
      kind: "lookup", name: "file", arguments: [.string(name?.pythonText ?? standard)],
      options: ["lstrip": false, "rstrip": false], location: call.location)
    let first = answer.elements?.first ?? answer
    let isSecret = if case .secret = first { true } else { false }
    return Text(shown: first.opened.string ?? "", isSecret: isSecret)
  }
}

/// Rows of a table as text, as Python's `csv` reads them.
enum CSVText {
  static func rows(_ text: String, separator: Unicode.Scalar) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = String.UnicodeScalarView()
    var isQuoted = false
    var isAtStart = true
    var isInRow = false
    let scalars = Array(text.unicodeScalars)
    var position = 0
    func peek() -> Unicode.Scalar? {
      position + 1 < scalars.count ? scalars[position + 1] : nil
    }
    func endField() {
      row.append(String(field))
      field = String.UnicodeScalarView()
      isAtStart = true
    }
    while position < scalars.count {
      let scalar = scalars[position]
      if isQuoted {
        if scalar != "\"" {
          field.append(scalar)
        } else if peek() == "\"" {
          field.append("\"")
          position += 1
        } else {
          isQuoted = false
        }
      } else if scalar == "\n" || scalar == "\r" {
        if scalar == "\r", peek() == "\n" { position += 1 }
        if isInRow { endField() }
        rows.append(row)
        row = []
        isInRow = false
      } else {
        isInRow = true
        if scalar == separator {
          endField()
        } else {
          if scalar == "\"", isAtStart { isQuoted = true } else { field.append(scalar) }
          isAtStart = false
        }
      }
      position += 1
    }
    if isInRow {
      endField()
      rows.append(row)
    }
    return rows
  }
}
