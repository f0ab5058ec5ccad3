@preconcurrency import Glibc

/// A descriptor that is closed when the last of its owners lets it go.
package final class OpenFile: Sendable {
  package let descriptor: Int32

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }
}

/// One direction of a pipe or socket: calls its handler while there is something to read, or room to
/// write, or the other side is gone. Lives on the I/O queue.
package final class PipeEnd {
  package let file: Int32
  package var handler: (() -> Void)?
  private let poller: Poller
  private let released: (@Sendable () -> Void)?
  private var ticket: Poller.Ticket?
  package private(set) var isClosed = false

  /// An end that is suspended at first.
  ///
  /// - Parameter released: called on the I/O queue once the descriptor is no longer watched; nil
  ///   closes it then.
  package init(_ file: Int32, isInput: Bool, released: (@Sendable () -> Void)? = nil) {
    self.file = file
    self.released = released
    poller = isInput ? .input : .output
  }

  deinit { close() }

  package func resume() {
    guard ticket == nil, !isClosed else { return }
    ticket = poller.watch(file, for: self)
  }

  package func suspend() {
    guard let ticket else { return }
    poller.forget(file, ticket)
    self.ticket = nil
  }

  package func close() {
    guard !isClosed else { return }
    isClosed = true
    suspend()
    IOQueue.async { [file, released] in
      if let released { released() } else { Glibc.close(file) }
    }
  }
}
