/// A command running on a host, as the bytes that go in and come out. Lives on the I/O queue.
///
/// Implemented by the pipes of a child process and by a channel of an SSH session.
package protocol ByteStream: AnyObject {
  /// Told of everything that happens, until `.ended`, which comes once and last.
  var receiver: ((StreamEvent) -> Void)? { get set }
  /// Starts the command. Never calls the receiver before it returns.
  func open()
  /// Queues bytes behind those that wait already.
  func write(_ chunks: [[UInt8]])
  /// Ends the command's input and output; no event follows.
  func close()
}

package enum StreamEvent {
  case stdout([UInt8])
  case stderr([UInt8])
  case ended(StreamEnd)
}

package enum StreamEnd: Sendable {
  /// The command is over, or closed its output.
  case exited(status: Int32?)
  /// The host has no room for one more command on this connection (`MaxSessions`).
  case refused(String)
  case failed(ConnectionFailure)
}
