import BigInt
import Patterns

/// The ways to read a version number.
enum VersionScheme: String, Sendable {
  /// Numbers and words as they come (Python's old `LooseVersion`).
  case loose
  /// `1.2`, `1.2.3`, `1.2b1` (Python's old `StrictVersion`).
  case strict
  /// semver.org 2.0.
  case semver
  case semantic
  /// Python's PEP 440.
  case pep440

  /// - Throws: `Failure` where the text is no version of the scheme.
  func parse(_ text: String) throws -> VersionKey {
    switch self {
    case .loose: try VersionScheme.loose(text)
    case .strict: try VersionScheme.strict(text)
    case .semver, .semantic: try VersionScheme.semantic(text)
    case .pep440: try VersionScheme.pep440(text)
    }
  }

  /// Digits beyond Python's own limit for text count as a word.
  private static func number(_ digits: String?) -> VersionKey.Part {
    guard let digits, digits.utf8.count > 4300 else {
      return .number(digits.flatMap { BigInt($0) } ?? 0)
    }
    return .text(digits)
  }

  private static func loose(_ text: String) throws -> VersionKey {
    let pieces = try matched { try Pattern.compile(#"(\d+|[a-z]+|\.)"#).split(text) }
    return VersionKey(
      groups: [
        pieces.compactMap { piece in
          guard let piece, !piece.isEmpty, piece != "." else { return nil }
          return piece.utf8.allSatisfy { (0x30...0x39).contains($0) } ? number(piece) : .text(piece)
        }
      ],
      ordersKinds: false)
  }

  private static func strict(_ text: String) throws -> VersionKey {
    guard
      let match = try matched({
        try Pattern.compile(#"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?\Z"#, flags: .ascii).match(
          text)
      })
    else { throw Failure("invalid version number '\(text)'") }
    let pre: [VersionKey.Part] =
      match.text(4).map { [.text($0), number(match.text(5))] } ?? [.highest]
    return VersionKey(groups: [(1...3).map { number(match.text($0)) }, pre])
  }

  private static func semantic(_ text: String) throws -> VersionKey {
    let identifier = #"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"#
    let number = #"(0|[1-9]\d*)"#
    guard
      let match = try matched({
        try Pattern.compile(
          #"\#(number)\.\#(number)\.\#(number)(?:-(\#(identifier)(?:\.\#(identifier))*))?"#
            + #"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z"#, flags: .ascii
        ).match(text)
      })
    else { throw Failure("invalid semantic version '\(text)'") }
    let pre: [VersionKey.Part] =
      match.text(4).map { words in
        words.split(separator: ".").map { word in
          word.utf8.allSatisfy { (0x30...0x39).contains($0) }
            ? self.number(String(word)) : .text(String(word))
        }
      } ?? [.highest]
    return VersionKey(groups: [(1...3).map { self.number(match.text($0)) }, pre])
  }

  private static let pep440Pattern =
    #"\s*v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"#
    + #"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]+)?)?"#
    + #"(?P<post>-(?P<post_short>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]+)?)?"#
    + #"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]+)?)?"#
    + #"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*\Z"#

  private static func pep440(_ text: String) throws -> VersionKey {
    guard
      let match = try matched({
        try Pattern.compile(pep440Pattern, flags: [.ignoreCase, .ascii]).match(text)
      })
    else { throw Failure("invalid version '\(text)'") }
    var release = (match.text(named: "release") ?? "").split(separator: ".").map {
      number(String($0))
    }
    while release.last == .number(0) { release.removeLast() }
    let hasPost = match.text(named: "post") != nil
    let hasDev = match.text(named: "dev") != nil
    let pre: [VersionKey.Part] =
      switch match.text(named: "pre")?.lowercased() {
      case "a"?, "alpha"?: [.text("a"), number(match.text(named: "pre_number"))]
      case "b"?, "beta"?: [.text("b"), number(match.text(named: "pre_number"))]
      case nil: [!hasPost && hasDev ? .lowest : .highest]
      default: [.text("rc"), number(match.text(named: "pre_number"))]
      }
    let post = match.text(named: "post_short") ?? match.text(named: "post_number")
    let local = match.text(named: "local")?.lowercased()
    return VersionKey(groups: [
      [number(match.text(named: "epoch"))], release, pre, [hasPost ? number(post) : .lowest],
      [hasDev ? number(match.text(named: "dev_number")) : .highest],
      local.map { words in
        words.split(whereSeparator: { "-_.".contains($0) }).map { word in
          word.utf8.allSatisfy { (0x30...0x39).contains($0) }
            ? [.highest, number(String(word))] : [.lowest, .text(String(word))]
        }.flatMap { $0 }
      } ?? [],
    ])
  }

  private static func matched<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as PatternError {
      throw Failure("the version cannot be read: \(error)")
    }
  }
}

/// A version as lists that compare part by part; a list that ends earlier is less.
struct VersionKey {
  enum Part: Equatable {
    case lowest
    case number(BigInt)
    case text(String)
    case highest

    fileprivate var rank: Int {
      switch self {
      case .lowest: 0
      case .number: 1
      case .text: 2
      case .highest: 3
      }
    }
  }

  var groups: [[Part]]
  /// False where a number and a word cannot be compared at all.
  var ordersKinds = true

  /// Negative, zero or positive as the version is lower than, equal to or higher than the other.
  /// - Throws: `Failure` where a number meets a word and has no order with it.
  func order(_ other: VersionKey) throws -> Int {
    for (left, right) in zip(groups, other.groups) {
      for (a, b) in zip(left, right) where a != b {
        switch (a, b) {
        case (.number(let x), .number(let y)): return x < y ? -1 : 1
        case (.text(let x), .text(let y)):
          return x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1
        default:
          guard ordersKinds else {
            throw Failure("a number and a word stand in the same place, which have no order")
          }
          return a.rank < b.rank ? -1 : 1
        }
      }
      if left.count != right.count { return left.count < right.count ? -1 : 1 }
    }
    return 0
  }
}
