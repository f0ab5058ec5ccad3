import Diagnostics
import Dispatch
import Fleet

/// Work on machines that a user may interrupt, and what is told when it does not come to its end.
extension Machines {
  /// The first interrupt lets requests under way end; the second ends the program.
  ///
  /// - Throws: what failed, behind the list of what is there now; `ExitStatus` 99 where the work
  ///   was interrupted.
  func carryOut(
    _ run: FleetRun, _ journal: Journal, _ out: Output, _ work: () async -> Diagnostics
  ) async throws {
    let failures = await Self.interruptible(run.stop, work)
    guard failures.hasErrors || run.stop.isMade else { return }
    await sayWhatIsThere(journal)
    guard run.stop.isMade else { throw failures }
    out.show(failures)
    throw ExitStatus(code: 99)
  }

  /// The same for the machines of plays. What fails of machines alone is shown and no end, if plays
  /// follow.
  ///
  /// - Returns: what failed, by the names of machines.
  func carryOut(
    _ run: FleetRun, _ journal: Journal, _ out: Output, goesOn: Bool,
    _ work: () async -> FleetFailures
  ) async throws -> [String: Diagnostic] {
    let failures = await Self.interruptible(run.stop, work)
    var problems = failures.others
    for (_, problem) in failures.machines {
      var problem = problem
      problem.exitCode = 4
      problems.add(problem)
    }
    if failures.others.hasErrors || run.stop.isMade || (!goesOn && problems.hasErrors) {
      let all = problems
      try await carryOut(run, journal, out) { all }
    }
    Terminal.show(problems)
    return Dictionary(failures.machines.map { ($0.name, $0.problem) }, uniquingKeysWith: { $1 })
  }

  static func interruptible<T>(_ stop: FleetStop, _ work: () async -> T) async -> T {
    Platform.ignoreInterrupts(true)
    let source = DispatchSource.makeSignalSource(
      signal: Platform.interruptSignal, queue: .global(qos: .userInteractive))
    source.setEventHandler { @Sendable in
      guard stop.make() else { Platform.end(130) }
      // Not here: a reader that does not read must not keep the second interrupt from coming.
      DispatchQueue.global().async { @Sendable in
        Platform.write(
          "note: interrupted: requests under way are finished first; once more ends at once\n",
          to: 2)
      }
    }
    source.resume()
    let result = await work()
    source.cancel()
    Platform.ignoreInterrupts(false)
    return result
  }

  /// The cloud behind what was done to it. All is made by then: one reply that fails must not keep
  /// hosts from being configured.
  ///
  /// - Throws: what failed thrice, behind the list of what is there as far as it is known.
  func lookBehind(_ journal: Journal) async throws -> CloudSnapshot {
    for _ in 0..<2 {
      do throws(Diagnostics) { return try await snapshot() } catch {
        try await Task.sleep(for: .seconds(1))
      }
    }
    do throws(Diagnostics) { return try await snapshot() } catch {
      await sayWhatIsThere(journal)
      throw error
    }
  }

  /// What the cloud has of the environment, for a run that ends before its time.
  private func sayWhatIsThere(_ journal: Journal) async {
    do throws(Diagnostics) {
      let cloud = try await snapshot()
      let machines = cloud.machines(of: environment.text)
      var state = journal.sum
      for record in state.settled(by: cloud).records { state.take(record) }
      let owned = Destruction.existing(cloud, state.owned, machines.map(\.mark))
      guard !machines.isEmpty || !owned.isEmpty else {
        return say("Environment \(environment): nothing of it is in the cloud.")
      }
      say("Environment \(environment) as it is now:")
      for (server, mark) in machines {
        say("  \(mark.name)  server \(server.id), \(StatusCommand.state(server))")
      }
      for machine in described where !machines.contains(where: { $0.mark.name == machine.name }) {
        say("  \(machine.name)  not created")
      }
      for line in Destruction.lines(owned, cloud) { say("  \(line)") }
      say("The same command goes on with it; `omtd-setup destroy` removes it.")
    } catch {
      let reason = error.all.first?.summary ?? "no reason given"
      say("Environment \(environment): what is there now is not known (\(reason)).")
    }
  }
}
