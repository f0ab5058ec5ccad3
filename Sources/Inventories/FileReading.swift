@preconcurrency import Glibc
import Synchronization

extension Files {
  /// Why a file cannot be read.
  package struct ReadError: Error, Sendable {
    package let reason: String

    init(_ number: Int32) { reason = String(cString: strerror(number)).lowercased() }
    init(reason: String) { self.reason = reason }
  }

  /// How long a pipe is waited for: for someone to write to it, and for what comes next of it.
  private static let patience: (writer: Int32, more: Int32) = (5000, 120_000)

  /// What came through named pipes. It comes once, and files are read more than once.
  private static let pipes = Mutex<[String: [UInt8]]>([:])

  /// The content of a file, a device or a pipe. More than 1 GB is refused; a smaller limit cuts.
  ///
  /// It waits for pipes only, and never for ever.
  package static func bytes(_ path: String, limit: Int = .max) -> Result<[UInt8], ReadError> {
    if let known = pipes.withLock({ $0[path] }) { return .success(known) }
    // Without the flag a pipe that no one writes to is waited for in `open` itself.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return .failure(ReadError(errno)) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return .failure(ReadError(errno)) }
    let isPipe = status.st_mode & S_IFMT == S_IFIFO
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<count]
        if bytes.count > 1 << 30 { return .failure(ReadError(EFBIG)) }
      } else if count < 0, errno == EINTR {
        continue
      } else if count < 0, errno != EAGAIN {
        return .failure(ReadError(errno))
      } else {
        // A pipe without a writer looks as if it were at its end, also before the first one.
        let isWritten = count < 0
        guard isWritten || (isPipe && bytes.isEmpty) else { break }
        var wait = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        let ready = poll(&wait, 1, isWritten ? patience.more : patience.writer)
        if ready == 0 {
          return .failure(ReadError(reason: "nothing comes through this pipe"))
        }
        if ready > 0, wait.revents & Int16(POLLIN) == 0 { break }
      }
    }
    if isPipe { pipes.withLock { $0[path] = bytes } }
    return .success(bytes)
  }
}
