import BigInt
import OrderedCollections

/// A mapping in the order of insertion; keys compare as Python's do (1 == 1.0 == True).
package typealias ValueMap = OrderedDictionary<Value, Value>

/// Any value of the language once it is no longer text in a file: plain data, never a template.
///
/// Text compares, hashes, orders and counts by Unicode scalars, as Python's does.
///
/// What is larger than a string is boxed, so that values are small and most of them need no memory
/// of their own.
package enum Value: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  /// Only for numbers that do not fit `Int`; build it with `Value.integer(_:)`.
  indirect case bigInt(BigInt)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  indirect case date(CalendarDate)
  indirect case datetime(DateTime)
  case list([Value])
  case tuple([Value])
  indirect case map(ValueMap)
  /// A mapping of which some keys are known; any other key is unknown, not undefined.
  indirect case partial(ValueMap, rest: Unknown)
  case secret(Secret)
  case unknown(Unknown)

  /// The smallest representation of an integer.
  package static func integer(_ value: BigInt) -> Value {
    if let small = Int(exactly: value) { .int(small) } else { .bigInt(value) }
  }
}

/// Why a value is not known yet: what only `apply` can tell, or a task that has not run.
package struct Unknown: Hashable, Sendable {
  /// Completes "known after apply: …".
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// A value that never shows: vaulted, `no_log`, a password. What is computed from one is one.
///
/// Only a step's payload or standard input may call `open`.
package final class Secret: Sendable {
  private let value: Value

  package init(_ value: Value) { self.value = value }

  package func open() -> Value { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package static let redacted = "(redacted)"
  package var description: String { Secret.redacted }
  package var debugDescription: String { Secret.redacted }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A day of the proleptic Gregorian calendar, as YAML 1.1 timestamps give it.
package struct CalendarDate: Hashable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }
}

/// A point of time as written: without an offset it is naive, as Python's `datetime`.
package struct DateTime: Hashable, Sendable {
  package var date: CalendarDate
  package var hour: Int
  package var minute: Int
  package var second: Int
  package var microsecond: Int
  /// Seconds east of UTC.
  package var utcOffset: Int?

  package init(
    date: CalendarDate, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0,
    utcOffset: Int? = nil
  ) {
    self.date = date
    self.hour = hour
    self.minute = minute
    self.second = second
    self.microsecond = microsecond
    self.utcOffset = utcOffset
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self = .string(value) }
}
extension Value: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self = .int(value) }
}
extension Value: ExpressibleByBooleanLiteral {
  package init(booleanLiteral value: Bool) { self = .bool(value) }
}
extension Value: ExpressibleByFloatLiteral {
  package init(floatLiteral value: Double) { self = .double(value) }
}
extension Value: ExpressibleByNilLiteral {
  package init(nilLiteral: ()) { self = .null }
}
extension Value: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
}
extension Value: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (Value, Value)...) {
    self = .map(ValueMap(elements, uniquingKeysWith: { $1 }))
  }
}
