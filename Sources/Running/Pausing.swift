import ModuleKit
import Playbooks
import Templating
import Values

// `pause`: the one action that waits, for some time or for a person.

extension HostTask {
  /// True where the task will ask on the terminal: nothing else may be drawn there meanwhile.
  var asksOnTerminal: Bool {
    task.module == "pause" && ask != nil && !imagines
      && !task.arguments.contains { ["minutes", "seconds"].contains($0.key.string) }
  }

  /// Waits as a `pause` says, and completes its result.
  ///
  /// In a plan nothing is waited for, and what a person would say is unknown. Without a terminal a
  /// prompt is not waited for.
  func pause(_ outcome: inout ItemOutcome, _ evaluation: Evaluation) async {
    for case .pause(let request) in outcome.effects {
      let start = ContinuousClock.now
      outcome.result.values["start"] = await time(evaluation)
      var input: Value = ""
      if imagines {
        if request.length == nil, ask != nil {
          input = .unknown(Unknown("what is answered to a prompt"))
        }
      } else if let length = request.length {
        if let prompt = request.prompt { emit(.notice(prompt)) }
        try? await Task.sleep(for: length)
      } else if let ask {
        let title = "[\(header.name)]\n"
        let hidden = request.isHidden ? " (hidden)" : ""
        let words = request.prompt ?? "Enter goes on, Ctrl-C ends"
        input = .string(await ask("\(title)\(words)\(hidden): ", request.isHidden) ?? "")
      } else {
        emit(.notice("no terminal: the prompt of `pause` is not waited for"))
      }
      // Time was let pass so that something may change.
      if !imagines { await sessions.forgetAll() }
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      let shown = elapsed / (request.isInMinutes ? 60 : 1)
      let rounded = (shown * 100).rounded() / 100
      outcome.result.values.merge(
        [
          "stop": await time(evaluation), "delta": .int(Int(elapsed)), "user_input": input,
          "stdout": .string(
            "Paused for \(rounded) \(request.isInMinutes ? "minutes" : "seconds")"),
        ]
      ) { $1 }
    }
  }

  private func time(_ evaluation: Evaluation) async -> Value {
    let call = ImpureCall(kind: "now", name: "now", location: task.location)
    let context = LookupContext(
      search: task.search, scope: evaluation.scope, files: program.files,
      playbookDirectory: world.run.playbookDirectory)
    guard case .success(.datetime(let time)) = await program.lookups(call, context) else {
      return .null
    }
    return .string(String(time.isoText.map { $0 == "T" ? " " : $0 }))
  }
}

/// What a `pause` waits for.
struct PauseRequest: Sendable {
  /// Nil waits for a person.
  var length: Duration?
  var prompt: String?
  /// What is typed is not shown.
  var isHidden = false
  var isInMinutes = true
}
