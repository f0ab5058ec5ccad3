import BigInt
import Testing
import Values

@Suite struct ValueTests {
  static let equal: [(Value, Value)] = [
    (1, 1.0), (1, true), (0, false),
    (["a": 1, "b": 2], ["b": 2, "a": 1]), (.list([1]), .list([true])),
    (.double(1e20), .bigInt(BigInt(10).power(20))),
  ]
  @Test(arguments: equal) func equalAsInPython(a: Value, b: Value) {
    #expect(a == b)
    #expect(a.hashValue == b.hashValue)
  }

  static let different: [(Value, Value)] = [
    ("1", 1), (nil, false), (.list([1]), .tuple([1])), ("\u{E9}", "e\u{301}"), (1, 1.5),
  ]
  @Test(arguments: different) func differentAsInPython(a: Value, b: Value) {
    #expect(a != b)
  }

  @Test func aSecretNeverShows() {
    let secret = Value.secret(Secret("hunter2"))
    #expect(!"\(secret)".contains("hunter2"))
    #expect(!String(reflecting: secret).contains("hunter2"))
    var text = ""
    dump(secret, to: &text)
    #expect(!text.contains("hunter2"))
  }

  @Test func findsUnknownsAndSecretsInside() {
    let value: Value = ["a": [1, .unknown(Unknown("later"))]]
    #expect(value.firstUnknown?.reason == "later")
    #expect(!value.containsSecret)
    #expect(Value.list([.secret(Secret(1))]).containsSecret)
  }
}
