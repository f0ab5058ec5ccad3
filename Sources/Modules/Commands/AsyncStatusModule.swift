import Diagnostics
import ModuleKit
import Values

/// `async_status`: how a job of `async` stands. What a job of the same run was for, and so what its
/// output means, the engine remembers; here it is told as it is.
package struct AsyncStatusModule: Module {
  package static let specification = Specification(
    "async_status", summary: "How a job in the background stands",
    parameters: [
      Parameter("jid", isRequired: true),
      Parameter("mode", default: "status", choices: ["status", "cleanup"]),
      // The engine's: where the jobs of the host are.
      Parameter("_async_dir"),
    ], effect: .opaque)

  private let job: BackgroundJob
  private let cleansUp: Bool

  package init(_ arguments: Arguments) throws(Diagnostic) {
    let id = try arguments.requiredText("jid")
    guard !id.isEmpty, !id.contains("/"), id != ".", id != ".." else {
      throw .error("`\(id)` is no id of a job", at: arguments.location)
    }
    job = BackgroundJob(id: id, folder: arguments.text("_async_dir"))
    cleansUp = arguments.text("mode") == "cleanup"
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    var values: ValueMap = [
      "ansible_job_id": .string(job.id), "stdout": "", "stderr": "",
    ]
    if cleansUp, let output = try host.output(0) {
      values["erased"] = .string(String(decoding: output.stdout, as: UTF8.self))
      values["started"] = false
      values["finished"] = false
      return .done(ModuleResult(changed: false, values))
    }
    let reading = try host[JobFact(job)]
    values["started"] = true
    values["finished"] = true
    if let path = reading.path { values["results_file"] = .string(path) }
    switch reading {
    case .missing: throw .failed("could not find job", values)
    case .unreadable(let words): throw .failed("could not read the job: \(words)", values)
    case .running where !cleansUp:
      values["finished"] = false
      return .done(ModuleResult(changed: false, values))
    case .late where !cleansUp: throw .failed("Timeout exceeded", values)
    case .done(_, let outputs) where !cleansUp:
      return .done(ModuleResult(changed: true, values.merging(Self.told(outputs)) { $1 }))
    default: return .steps([.run(job.cleanUp)])
    }
  }

  private static func told(_ outputs: [StepOutput.Known]) -> ValueMap {
    guard let last = outputs.last else { return [:] }
    func text(_ bytes: [UInt8]) -> Value {
      var text = String(decoding: bytes, as: UTF8.self).unicodeScalars
      while text.last == "\n" || text.last == "\r" { text.removeLast() }
      return .string(String(text))
    }
    return [
      "rc": .int(Int(last.status)), "stdout": text(last.stdout), "stderr": text(last.stderr),
    ]
  }
}
