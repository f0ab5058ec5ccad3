import Values

/// The filters of Jinja2 itself, gathered from the files by subject.
enum JinjaFilters {
  static let all: [Filter] =
    JinjaTextFilters.all + JinjaMarkupFilters.all + JinjaNumberFilters.all
    + JinjaSequenceFilters.all + JinjaSelectionFilters.all + JinjaLayoutFilters.all
}

extension Call where Payload == RuntimeValue {
  /// The piped value as text.
  func input() throws -> String { try evaluator.text(of: value) }

  /// A result that is safe text where the piped value was.
  func alike(_ text: String) -> RuntimeValue {
    if case .markup = value { .markup(text) } else { .string(text) }
  }

  /// The argument as an integer, or nil where it is none.
  func optionalInt(_ parameter: String) throws -> Int? {
    self[parameter].isNull ? nil : try int(parameter)
  }
}

/// How filters reach into elements: `attribute='a.0.b'`.
struct AttributePath {
  private let parts: [RuntimeValue]

  init(_ attribute: RuntimeValue) {
    switch attribute {
    case .string(let text), .markup(let text):
      parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
        Int(part).flatMap { $0 >= 0 ? RuntimeValue.int($0) : nil } ?? .string(String(part))
      }
    case .null: parts = []
    default: parts = [attribute]
    }
  }

  func value(
    of item: RuntimeValue, _ evaluator: Evaluator, otherwise fallback: RuntimeValue? = nil
  ) throws -> RuntimeValue {
    var value = item
    for part in parts {
      value = try evaluator.item(part, of: value)
      if case .undefined = value, let fallback { value = fallback }
    }
    return value
  }
}

/// The value with letters in lower case where it is text.
func ignoringCase(_ value: RuntimeValue) -> RuntimeValue {
  value.string.map { .string($0.lowercased()) } ?? value
}
