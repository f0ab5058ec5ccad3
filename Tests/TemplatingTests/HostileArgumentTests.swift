import BigInt
import Diagnostics
import OrderedCollections
import Templating
import Testing
import Values

@Suite struct HostileArgumentTests {
  static let values: [Value] = [
    .null, .bool(true), 0, -1, 3, .int(.max), .int(.min), .integer(BigInt(2).power(80)), 1.5,
    .double(.nan), .double(.infinity), "", "a", "é☃\u{0}", "%s%d", "(", "\\g<", "5", "1.0",
    .bytes([0xFF]), .list([]), [1, "a", nil], [[1, 2], [3]], [:], ["a": 1, "key": 2, "value": []],
    .tuple([1]), .date(CalendarDate(year: 1, month: 1, day: 1)),
  ]

  @Test("no filter or test traps, whatever it is given")
  func allBuiltins() {
    let environment = Environment.ansible
    let evaluator = Evaluator(environment: environment, scope: VariableTable())
    var count = 0
    for value in Self.values {
      for name in Set(AnsibleBuiltins.filters.map(\.name)).sorted() {
        for arguments in Self.arguments(for: name) {
          _ = try? evaluator.applyFilter(name, to: RuntimeValue(value), arguments)
          count += 1
        }
      }
      for name in Set(AnsibleBuiltins.tests.map(\.name)).sorted() {
        for arguments in Self.arguments(for: name) {
          _ = try? evaluator.applyTest(name, to: RuntimeValue(value), arguments)
          count += 1
        }
      }
    }
    #expect(count > 10_000)
  }

  @Test("no lookup traps, whatever its terms")
  func allLookups() {
    let environment = Environment.ansible
    let names = environment.lookups.keys.sorted()
    for name in names {
      for first in Self.values {
        for second in Self.values.prefix(20) {
          let scope = VariableTable(values: ["a": first, "b": second])
          for expression in ["a", "a, b", "a, b, default=a", "a, start=b", "count=a, format=b"] {
            let place = SourceLocation(file: "case", line: 1, column: 1)
            let text = "{{ query('\(name)', \(expression)) }}"
            let source = SourceValue(.scalar(.string(text)), at: place)
            _ = try? Evaluator(environment: environment, scope: scope).render(source)
          }
        }
      }
    }
    #expect(names.count >= 12)
  }

  /// None, each value alone, and each value twice. Hashing of passwords is slow by design.
  private static func arguments(for name: String) -> [CallArguments] {
    if name == "password_hash" || name == "vault" { return [CallArguments()] }
    return [CallArguments()]
      + values.flatMap { value in
        [
          CallArguments([RuntimeValue(value)]),
          CallArguments([RuntimeValue(value), RuntimeValue(value)]),
          CallArguments([.string("a"), RuntimeValue(value), RuntimeValue(value)]),
        ]
      }
  }
}
