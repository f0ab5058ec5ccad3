import Diagnostics
import ModuleKit
import Modules
import TestKit
import Testing
import Values

/// Runs a module to its end against a shell, as the engine does: asks for what it needs, takes its
/// steps, forgets what it knew, and calls it again.
struct ModuleRun {
  var rounds = 0
  var result: ModuleResult?
  var failure: Failure?
  /// What the steps would be called in a plan, those of all rounds.
  var stepCount = 0
  var asks = 0

  init<M: Module>(
    _ type: M.Type, _ arguments: ValueMap, on shell: ScratchShell, isPlan: Bool = false
  ) throws {
    let module = try M(
      Arguments.check(
        arguments.map { ($0.key.string ?? "", $0.value, nil) }, for: M.specification, at: nil))
    var table = FactTable()
    var overlay = Overlay()
    var outputs: [StepOutput] = []
    while rounds < 12 {
      rounds += 1
      do throws(Interruption) {
        switch try module.plan(HostView(table: table, overlay: overlay, outputs: outputs)) {
        case .done(let result):
          self.result = result
          return
        case .steps(let steps, _):
          stepCount += steps.count
          if !isPlan { table.forgetAll() }
          for step in steps {
            if isPlan {
              overlay.imagine(step)
              if case .run(let run) = step, case .makes(let facts) = run.effect {
                for fact in facts { fact.imagine(in: &table) }
              }
              outputs.append(.known(step.imaginedOutput))
            } else {
              outputs.append(.known(Self.take(step, shell)))
            }
          }
        }
      } catch {
        switch error {
        case .needs(let facts):
          asks += 1
          for batch in batches(facts) {
            guard batch.keep(shell.run(batch.script), in: &table) else {
              failure = Failure("a fact answered in the wrong form: \(batch.facts)")
              return
            }
          }
        case .failed(let failure):
          self.failure = failure
          return
        case .unknown(let reason):
          failure = Failure("unknown: \(reason.reason)")
          return
        }
      }
    }
  }

  private static func take(_ step: Step, _ shell: ScratchShell) -> StepOutput.Known {
    let script = StepScript(step)
    let text = shell.run(
      "omtd_step() {\n\(script: script.script)\n}\nomtd_step\nprintf '|%s' $?", input: script.input)
    let bar = text.lastIndex(of: "|") ?? text.endIndex
    return .init(
      status: Int32(text[bar...].dropFirst()) ?? 99, stdout: Array(text[..<bar].utf8))
  }
}

/// Recorded answers of the real modules.
enum Cases {
  static func text(_ name: String) throws -> String { try Corpus.text("modules/\(name)") }

  static func rows(_ name: String) throws -> [Value] {
    try JSON.parse(text(name)).elements ?? []
  }
}
