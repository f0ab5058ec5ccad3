import Dispatch
import Playbooks
import Running

/// A run with what goes on beside it: the clock of the live view, and interrupts of the keyboard.
enum LiveRun {
  /// What the first interrupt asks for; the second always ends the program.
  enum Interrupt: Sendable {
    /// The task under way is finished, then the recap is printed.
    case finishesTask
    case endsProgram
  }

  static func run(
    _ runner: Runner, _ playbooks: [Playbook], _ out: Output, on interrupt: Interrupt
  ) async -> Recap {
    let source = watch(runner.stop, out, interrupt)
    let ticker = Task {
      while (try? await Task.sleep(for: .milliseconds(100))) != nil { out.tick() }
    }
    out.whenBroken { [stop = runner.stop] in _ = stop.make() }
    var recap = await runner.run(playbooks)
    ticker.cancel()
    out.clear()
    source.cancel()
    Platform.ignoreInterrupts(false)
    if !out.finish(), recap.exitCode == 0 { recap.exitCode = 1 }
    return recap
  }

  private static func watch(
    _ stop: StopRequest, _ out: Output, _ interrupt: Interrupt
  ) -> any DispatchSourceSignal {
    Platform.ignoreInterrupts(true)
    let source = DispatchSource.makeSignalSource(
      signal: Platform.interruptSignal, queue: .global(qos: .userInteractive))
    source.setEventHandler { @Sendable in
      let isFirst = stop.make()
      guard isFirst, case .finishesTask = interrupt else {
        out.clear()
        Platform.end(130)
      }
      // Not here: a reader that does not read must not keep the second interrupt from coming.
      DispatchQueue.global().async { @Sendable in
        out.take(
          .notice("interrupted: the task under way is finished first; once more ends at once"))
      }
    }
    source.resume()
    return source
  }
}
