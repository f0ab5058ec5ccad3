import Diagnostics
import Values

/// A JSON value as requests bring it and replies carry it; keys of objects keep their order.
package indirect enum Wire: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case text(String)
  case list([Wire])
  case object([(String, Wire)])
  /// JSON text that is ready: what was written before and has not changed.
  case ready([UInt8])

  /// - Throws: a fault 400 for bad UTF-8 and bad JSON.
  package static func parse(_ bytes: [UInt8]) throws(APIFault) -> Wire {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .badRequest("Could not decode request body.")
    }
    do throws(Diagnostic) {
      return Wire(try JSON.parse(text))
    } catch {
      throw .badRequest("Could not decode request body as JSON.")
    }
  }

  private init(_ value: Values.Value) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .text(text)
    case .list(let items): self = .list(items.map(Wire.init))
    case .map(let map):
      self = .object(map.map { ($0.key.string ?? "", Wire($0.value)) })
    default: self = .null
    }
  }
}

extension Wire {
  package subscript(key: String) -> Wire? {
    guard case .object(let pairs) = self else { return nil }
    return pairs.last { $0.0 == key }?.1
  }

  package subscript(index: Int) -> Wire? {
    guard case .list(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  package var text: String? { if case .text(let text) = self { text } else { nil } }
  package var int: Int? { if case .int(let number) = self { number } else { nil } }
  package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  package var isNull: Bool { if case .null = self { true } else { false } }
  package var items: [Wire]? { if case .list(let items) = self { items } else { nil } }
  package var pairs: [(String, Wire)]? {
    if case .object(let pairs) = self { pairs } else { nil }
  }
  package var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// An id: a number, or a text that holds one. Everything in this API takes both.
  package var id: Int? {
    switch self {
    case .int(let number): number
    case .text(let text): Int(text)
    default: nil
    }
  }
}

extension Wire: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: Wire...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, Wire)...) { self = .object(elements) }
  package init(nilLiteral: ()) { self = .null }

  init(_ text: String?) { self = text.map(Wire.text) ?? .null }
  init(_ number: Int?) { self = number.map(Wire.int) ?? .null }
}
