@preconcurrency import Glibc
import ModuleKit
import Modules
import Values

/// Runs a module to its end as the engine would: against a shell, a host, or facts that are given.
struct Trial {
  struct Ending {
    var result: ModuleResult?
    var failure: Failure?
    var unknown: Unknown?
    /// How often facts were asked for.
    var asked = 0
    var labels: [String] = []
    var isChanged: Bool { result?.isChanged ?? false }
  }

  enum Mode {
    case apply
    /// Facts are read, steps only imagined.
    case imagine
  }

  /// A command that runs the script in the file `$1` with the standard input of the command.
  let command: String
  var mode = Mode.apply

  static let shells = ["dash \"$1\"", "bash --posix \"$1\"", "busybox sh \"$1\""]

  init(command: String, mode: Mode = .apply) {
    self.command = command
    self.mode = mode
  }

  var imagining: Trial { Trial(command: command, mode: .imagine) }

  func run(_ name: String, _ arguments: KeyValuePairs<String, Value>) throws -> Ending {
    guard let type = Registry.modules.first(where: { $0.specification.name == name }) else {
      throw Failure("no module \(name)")
    }
    let checked = try Arguments.check(
      arguments.map { ($0.key, $0.value, nil) }, for: type.specification, at: nil)
    return run(try type.init(checked))
  }

  func run(_ module: any Module, table start: FactTable = FactTable()) -> Ending {
    var ending = Ending()
    var table = start
    var overlay = Overlay()
    var outputs: [StepOutput] = []
    for _ in 0..<12 {
      let outcome: Outcome
      do throws(Interruption) {
        outcome = try module.plan(HostView(table: table, overlay: overlay, outputs: outputs))
      } catch {
        switch error {
        case .needs(let facts):
          ending.asked += 1
          for batch in batches(facts) {
            let output = execute(batch.script, [])
            if !batch.keep(output.text, in: &table) {
              for fact in batch.facts { table.setUnreadable(fact) }
            }
          }
          continue
        case .failed(let failure): ending.failure = failure
        case .unknown(let reason): ending.unknown = reason
        }
        return ending
      }
      switch outcome {
      case .done(let result):
        ending.result = result
        return ending
      case .steps(let steps, _):
        if case .apply = mode { table = FactTable() }
        for step in steps {
          ending.labels.append(Self.label(step))
          if case .imagine = mode {
            overlay.imagine(step)
            if case .run(let run) = step, case .makes(let facts) = run.effect {
              for fact in facts { fact.imagine(in: &table) }
            }
            outputs.append(.known(step.imaginedOutput))
            continue
          }
          let script = StepScript(step)
          let output = execute(script.script, script.input)
          outputs.append(.known(output))
          if output.status != 0 { break }
        }
      }
    }
    ending.failure = Failure("it does not come to an end")
    return ending
  }

  private static func label(_ step: Step) -> String {
    switch step {
    case .write(let write): "write \(write.path)"
    case .makeDirectory(let path, _): "make \(path)"
    case .setAttributes(let path, _, _): "set \(path)"
    case .remove(let path): "remove \(path)"
    case .link(let path, _, _): "link \(path)"
    case .touch(let path, _, _, _, _): "touch \(path)"
    case .run(let run): run.label
    }
  }

  func execute(_ script: ShellScript, _ input: [UInt8] = []) -> StepOutput.Known {
    var template = Array("/tmp/omtd-trial.XXXXXX".utf8CString)
    let folder = String(cString: mkdtemp(&template))
    defer { for name in ["s", "i", "o", "e", ""] { remove(folder + "/" + name) } }
    write(Array((Prelude.text + script.text + "\n").utf8), folder + "/s")
    write(input, folder + "/i")
    let status = system(
      "set -- \(folder)/s; { \(command); } <\(folder)/i >\(folder)/o 2>\(folder)/e")
    return .init(
      status: status >> 8 & 0xFF, stdout: read(folder + "/o"), stderr: read(folder + "/e"))
  }

  private func write(_ bytes: [UInt8], _ path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  private func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      out += buffer.prefix(count)
    }
    return out
  }
}
