import Dispatch
@preconcurrency import Glibc

/// The pipes of a child process as a byte stream: the local shell, or the OpenSSH client.
package final class ChildStream: ByteStream {
  package var receiver: ((StreamEvent) -> Void)?

  private let arguments: [String]
  /// Whether `close` ends the child by a signal; a local shell ends by itself.
  private let isKilledOnClose: Bool
  private var process: pid_t?
  private var input: PipeEnd?
  private var outputs: [PipeEnd] = []
  private var openOutputs = 0
  private var writer = PendingBytes()
  private var hasEnded = false
  private let alarm = Alarm()
  private var statusTries = 0

  package init(_ arguments: [String], isKilledOnClose: Bool = false) {
    self.arguments = arguments
    self.isKilledOnClose = isKilledOnClose
  }

  deinit {
    for end in outputs { end.close() }
    input?.close()
  }

  package func open() {
    do {
      let running = try ChildProcess.start(arguments)
      process = running.id
      let input = PipeEnd(running.stdin, isInput: false)
      input.handler = { [weak self] in self?.pump() }
      self.input = input
      outputs = [(running.stdout, true), (running.stderr, false)].map { file, isStdout in
        let end = PipeEnd(file, isInput: true)
        end.handler = { [weak self, weak end] in
          if let self, let end { self.drain(end, isStdout: isStdout) }
        }
        end.resume()
        return end
      }
      openOutputs = outputs.count
      pump()
    } catch {
      let program = arguments.first ?? ""
      let failure = ConnectionFailure(
        .loginShell, .unsupported, "cannot start `\(program)`",
        detail: Platform.message(error.number))
      let stream = Confined(self)
      IOQueue.async { stream.value.end(.failed(failure)) }
    }
  }

  package func write(_ chunks: [[UInt8]]) {
    writer.add(chunks)
    pump()
  }

  package func close() {
    receiver = nil
    hasEnded = true
    alarm.clear()
    letGo()
  }

  private func letGo() {
    for end in outputs { end.close() }
    outputs = []
    input?.close()
    input = nil
    if let process {
      if isKilledOnClose { kill(process, SIGTERM) }
      Reaper.shared.value.adopt(process)
    }
    process = nil
  }

  private func pump() {
    guard let input else { return }
    while let chunk = writer.next {
      let count = chunk.withUnsafeBytes { Glibc.write(input.file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN {
        input.resume()
        return
      }
      // Nobody reads any more; the end of the outputs says so.
      if count < 0 { writer.drop() } else { writer.advance(count) }
    }
    input.suspend()
  }

  private func drain(_ end: PipeEnd, isStdout: Bool) {
    // A few reads a turn, so that one loud host does not hold up the others: the poller tells again.
    for _ in 0..<4 {
      if hasEnded || end.isClosed { return }
      let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
        let got = read(end.file, buffer.baseAddress, buffer.count)
        failedWith = got < 0 ? errno : 0
        count = max(0, got)
      }
      if failedWith == EINTR { continue }
      if failedWith == EAGAIN { return }
      if bytes.isEmpty {
        end.close()
        openOutputs -= 1
        if openOutputs == 0 { collect() }
        return
      }
      receiver?(isStdout ? .stdout(bytes) : .stderr(bytes))
    }
  }

  private var failedWith: Int32 = 0

  /// Both outputs are at their end: the status is there at once, or very soon.
  private func collect() {
    guard let process, !hasEnded else { return }
    var status: Int32 = 0
    let got = waitpid(process, &status, WNOHANG)
    statusTries += 1
    if got == 0 && statusTries < 100 {
      alarm.set(after: .milliseconds(10)) { [weak self] in self?.collect() }
      return
    }
    if got != 0 { self.process = nil }
    let signal = status & 0x7f
    let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
    end(.exited(status: got == process ? code : nil))
  }

  private func end(_ how: StreamEnd) {
    guard !hasEnded else { return }
    hasEnded = true
    letGo()
    let receiver = self.receiver
    self.receiver = nil
    receiver?(.ended(how))
  }
}

/// Chunks that wait to be written.
package struct PendingBytes {
  private var chunks: [[UInt8]] = []
  private var first = 0
  private var offset = 0

  package init() {}

  package mutating func add(_ more: [[UInt8]]) {
    chunks += more.filter { !$0.isEmpty }
  }

  package var next: ArraySlice<UInt8>? {
    first < chunks.count ? chunks[first][offset...] : nil
  }

  package mutating func advance(_ count: Int) {
    offset += count
    guard first < chunks.count, offset >= chunks[first].count else { return }
    chunks[first] = []
    first += 1
    offset = 0
    if first == chunks.count { drop() }
  }

  package mutating func drop() {
    chunks = []
    first = 0
    offset = 0
  }
}

extension ChildStream {
  /// The standard output of a program that reads nothing; empty where it does not start.
  package static func output(of arguments: [String], within limit: Duration = .seconds(10)) async
    -> [UInt8]
  {
    await withCheckedContinuation { continuation in
      IOQueue.async {
        let stream = ChildStream(arguments, isKilledOnClose: true)
        let alarm = Alarm()
        var output: [UInt8] = []
        let finish: () -> Void = {
          alarm.clear()
          stream.close()
          continuation.resume(returning: output)
        }
        stream.receiver = { event in
          switch event {
          case .stdout(let bytes): output += bytes
          case .stderr: break
          case .ended: finish()
          }
        }
        alarm.set(after: limit, finish)
        stream.open()
      }
    }
  }
}
