import Cloud

/// The list of all servers, asked for once a round for everyone who waits.
actor ServerRounds {
  private let api: any CloudAPI
  private let first: Duration
  private let slowest: Duration
  private let stop: FleetStop
  private var interval: Duration
  private var begun = 0
  private var isRunning = false
  private var failures = 0
  private var waiters: [(round: Int, continuation: CheckedContinuation<Answer, Never>)] = []

  typealias Answer = Result<[Server], CloudError>

  /// - Parameter slowest: the interval grows from a short one to this and, slowly, to twice that.
  init(_ api: any CloudAPI, slowest: Duration = .seconds(3), stop: FleetStop = FleetStop()) {
    self.api = api
    self.stop = stop
    first = min(.milliseconds(250), slowest)
    self.slowest = slowest
    interval = first
  }

  /// What a request that begins after this call is answered.
  ///
  /// - Throws: a final error, or the third failure in a row.
  func next() async throws(CloudError) -> [Server] {
    let wanted = begun + 1
    let answer = await withCheckedContinuation {
      (continuation: CheckedContinuation<Answer, Never>) in
      waiters.append((wanted, continuation))
      pump()
    }
    return try answer.get()
  }

  /// Something new was begun: look at it soon.
  func hurry() { interval = first }

  private func pump() {
    guard !isRunning, !waiters.isEmpty else { return }
    isRunning = true
    Task { await self.round() }
  }

  private func round() async {
    await stop.sleep(interval)
    interval =
      interval < slowest ? min(slowest, interval * 1.5) : min(slowest * 2, interval * 1.05)
    begun += 1
    let number = begun
    let answer: Answer
    do throws(CloudError) {
      answer = .success(try await api.servers())
      failures = 0
    } catch {
      failures += 1
      answer = .failure(error)
    }
    isRunning = false
    if case .failure(let error) = answer, failures < 3, error.kind != .unauthorized {
      pump()
      return
    }
    let ready = waiters.filter { $0.round <= number }
    waiters.removeAll { $0.round <= number }
    for waiter in ready { waiter.continuation.resume(returning: answer) }
    pump()
  }
}
