import FlyingSocks

/// A body that does not come as it should: half of it, slowly, or for ever.
struct PacedBody: AsyncBufferedSequence {
  typealias Element = UInt8

  enum Pace: Sendable, Equatable {
    case half
    /// Bytes a second.
    case slow(Double)
    case endless
  }

  struct CutOff: Error {}

  var bytes: [UInt8]
  var pace: Pace

  func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes[...], pace: pace) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var bytes: ArraySlice<UInt8>
    var pace: Pace
    var isBegun = false

    mutating func next() async throws -> UInt8? {
      try await nextBuffer(suggested: 1)?.first
    }

    mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
      switch pace {
      case .half:
        guard !isBegun else { throw CutOff() }
        isBegun = true
        return bytes.prefix(Swift.max(1, bytes.count / 2))
      case .slow(let rate):
        guard !bytes.isEmpty else { return nil }
        // Ten portions a second, or a byte at a time where that is slower.
        let portion = Swift.max(1, Int(rate / 10))
        try await Task.sleep(for: .seconds(Double(portion) / rate))
        defer { bytes = bytes.dropFirst(portion) }
        return bytes.prefix(portion)
      case .endless:
        defer { bytes = ArraySlice(repeating: UInt8(ascii: " "), count: 65_536) }
        if bytes.isEmpty { bytes = [UInt8(ascii: " ")] }
        return bytes
      }
    }
  }
}
