/// What comes on one stream up to a line that begins with a marker.
struct MarkedOutput {
  /// Begins with a line feed, so that output without a final one ends right.
  private let marker: [UInt8]
  private let limit: Int
  /// The bytes before the marker, at most `limit`.
  private(set) var kept: [UInt8] = []
  private(set) var isTruncated = false
  /// What stands between the marker and the end of its line, once that has come.
  private(set) var trailer: [UInt8]?
  /// Bytes that may still turn out to be the marker.
  private var undecided: [UInt8] = []

  /// A line after the marker longer than this is not one of ours.
  static let trailerLimit = 8192

  init(nonce: String, limit: Int) {
    marker = Array(("\n" + nonce).utf8)
    self.limit = limit
  }

  var isComplete: Bool { trailer != nil }
  /// A marker was seen whose line does not end.
  var isBroken: Bool { undecided.count > Self.trailerLimit + marker.count }

  /// Takes bytes; returns what follows the marker's line once that is complete.
  mutating func append(_ bytes: [UInt8]) -> [UInt8]? {
    undecided += bytes
    guard let start = Bytes.firstIndex(of: marker, in: undecided) else {
      // Only a beginning of the marker has to wait.
      let rest = min(undecided.count, marker.count - 1)
      keep(undecided.prefix(undecided.count - rest))
      undecided.removeFirst(undecided.count - rest)
      return nil
    }
    let after = start + marker.count
    guard let end = undecided[after...].firstIndex(of: UInt8(ascii: "\n")) else {
      keep(undecided[..<start])
      undecided.removeFirst(start)
      return nil
    }
    keep(undecided[..<start])
    trailer = Array(undecided[after..<end])
    let rest = Array(undecided[(end + 1)...])
    undecided = []
    return rest
  }

  /// All that came before a marker did, for reports on what was cut short.
  var soFar: [UInt8] { kept + undecided.prefix(max(0, limit - kept.count)) }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    let room = limit - kept.count
    if bytes.count > room { isTruncated = true }
    if room > 0 { kept += bytes.prefix(room) }
  }
}
