import Synchronization

/// A connection made of framed loops over byte streams, whatever these are.
package final class LoopConnection: Connection {
  package typealias Explanation =
    @Sendable (_ status: Int32?, _ words: String) ->
    ConnectionFailure?

  private let pool: Confined<LoopPool>
  private let sent: RequestCounter
  private let nextJob = Atomic<UInt64>(0)

  /// - Parameters:
  ///   - open: makes the stream of one command on the host; called on the I/O queue.
  ///   - explain: what the end of a command means, by its status and its words, where the way to
  ///     the host itself is at fault.
  ///   - end: called once, on the I/O queue, when the connection closes.
  package init(
    endpoint: Endpoint, prelude: String,
    explain: @escaping Explanation = { _, _ in nil },
    end: @escaping @Sendable () -> Void = {},
    open: @escaping @Sendable (_ command: String) -> any ByteStream
  ) {
    sent = RequestCounter()
    pool = Confined(
      LoopPool(
        endpoint: endpoint, prelude: prelude, sent: sent, open: open, explain: explain, end: end))
  }

  package var roundTrips: Int { sent.count }

  package func run(_ request: ShellRequest) async throws(ConnectionFailure) -> ShellReply {
    let id = nextJob.add(1, ordering: .relaxed).newValue
    let result: Job.Answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        IOQueue.async { [pool] in
          pool.value.submit(Job(id: id, request) { continuation.resume(returning: $0) })
        }
      }
    } onCancel: {
      IOQueue.async { [pool] in pool.value.cancel(id) }
    }
    return try result.get()
  }

  /// Opens the login user's loop before the first request, which is not counted; returns why that
  /// fails.
  package func start() async -> ConnectionFailure? {
    do throws(ConnectionFailure) {
      _ = try await run(ShellRequest(script: ":", mayLeaveProcesses: false))
      sent.reset()
      return nil
    } catch {
      return error
    }
  }

  package func close() async {
    await withCheckedContinuation { continuation in
      IOQueue.async { [pool] in
        pool.value.close()
        continuation.resume()
      }
    }
  }

  deinit {
    IOQueue.async { [pool] in pool.value.close() }
  }
}

/// How many requests went out, read from anywhere.
final class RequestCounter: Sendable {
  private let number = Atomic<Int>(0)
  var count: Int { number.load(ordering: .relaxed) }
  func reset() { number.store(0, ordering: .relaxed) }
  func increment() { number.add(1, ordering: .relaxed) }
}
