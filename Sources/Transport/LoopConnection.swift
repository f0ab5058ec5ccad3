import Synchronization

/// A connection made of framed loops over byte streams, whatever these are.
package final class LoopConnection: Connection {
  private let pool: Confined<LoopPool>
  private let sent: RequestCounter
  private let nextJob = Atomic<UInt64>(0)

  /// - Parameters:
  ///   - open: makes the stream of one command on the host; called on the I/O queue.
  ///   - end: called once, on the I/O queue, when the connection closes.
  package init(
    endpoint: Endpoint, prelude: String,
    open: @escaping @Sendable (_ command: String) -> any ByteStream,
    end: @escaping @Sendable () -> Void = {}
  ) {
    sent = RequestCounter()
    pool = Confined(
      LoopPool(endpoint: endpoint, prelude: prelude, sent: sent, open: open, end: end))
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
  func increment() { number.add(1, ordering: .relaxed) }
}
