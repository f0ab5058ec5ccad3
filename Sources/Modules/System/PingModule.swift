import Diagnostics
import ModuleKit
import Values

/// `ping`: proves that the host can be reached, logged in to and made to answer.
package struct PingModule: Module {
  package static let specification = Specification(
    "ping", summary: "Proves that the host answers",
    parameters: [Parameter("data", default: "pong")])

  private let data: String

  package init(_ arguments: Arguments) throws(Diagnostic) {
    data = arguments.text("data") ?? "pong"
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    guard try host[AnswerFact()] else { throw .failed("the host did not answer") }
    // Ansible's own switch to see a failure.
    if data == "crash" { throw .failed("asked to fail by `data: crash`") }
    return .done(ModuleResult(changed: false, ["ping": .string(data)]))
  }
}

/// True if the host's shell answers; asked at its task's turn, since an old answer proves nothing.
package struct AnswerFact: Fact {
  package init() {}
  package static var freshness: FactFreshness { .asked }
  package static func script(_ batch: [AnswerFact]) -> ShellScript {
    .lines(batch.map { _ in "echo pong" })
  }
  package func parse(_ line: Substring) -> Bool { line == "pong" }
}
