import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// `async` and `poll`: the steps of a task run as a job on its host.

/// The jobs that tasks of this run started and did not wait for.
actor Jobs {
  struct Job: Sendable {
    var module: any Planner
    var seat: HostTask.Seat
    var progress: HostTask.Progress
  }

  private var jobs: [String: Job] = [:]
  /// The machines of those that have not been seen to end.
  private var running: [String: String] = [:]

  func add(_ id: String, _ job: Job) {
    jobs[id] = job
    running[id] = job.seat.machine
  }

  func job(_ id: String) -> Job? { jobs[id] }

  /// - Returns: true the first time.
  func end(_ id: String) -> Bool { running.removeValue(forKey: id) != nil }

  func remove(_ id: String) {
    jobs[id] = nil
    running[id] = nil
  }

  /// What is known of these does not last: something of ours may be changing them.
  var busyMachines: Set<String> { Set(running.values) }
}

extension HostTask {
  /// What `async` and `poll` say.
  struct Background: Sendable {
    var limit: Int
    /// Seconds between two looks; 0 does not wait.
    var poll: Double
  }

  /// Actions that Ansible runs on the controller, or in several parts, and so not as a job.
  static let foregroundOnly: Set<String> = [
    "add_host", "assemble", "assert", "async_status", "copy", "debug", "fail", "fetch",
    "gather_facts", "group_by", "include_vars", "pause", "raw", "reboot", "script", "set_fact",
    "template", "unarchive", "validate_argument_spec", "wait_for_connection",
  ]

  func background(_ evaluator: Evaluator) throws(EvaluationStop) -> Background? {
    func number(_ source: SourceValue?) throws(EvaluationStop) -> Double? {
      guard let source, let value = try evaluator.render(source),
        case .double(let number)? = ParameterType.convert(value.opened, to: .float),
        number.isFinite
      else { return nil }
      return number
    }
    guard let seconds = try number(task.async), seconds >= 1 else { return nil }
    let poll = try number(task.poll) ?? 15
    return Background(limit: Int(min(seconds, 31_536_000)), poll: max(0, min(poll, 86_400)))
  }

  enum BackgroundEnd {
    /// The facts that the steps were planned on no longer hold: nothing was started.
    case stale
    case outputs([StepOutput.Known], path: String, id: String)
    case ended(ItemOutcome)
  }

  /// Starts the steps as a job; waits for it unless `poll` is 0.
  func runInBackground(
    _ scripts: [StepScript], _ background: Background, module: any Planner, reads: [any Fact],
    plannedOn table: FactTable, _ seat: Seat, _ exports: String, isFresh: Bool,
    _ progress: Progress
  ) async throws -> BackgroundEnd {
    let job = BackgroundJob(id: Self.newJobName(), folder: seat.jobFolder)
    let start = job.start(scripts, limit: background.limit)
    guard
      let begun = try await seat.session.take(
        [StepScript(.run(start))], deadline: start.deadline, isFresh: isFresh, basis: reads,
        plannedOn: table, thenAsk: [], identity: seat.identity, exports: exports)
    else { return .stale }
    var item = ItemResult(status: .changed, values: ["ansible_job_id": .string(job.id)])
    item.location = task.location
    guard let output = begun.first, output.status == 0 else {
      item.status = .failed
      item.values["msg"] = "the job could not be started"
      item.values["failed"] = true
      item.values["stderr"] = .string(begun.first?.errorText ?? "")
      return .ended(ItemOutcome(result: item, stepped: progress.stepped))
    }
    let path = String(decoding: output.stdout, as: UTF8.self)
    item.values.merge(
      [
        "changed": true, "failed": false, "started": true, "finished": false,
        "results_file": .string(path),
      ]
    ) { $1 }
    guard background.poll > 0 else {
      await sessions.jobs.add(
        job.id, Jobs.Job(module: module, seat: seat, progress: progress))
      return .ended(ItemOutcome(result: item, stepped: progress.stepped, isOpaque: true))
    }
    return try await wait(for: job, background, seat, exports, item, progress)
  }

