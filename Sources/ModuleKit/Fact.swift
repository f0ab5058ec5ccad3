import Values

/// Something that can be read off a host without changing it: a small value that is equal to
/// another exactly if both are read by the same words.
package protocol Fact: Hashable, Sendable {
  associatedtype Reading: Sendable

  /// One fragment of POSIX `sh` that reads the whole batch: one answer for each fact, in order, on
  /// standard output, whatever happens. An answer is a line, where `answers` does not say otherwise,
  /// and ends by a line feed. Binary data is written as base 64.
  static func script(_ batch: [Self]) -> ShellScript
  /// What the fragment printed, parted into the answers of its facts, each without the line feed
  /// at its end.
  static func answers(in output: String) -> [Substring]
  /// The reading of one answer. A way to fail is a value of `Reading`, raised only by who reads it.
  func parse(_ line: Substring) -> Reading
  /// Its fragment never ends the shell, and changes nothing in it but variables of ours: it needs
  /// no process of its own.
  static var isContained: Bool { get }
  /// When it may be asked.
  static var freshness: FactFreshness { get }
  /// Its fragment waits on the host until something is so.
  static var polls: Bool { get }
  /// What the plan's imagined effects say of it; nil where they say nothing.
  func imagined(in overlay: Overlay) -> ImaginedReading<Reading>?
  /// The reading of a host with imagined changes of attributes laid over it.
  func adjusted(_ reading: Reading, by overlay: Overlay) -> Reading
  /// What a cheaper fact tells of it.
  func told(in view: HostView) -> ToldReading<Reading>
  /// The line without what changes by being read: equal for two readings of the same state.
  func steady(_ line: String) -> String
  /// How long reading one of them may take on a host.
  var deadline: Duration { get }
}

/// Whether one fact follows from another, so that the host need not read both.
package enum ToldReading<Reading: Sendable>: Sendable {
  case nothing
  /// It may follow from this one, which is to be read first.
  case needs(any Fact)
  case reading(Reading, from: any Fact)
}

package enum FactFreshness: Sendable {
  /// Kept until something may have changed it, and fetched ahead.
  case local
  /// Read at its task's turn, every time: network, polling, what may write or take a second.
  case asked
}

package enum ImaginedReading<Reading: Sendable>: Sendable {
  case known(Reading)
  case unknown(Unknown)
}

extension Fact {
  package static func answers(in output: String) -> [Substring] {
    var lines = output.split(ascii: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines
  }
  package static var isContained: Bool { false }
  package static var freshness: FactFreshness { .local }
  package static var polls: Bool { false }
  package func imagined(in overlay: Overlay) -> ImaginedReading<Reading>? { nil }
  package func adjusted(_ reading: Reading, by overlay: Overlay) -> Reading { reading }
  package func told(in view: HostView) -> ToldReading<Reading> { .nothing }
  package func steady(_ line: String) -> String { line }
  package var deadline: Duration { .seconds(30) }
}

/// Why a plan stopped. The engine mends it and calls again.
package enum Interruption: Error, Sendable {
  case needs([any Fact])
  case unknown(Unknown)
  case failed(Failure)

  package static func failed(_ message: String, _ values: ValueMap = [:]) -> Interruption {
    .failed(Failure(message, values))
  }
}

/// A module's own way to fail: the `msg` of the result and what else it tells.
package struct Failure: Error, Sendable {
  package var message: String
  package var values: ValueMap

  package init(_ message: String, _ values: ValueMap = [:]) {
    self.message = message
    self.values = values
  }
}
