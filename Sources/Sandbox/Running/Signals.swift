import Dispatch
@preconcurrency import Glibc

/// What a signal does instead of ending the process at once.
package enum Signals {
  /// Has both signals that ask for an end do this, for as long as the body runs.
  package static func ending<Result>(
    _ act: @escaping @Sendable () -> Void, _ body: () async throws -> Result
  ) async rethrows -> Result {
    let sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: act)
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    return try await body()
  }
}
