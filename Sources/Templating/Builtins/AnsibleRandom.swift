import CCrypto
import Values

/// Chance. With a seed the result is that of Python's `random.Random(seed)`; without one the
/// engine is asked: `random` for a whole number below its argument, `shuffle` for its argument, a list
/// of indices, in another order.
enum AnsibleRandom {
  static let filters: [Filter] = [
    Filter("random", "start=None, step=None, seed=None") { call in try choose(call) },
    Filter("shuffle", "seed=None") { call in
      var items = try call.elements()
      if let seed = call.optional("seed") {
        var generator = try MersenneTwister(seed: seed)
        for index in stride(from: items.count - 1, to: 0, by: -1) {
          items.swapAt(index, generator.below(index + 1))
        }
        return .list(items)
      }
      let order = try call.evaluator.impure(
        kind: "shuffle", name: "shuffle",
        arguments: [.list(items.indices.map { .int($0) })],
        location: call.location)
      let indices = (order.elements ?? []).compactMap(\.int)
      guard indices.count == items.count, indices.allSatisfy(items.indices.contains) else {
        throw Failure("the engine gave no arrangement of \(items.count) elements")
      }
      return .list(indices.map { items[$0] })
    },
  ]

  /// A salt in the alphabet of `crypt(3)`, of 124 random bits from the engine.
  static func salt(_ count: Int, _ call: DataCall) throws -> String {
    guard (0...1024).contains(count) else { throw Failure("a salt has 0 to 1024 characters") }
    let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    var seed = ""
    for _ in 0..<2 {
      let part = try call.evaluator.impure(
        kind: "random", name: "random", arguments: [.int(1 << 62)], location: call.location)
      seed += "\(part.int ?? 0) "
    }
    var text: [UInt8] = []
    while text.count < count {
      let block = try AnsibleEncoding.digest("sha512", Array("\(seed)\(text.count)".utf8))
      text += block.map { alphabet[Int($0 & 63)] }
    }
    return String(decoding: text.prefix(count), as: UTF8.self)
  }

  private static func choose(_ call: DataCall) throws -> Value {
    if case .int(let end) = call.value {
      let start = call.optional("start") == nil ? 0 : try call.int("start")
      let step = call.optional("step") == nil ? 1 : try call.int("step")
      guard step != 0 else { throw Failure("the step must not be zero") }
      let range = PythonRange(start: start, stop: end, step: step)
      guard range.count > 0 else { throw Failure("the range from \(start) to \(end) is empty") }
      return .int(range.element(try index(below: range.count, call)))
    }
    if call.optional("start") != nil || call.optional("step") != nil {
      throw Failure("start and step can only be used with integer values")
    }
    let items = try call.elements()
    if items.isEmpty { throw Failure("cannot choose from an empty list") }
    return items[try index(below: items.count, call)]
  }

  private static func index(below count: Int, _ call: DataCall) throws -> Int {
    if let seed = call.optional("seed") {
      var generator = try MersenneTwister(seed: seed)
      return generator.below(count)
    }
    let answer = try call.evaluator.impure(
      kind: "random", name: "random", arguments: [.int(count)], location: call.location)
    guard let index = answer.int, (0..<count).contains(index) else {
      throw Failure("the engine gave no number below \(count)")
    }
    return index
  }
}

/// MT19937 (Matsumoto and Nishimura, 1998), seeded as CPython's `random.Random`.
struct MersenneTwister {
  private var state = [UInt32](repeating: 0, count: 624)
  private var index = 624

  /// - Throws: `Failure` for a seed that is neither text nor a whole number.
  init(seed: Value) throws {
    var key: [UInt32]
    switch seed {
    case .string(let text):
      let bytes = Array(text.utf8)
      key = MersenneTwister.words(bytes + (try AnsibleEncoding.digest("sha512", bytes)))
    case .int(let value): key = MersenneTwister.words(value.magnitude)
    case .bool(let flag): key = [flag ? 1 : 0]
    case .bigInt(let value): key = value.magnitude.words.flatMap { MersenneTwister.words($0) }
    default: throw Failure("a seed must be text or an integer, not `\(seed.typeName)`")
    }
    while key.last == 0 { key.removeLast() }
    initialize(key.isEmpty ? [0] : key)
  }

  /// The 32-bit words of a number, the lowest first.
  private static func words(_ number: UInt) -> [UInt32] {
    [UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32)]
  }

  /// The same of a number that is given by its bytes, the highest first.
  private static func words(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: bytes.count, to: 0, by: -4).map { end in
      bytes[max(0, end - 4)..<end].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  private mutating func initialize(_ key: [UInt32]) {
    state[0] = 19_650_218
    for i in 1..<624 {
      state[i] = 1_812_433_253 &* (state[i - 1] ^ state[i - 1] >> 30) &+ UInt32(i)
    }
    var (i, j) = (1, 0)
    for _ in 0..<max(624, key.count) {
      let mixed = state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) &* 1_664_525
      state[i] = mixed &+ key[j] &+ UInt32(j)
      step(&i)
      j = (j + 1) % key.count
    }
    for _ in 0..<623 {
      let mixed = state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) &* 1_566_083_941
      state[i] = mixed &- UInt32(i)
      step(&i)
    }
    state[0] = 0x8000_0000
  }

  private mutating func step(_ i: inout Int) {
    i += 1
    if i >= 624 {
      state[0] = state[623]
      i = 1
    }
  }

  private mutating func next() -> UInt32 {
    if index >= 624 {
      for k in 0..<624 {
        let y = state[k] & 0x8000_0000 | state[(k + 1) % 624] & 0x7FFF_FFFF
        state[k] = state[(k + 397) % 624] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
      }
      index = 0
    }
    var y = state[index]
    index += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9D2C_5680
    y ^= y << 15 & 0xEFC6_0000
    return y ^ y >> 18
  }

  /// A number in `0..<count`; the count is at least 1. Bits are drawn until they are below it.
  mutating func below(_ count: Int) -> Int {
    let width = Int.bitWidth - count.leadingZeroBitCount
    while true {
      var number: UInt64
      if width <= 32 {
        number = UInt64(next() >> UInt32(32 - width))
      } else {
        number = UInt64(next())
        number |= UInt64(next() >> UInt32(64 - width)) << 32
      }
      if number < UInt64(count) { return Int(number) }
    }
  }
}
