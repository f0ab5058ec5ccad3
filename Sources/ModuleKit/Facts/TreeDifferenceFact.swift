/// True where two trees of the host differ in names, kinds or contents: what is only in the
/// destination does not count.
package struct TreeDifferenceFact: Fact {
  package let source: String
  package let destination: String

  package init(source: String, destination: String) {
    self.source = source
    self.destination = destination
  }

  package var deadline: Duration { .seconds(600) }

  package static func script(_ batch: [TreeDifferenceFact]) -> ShellScript {
    .lines(batch.map { "omtd_differs \($0.source) \($0.destination)" })
  }

  package func parse(_ line: Substring) -> Bool { line != "same" }

  package func imagined(in overlay: Overlay) -> ImaginedReading<Bool>? { nil }
}
