/// One request: a POSIX `sh` script, and the bytes on its standard input.
package struct ShellRequest: Sendable {
  /// Run as `( eval "$script" )` by the lasting loop of the identity, under `LC_ALL=C`; the
  /// login's own `LC_ALL` is in the shell variable `OMTD_LC_ALL`. Holds no NUL.
  package var script: String
  /// Exactly these bytes are the script's standard input; empty means `/dev/null`. What the
  /// script leaves unread is drained.
  package var input: [[UInt8]]
  package var identity: Identity
  /// Starts a fresh `sudo`, `su` or `sh` for this request alone.
  package var isFresh: Bool
  /// From the moment that the request is sent; then it is killed.
  package var deadline: Duration
  /// Bytes kept of each stream; what is beyond is dropped, and marked.
  package var outputLimit: Int
  /// True where the script may start what outlives it. Its output then has pipes of its own, so
  /// that a daemon cannot write into a later reply; that costs two processes a request.
  package var mayLeaveProcesses: Bool

  package init(
    script: String, input: [[UInt8]] = [], identity: Identity = .login, isFresh: Bool = false,
    deadline: Duration = .seconds(600), outputLimit: Int = 16 << 20,
    mayLeaveProcesses: Bool = true
  ) {
    self.script = script
    self.input = input
    self.identity = identity
    self.isFresh = isFresh
    self.deadline = deadline
    self.outputLimit = outputLimit
    self.mayLeaveProcesses = mayLeaveProcesses
  }
}

package struct ShellReply: Hashable, Sendable {
  /// The script's exit status; 128 and the number of the signal that ended it.
  package var status: Int32
  package var stdout: [UInt8]
  package var stderr: [UInt8]
  /// True where a stream was longer than the limit.
  package var isTruncated: Bool

  package init(status: Int32, stdout: [UInt8], stderr: [UInt8], isTruncated: Bool = false) {
    self.status = status
    self.stdout = stdout
    self.stderr = stderr
    self.isTruncated = isTruncated
  }
}
