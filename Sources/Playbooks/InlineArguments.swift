import Diagnostics
import Values
import YAMLReader

/// The arguments of an action, from all the forms in which they are written.
struct ActionArguments {
  var entries: [SourceEntry] = []
  var freeForm: SourceValue?
  var template: SourceValue?
  /// There is free text that the module does not take.
  var hasStrayText = false
  /// They could not be read, which has been reported: nothing more is to be said of them.
  var areBroken = false

  func contains(_ name: String) -> Bool { self[name] != nil }

  subscript(name: String) -> SourceValue? { entries.first { $0.name == name }?.value }

  /// Adds what is not named yet.
  mutating func addMissing(_ others: [SourceEntry]) {
    for entry in others where !contains(entry.name) { entries.append(entry) }
  }
}

extension Session {
  /// Reads what stands under an action's name: a mapping, `k=v` words, a free-form text.
  ///
  /// Values of words are strings.
  func arguments(_ value: SourceValue, of action: String, takesCommand: Bool) -> ActionArguments {
    switch value.content {
    case .scalar(.null): return ActionArguments()
    case .map(let entries):
      for entry in entries where entry.key.string == nil {
        error(
          "a parameter of `\(action)` must be named by a text, not \(entry.key.kindName)",
          at: entry.keyLocation)
      }
      return ActionArguments(entries: entries.filter { $0.key.string != nil })
    case .scalar(.string(let text)):
      return inlineArguments(text, of: value, action: action, takesCommand: takesCommand)
    default:
      error(
        "the arguments of `\(action)` must be a mapping or a text, not \(value.kindName)",
        at: value.location)
      return ActionArguments(areBroken: true)
    }
  }

  private func inlineArguments(
    _ text: String, of value: SourceValue, action: String, takesCommand: Bool
  ) -> ActionArguments {
    let parsed: KeyValueArguments
    do throws(Diagnostic) {
      parsed = try KeyValue.parse(text, isCommand: takesCommand, at: value.location)
    } catch {
      var fault = error
      fault.exitCode = 4
      add(fault)
      return ActionArguments(areBroken: true)
    }
    var result = ActionArguments()
    for option in parsed.options {
      let place = value.place(ofOption: option.name)
      let key = SourceValue(.scalar(.string(option.name)), at: place.name)
      result.entries.append(
        SourceEntry(
          key: .string(option.name), keyLocation: key.location,
          value: SourceValue(.scalar(.string(option.text)), at: place.value)))
    }
    if let rest = parsed.freeForm {
      let isWhole = parsed.options.isEmpty && rest == text
      let freeForm =
        isWhole ? value : SourceValue(.scalar(.string(rest)), at: value.place(ofWord: rest))
      if takesCommand || Vocabulary.takesText.contains(action) {
        result.freeForm = freeForm
      } else if freeForm.isTemplate {
        result.template = freeForm
      } else {
        result.freeForm = freeForm
        result.hasStrayText = true
      }
    }
    return result
  }

  private func isYes(_ text: String) -> Bool { ["yes", "true"].contains(text.lowercased()) }
}

extension SourceValue {
  /// The place in the file of an offset, in scalars, into the value's text.
  func place(atOffset offset: Int) -> SourceLocation {
    text.map { style.place(ofOffset: offset, in: $0, at: location) } ?? location
  }

  /// Where `name=` stands in the value's text, and where its value starts.
  func place(ofOption name: String) -> (name: SourceLocation, value: SourceLocation) {
    guard let text, let offset = offset(of: Array("\(name)=".unicodeScalars), in: text) else {
      return (location, location)
    }
    return (place(atOffset: offset), place(atOffset: offset + name.scalarCount + 1))
  }

  /// Where the first word of a part of the value's text stands.
  func place(ofWord part: String) -> SourceLocation {
    let word = Array(part.unicodeScalars.prefix { $0 != " " && $0 != "\n" })
    guard let text, let offset = offset(of: word, in: text) else { return location }
    return place(atOffset: offset)
  }

  /// The offset of a word's start, where it begins the text or follows a space.
  private func offset(of word: [Unicode.Scalar], in text: String) -> Int? {
    let scalars = Array(text.unicodeScalars)
    guard !word.isEmpty, scalars.count >= word.count else { return nil }
    return (0...(scalars.count - word.count)).first { start in
      let isWordStart = start == 0 || scalars[start - 1] == " " || scalars[start - 1] == "\n"
      return isWordStart && scalars[start..<(start + word.count)].elementsEqual(word)
    }
  }
}