  private func wait(
    for job: BackgroundJob, _ background: Background, _ seat: Seat, _ exports: String,
    _ begun: ItemResult, _ progress: Progress
  ) async throws -> BackgroundEnd {
    var item = begun
    item.status = .failed
    item.values["failed"] = true
    for key in ["stdout", "stderr"] {
      item.values[.string(key)] = ""
      item.values[.string(key + "_lines")] = []
    }
    item.values["changed"] = false
    var left = Double(background.limit)
    while left > 0 {
      try? await Task.sleep(for: .milliseconds(Int64(background.poll * 1000)))
      left -= background.poll
      let reading = try await state(of: job, seat, exports)
      switch reading {
      case .running: continue
      case .done(let path, let outputs):
        try await cleanUp(job, seat, exports)
        return .outputs(outputs, path: path, id: job.id)
      case .late:
        try await cleanUp(job, seat, exports)
        item.values["finished"] = true
        item.values["msg"] = "Timeout exceeded"
      case .missing: item.values["msg"] = "could not find job"
      case .unreadable(let words): item.values["msg"] = .string("the job's state is \(words)")
      }
      return .ended(ItemOutcome(result: item, stepped: progress.stepped))
    }
    item.values = [
      "changed": false, "failed": true,
      "msg": .string(
        "async task did not complete within the requested time - \(background.limit)s"),
      "async_result": .map(begun.values),
    ]
    return .ended(ItemOutcome(result: item, stepped: progress.stepped))
  }

  private func state(
    of job: BackgroundJob, _ seat: Seat, _ exports: String
  ) async throws -> JobFact.Reading {
    let fact = JobFact(job)
    let table = try await seat.session.readAgain(
      [fact], identity: seat.identity, exports: exports)
    if case .known(let reading, _)? = table.cell(fact) { return reading }
    return .unreadable("not told")
  }

  private func cleanUp(_ job: BackgroundJob, _ seat: Seat, _ exports: String) async throws {
    _ = try await seat.session.take(
      [StepScript(.run(job.cleanUp))], deadline: .seconds(60), isFresh: false, basis: [],
      plannedOn: FactTable(), thenAsk: [], identity: seat.identity, exports: exports)
  }

  /// `async_status` of a job that this run started: its module reads the output.
  ///
  /// - Returns: nil where the job is not one of ours, is late or has gone.
  func ended(job id: String, _ switches: Switches) async throws -> ItemOutcome? {
    guard let known = await sessions.jobs.job(id) else { return nil }
    let exports = Self.exportText(known.seat.exports)
    let reading = try await state(
      of: BackgroundJob(id: id, folder: known.seat.jobFolder), known.seat, exports)
    guard case .done(let path, let outputs) = reading else {
      if case .running(let path) = reading { return Self.running(id, path) }
      _ = await sessions.jobs.end(id)
      return nil
    }
    var progress = known.progress
    progress.outputs += outputs.map { .known($0) }
    progress.stepped = await sessions.jobs.end(id) ? [ObjectIdentifier(known.seat.session)] : []
    await known.seat.session.forgetAll()
    var plain = switches
    plain.background = nil
    var outcome = await rounds(known.module, known.seat, plain, begun: progress)
    outcome.result.values.merge(Self.jobValues(id, path)) { $1 }
    return outcome
  }

  private static func running(_ id: String, _ path: String) -> ItemOutcome {
    var values = jobValues(id, path)
    values["finished"] = false
    values["changed"] = false
    values["failed"] = false
    for key in ["stdout", "stderr"] {
      values[.string(key)] = ""
      values[.string(key + "_lines")] = []
    }
    return ItemOutcome(result: ItemResult(status: .ok, values: values))
  }

  static func jobValues(_ id: String, _ path: String) -> ValueMap {
    [
      "ansible_job_id": .string(id), "started": true, "finished": true,
      "results_file": .string(path),
    ]
  }

  private static func newJobName() -> String {
    var generator = SystemRandomNumberGenerator()
    let number = UInt64.random(in: 100_000_000_000...999_999_999_999, using: &generator)
    return "j\(number).\(UInt16.random(in: 1000...32_767, using: &generator))"
  }
}
