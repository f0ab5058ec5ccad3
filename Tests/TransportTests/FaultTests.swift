@preconcurrency import Glibc
import Synchronization
import Testing
import Transport

/// A connection that breaks after the first, second, third … event, until a run completes.
@Suite struct FaultTests {
  /// A child's pipes of which only so many events come through; then the line is dead.
  private final class CutStream: ByteStream {
    var receiver: ((StreamEvent) -> Void)?
    private let child: ChildStream
    private let budget: Budget

    init(_ command: String, _ budget: Budget) {
      child = ChildStream(["/bin/sh", "-c", command])
      self.budget = budget
    }

    func open() {
      child.receiver = { [weak self] event in self?.pass(event) }
      child.open()
    }

    func write(_ chunks: [[UInt8]]) { child.write(chunks) }
    func close() { child.close() }

    /// One byte is one event, so that every cut is tried.
    private func pass(_ event: StreamEvent) {
      switch event {
      case .stdout(let bytes): for byte in bytes { pass(.stdout([byte])) { receiver?($0) } }
      case .stderr(let bytes): for byte in bytes { pass(.stderr([byte])) { receiver?($0) } }
      case .ended: receiver?(event)
      }
    }

    private func pass(_ event: StreamEvent, _ tell: (StreamEvent) -> Void) {
      guard receiver != nil else { return }
      if budget.take() { return tell(event) }
      tell(.ended(.failed(ConnectionFailure(.run, .lost, "cut"))))
      receiver = nil
      child.close()
    }
  }

  private final class Budget: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    func take() -> Bool { left.subtract(1, ordering: .relaxed).oldValue > 0 }
    func refill() { left.store(.max, ordering: .relaxed) }
  }

  @Test(arguments: [true, false]) func everyCutIsReportedAndNothingRunsTwice(isFresh: Bool)
    async throws
  {
    let folder = try TemporaryFolder.make()
    var cuts = 0
    var isComplete = false
    // The ready line alone is some 300 bytes long; its middle is of little interest.
    var count = 0
    while !isComplete && count < 2000 {
      let budget = Budget(count)
      let connection = LoopConnection(endpoint: .local, prelude: "") { CutStream($0, budget) }
      let file = "\(folder)/\(count)"
      let request = ShellRequest(
        script: "echo x >>\(file); echo out; echo err >&2; cat", input: [[65, 10]],
        isFresh: isFresh, deadline: .seconds(20), mayLeaveProcesses: false)
      do {
        let reply = try await connection.run(request)
        #expect(
          reply
            == ShellReply(status: 0, stdout: Array("out\nA\n".utf8), stderr: Array("err\n".utf8)))
        isComplete = true
      } catch {
        cuts += 1
        #expect(error.summary == "cut" && error.cause == .lost && error.isUnreachable)
      }
      budget.refill()
      // The connection goes on with a new loop, and the request was not sent again.
      #expect(try await connection.text("echo next") == "next\n")
      #expect(Bytes.text(Platform.readFile(file) ?? []) == "x\n" || !isComplete)
      #expect((Platform.readFile(file)?.count ?? 0) <= 2)
      await connection.close()
      count += count > 20 && count < 250 ? 31 : 7
    }
    #expect(isComplete && cuts > 10)
  }
}
