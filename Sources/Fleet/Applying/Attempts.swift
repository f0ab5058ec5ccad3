import Cloud

/// The tries of one request that makes something which can carry no mark.
struct Attempts {
  private let count: Int
  private var made = 0
  private var last: CloudError?
  /// The intent of the last request that may have been carried out, or may yet be, without an
  /// answer.
  private(set) var open: String?

  init(count: Int) { self.count = count }

  /// Waits, longer each time; false where another try makes no sense, or where the run is ended.
  mutating func next(_ stop: FleetStop) async -> Bool {
    guard made < count else { return false }
    if let last {
      guard last.isReplyLost || last.mayComeBack || last.method.isReading, !stop.isMade else {
        return false
      }
      await stop.sleep(.milliseconds(250 << made))
    }
    made += 1
    return true
  }

  mutating func take(_ error: CloudError, of intent: String) {
    last = error
    if error.isReplyLost { open = intent }
  }

  func error(_ method: HTTPMethod, _ path: String) -> CloudError {
    last ?? CloudError(.cancelled(.send), method: method, origin: "", path: path)
  }
}

extension FleetRun {
  func answer<T: Sendable>(
    _ ask: @Sendable () async throws(CloudError) -> T
  ) async -> Result<T, CloudError> {
    do throws(CloudError) { return .success(try await ask()) } catch { return .failure(error) }
  }

  /// Looks for what a request may have made whose reply was lost, a few times: it may be on its way.
  ///
  /// - Returns: what is there; nil where the cloud did not say it in the end.
  func look<T: Sendable>(
    _ ask: @Sendable () async throws(CloudError) -> [T]
  ) async -> [T]? {
    var found: [T]?
    for attempt in 0..<3 {
      await stop.sleep(.milliseconds(250 << attempt))
      found = try? await ask()
      if found?.isEmpty == false { break }
    }
    return found
  }
}
